"""Work that nobody waits for: kept until it ends, and what goes wrong in it is said, in one place."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog

from bot.chat.errors import ChannelError

log = structlog.get_logger("kuguan.background")

Result = TypeVar("Result")

_END_SECONDS = 5.0


class Background:
    """Tasks of one kind, such as the pushes of a connection that are worked on."""

    def __init__(self, name: str, at_once: int | None = None) -> None:
        """`at_once` bounds how many `start_when_there_is_room` lets run."""
        self._name = name
        self._tasks: set[asyncio.Task[Any]] = set()
        self._room = None if at_once is None else asyncio.Semaphore(at_once)

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Do it without anybody having to wait."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def start_when_there_is_room(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Do it as soon as fewer than the bound are at work; until then whoever asks waits."""
        room = self._room
        assert room is not None, "no bound was given"
        await room.acquire()
        self.start(work()).add_done_callback(lambda _: room.release())

    async def finish(self, seconds: float) -> None:
        """Wait so long for what is at work."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def cancel(self) -> None:
        """End what is at work, and wait a bounded time for it."""
        for task in self._tasks:
            task.cancel()
        await self.finish(_END_SECONDS)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ChannelError):
            # What a card says is stored: the next renewal or tap shows it.
            log.warning("not done", work=self._name, error=repr(error))
        elif error is not None:
            log.error("failed", work=self._name, exc_info=error)
