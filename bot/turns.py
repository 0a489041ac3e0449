"""When an event is worked on: taps at once, the words of one person in their order, few words in all.

An event is acknowledged as soon as it is kept. Where much is worked on at once, the keeping of what comes
next would wait for it; what is kept can wait, and while events pour in nearly all of it does. What a stop
left behind is late: it comes before everything newer of the same person, taps among it, and nobody else
waits for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeVar
from weakref import WeakValueDictionary

from bot.chat.background import Background
from bot.chat.errors import Overloaded
from bot.clients import Who
from bot.storage.received import Received

MOST: Final = 1024
"""Events taken in and not ended; more are refused, and the products bring them again."""
WORDS_AT_ONCE: Final = 8
WORDS_IN_A_FLOOD: Final = 2
FLOOD: Final = (10, 0.1)
"""So many events within so many seconds are a flood."""
LONG_SECONDS: Final = 0.25
"""What takes longer waits for a service and not for the processor: it makes room for others."""

Result = TypeVar("Result")
Work = Callable[[Received], Coroutine[Any, Any, Result]]


class Turns(Generic[Result]):
    """Who comes next, and what is at work."""

    def __init__(self) -> None:
        self._keeping = 0
        self._room = asyncio.Semaphore(WORDS_AT_ONCE)
        self._room_in_a_flood = asyncio.Semaphore(WORDS_IN_A_FLOOD)
        self._came: deque[float] = deque(maxlen=FLOOD[0])
        self._orders: WeakValueDictionary[Who, asyncio.Lock] = WeakValueDictionary()
        self._tasks = Background("event")
        self._at_work: dict[str, asyncio.Task[Result]] = {}
        self._late: dict[str, asyncio.Task[Result]] = {}
        self._behind: Counter[Who] = Counter()

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """While an event is being kept; raises Overloaded where too many are, or are at work."""
        if self._keeping + len(self._at_work) - len(self._late) >= MOST:
            raise Overloaded(detail="too many events at once")
        self._keeping += 1
        self._came.append(asyncio.get_running_loop().time())
        try:
            yield
        finally:
            self._keeping -= 1

    def start(self, row: Received, work: Work[Result], *, is_late: bool = False) -> asyncio.Task[Result]:
        """Work on an event when its turn comes; what is at work already is not begun a second time."""
        known = self._at_work.get(row.cause)
        if known is not None:
            return known
        # Tasks first run in the order in which they are made, and so stand in line in that order.
        task = self._tasks.start(self._in_order(row, work, is_late))
        self._at_work[row.cause] = task
        if is_late:
            self._late[row.cause] = task
        task.add_done_callback(lambda _: self._ended(row))
        return task

    def is_at_work(self, cause: str) -> bool:
        """Whether an event is worked on or waits for its turn."""
        return cause in self._at_work

    def is_late(self, row: Received) -> bool:
        """Whether a stop left the event behind: nobody waits for its answer any more."""
        return row.cause in self._late

    async def late_ended(self, seconds: float) -> None:
        """Wait so long for what is late."""
        if self._late:
            await asyncio.wait(list(self._late.values()), timeout=seconds)

    def _ended(self, row: Received) -> None:
        del self._at_work[row.cause]
        self._late.pop(row.cause, None)

    async def _in_order(self, row: Received, work: Work[Result], is_late: bool) -> Result:
        """Work on words when those before have ended; a tap or a picture waits only for what is late."""
        who = (row.platform, row.tenant, row.sender)
        if row.kind in ("click", "image") and not is_late and who not in self._behind:
            return await work(row)
        order = self._orders.get(who)
        if order is None:
            order = self._orders[who] = asyncio.Lock()
        if not is_late:
            async with order:
                return await work(row)
        self._behind[who] += 1
        try:
            async with order:
                return await work(row)
        finally:
            self._behind[who] -= 1
            if not self._behind[who]:
                del self._behind[who]

    async def with_room(self, row: Received, work: Work[Result]) -> Result:
        """Work on it when little is worked on; a tap has room at once, because somebody waits for it."""
        if row.kind == "click" and not self.is_late(row):
            return await work(row)
        taken: list[asyncio.Semaphore] = []

        def leave() -> None:
            while taken:
                taken.pop().release()

        try:
            for room in self._rooms():
                await room.acquire()
                taken.append(room)
            patience = asyncio.get_running_loop().call_later(LONG_SECONDS, leave)
            try:
                return await work(row)
            finally:
                patience.cancel()
        finally:
            leave()

    def _rooms(self) -> Iterator[asyncio.Semaphore]:
        """What has to have room; whether there is a flood is looked at when the turn has come."""
        yield self._room
        most, seconds = FLOOD
        if len(self._came) == most and self._came[0] > asyncio.get_running_loop().time() - seconds:
            yield self._room_in_a_flood
