"""Decide or defer: the answer to a click within the product's time, or later by an update."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.chat.errors import ChannelError
from bot.chat.platform import Answer, ClickIn, EnterIn, Sink

log = structlog.get_logger("kuguan.answering")

_LATE: set[asyncio.Task[None]] = set()


async def within(
    sink: Sink, event: ClickIn | EnterIn, seconds: float, late: Callable[[Answer], Awaitable[None]]
) -> Answer | None:
    """The sink's answer if it comes within `seconds`; otherwise None, and `late` gets it when it comes.

    The event is kept before any of it. Raises `errors.Overloaded` where it was not kept.
    """
    work = asyncio.ensure_future(sink.handle(event))
    done, _ = await asyncio.wait([work], timeout=seconds)
    if done:
        return work.result()
    follow = asyncio.create_task(_follow(work, event, late))
    _LATE.add(follow)
    follow.add_done_callback(_LATE.discard)
    return None


async def _follow(
    work: "asyncio.Future[Answer | None]",
    event: ClickIn | EnterIn,
    late: Callable[[Answer], Awaitable[None]],
) -> None:
    try:
        answer = await work
        if answer is not None:
            await late(answer)
    except ChannelError as error:
        # What the card says is stored; the next renewal or tap shows it.
        log.warning("late answer not shown", platform=event.platform, error=repr(error))
    except Exception:
        log.exception("late answer failed", platform=event.platform)
