"""When an event is worked on: taps at once, the words of one person in their order, few words in all.

An event is acknowledged as soon as it is kept. Where much is worked on at once, the keeping of what comes
next would wait for it; what is kept can wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar
from weakref import WeakValueDictionary

from bot.chat.errors import Overloaded
from bot.clients import Who
from bot.storage.received import Received

MOST: Final = 1024
"""Events taken in and not ended; more are refused, and the products bring them again."""
WORDS_AT_ONCE: Final = 8
LONG_SECONDS: Final = 0.25
"""What takes longer waits for a service and not for the processor: it makes room for others."""

Result = TypeVar("Result")
Work = Callable[[Received], Awaitable[Result]]


class Turns:
    """Who comes next."""

    def __init__(self) -> None:
        self._keeping = 0
        self._room = asyncio.Semaphore(WORDS_AT_ONCE)
        self._orders: WeakValueDictionary[Who, asyncio.Lock] = WeakValueDictionary()

    @contextmanager
    def keeping(self, at_work: int) -> Iterator[None]:
        """While an event is being kept beside so many at work; raises Overloaded where that is too much."""
        if self._keeping + at_work >= MOST:
            raise Overloaded(detail="too many events at once")
        self._keeping += 1
        try:
            yield
        finally:
            self._keeping -= 1

    async def in_order(self, row: Received, work: Work[Result]) -> Result:
        """Work on words when those before have ended; a tap or a picture waits for nothing."""
        if row.kind in ("click", "image"):
            return await work(row)
        who = (row.platform, row.tenant, row.sender)
        order = self._orders.get(who)
        if order is None:
            order = self._orders[who] = asyncio.Lock()
        async with order:
            return await work(row)

    async def with_room(self, row: Received, work: Work[Result]) -> Result:
        """Work on it when few words are worked on; a tap has room at once, because somebody waits for it."""
        if row.kind == "click":
            return await work(row)
        await self._room.acquire()
        has_left = False

        def leave() -> None:
            nonlocal has_left
            if not has_left:
                has_left = True
                self._room.release()

        patience = asyncio.get_running_loop().call_later(LONG_SECONDS, leave)
        try:
            return await work(row)
        finally:
            patience.cancel()
            leave()
