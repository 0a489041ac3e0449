"""Decide or defer: the answer to a click within the product's time, or later by an update."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final

import structlog

from bot.chat.errors import ChannelError, Overloaded
from bot.chat.platform import Answer, ClickIn, EnterIn, Sink

log = structlog.get_logger("kuguan.answering")

_TRIES: Final = 5
_LATE: set[asyncio.Task[None]] = set()


async def within(
    sink: Sink, event: ClickIn | EnterIn, seconds: float, late: Callable[[Answer], Awaitable[None]]
) -> Answer | None:
    """The sink's answer if it comes within `seconds`; otherwise None, and `late` gets it when it comes.

    The event is kept before any of it, however long that takes: what a crash could still lose is not
    acknowledged. Raises `errors.Overloaded` where it was not kept.
    """
    kept = asyncio.Event()
    work = asyncio.ensure_future(sink.handle(event, kept.set))
    try:
        done, _ = await asyncio.wait([work], timeout=seconds)
        if not done and not kept.is_set():
            safe = asyncio.create_task(kept.wait())
            await asyncio.wait({work, safe}, return_when=asyncio.FIRST_COMPLETED)
            safe.cancel()
    except asyncio.CancelledError:
        # Who asked has gone; the event is worked on and its answer shown all the same.
        _later(_follow(work, sink, event, late))
        raise
    if work.done():
        return work.result()
    _later(_follow(work, sink, event, late))
    return None


def _later(work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    _LATE.add(task)
    task.add_done_callback(_LATE.discard)


async def _follow(
    work: "asyncio.Future[Answer | None]",
    sink: Sink,
    event: ClickIn | EnterIn,
    late: Callable[[Answer], Awaitable[None]],
) -> None:
    try:
        answer = await _kept(work, sink, event)
        if answer is not None:
            await late(answer)
    except ChannelError as error:
        # What the card says is stored; the next renewal or tap shows it.
        log.warning("late answer not shown", platform=event.platform, error=repr(error))
    except Exception:
        log.exception("late answer failed", platform=event.platform)


async def _kept(work: "asyncio.Future[Answer | None]", sink: Sink, event: ClickIn | EnterIn) -> Answer | None:
    """The answer; an event that turns out not to be kept is handed over again, because the product was told
    that it arrived and will not repeat it. Raises Overloaded after the last try."""
    for _ in range(_TRIES):
        try:
            return await work
        except Overloaded as error:
            await asyncio.sleep(error.retry_after)
            work = asyncio.ensure_future(sink.handle(event))
    return await work
