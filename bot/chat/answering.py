"""Decide or defer: the answer to a click within the product's time, or later by an update."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from bot.chat.background import Background
from bot.chat.platform import Answer, ClickIn, EnterIn, Sink

Late = Callable[[Answer], Coroutine[Any, Any, None]]
"""Shows an answer that the product no longer waits for."""


async def within(
    sink: Sink, event: ClickIn | EnterIn, seconds: float, late: Late, behind: Background
) -> Answer | None:
    """The sink's answer if it comes within `seconds`; otherwise None, and `late` gets it when it comes, which
    is waited for among what happens `behind`.

    The event is kept before any of it, however long that takes: what a crash could still lose is not
    acknowledged. Raises `errors.Overloaded` where it was not kept.
    """
    kept = asyncio.Event()
    work = asyncio.ensure_future(sink.handle(event, kept.set))
    try:
        done, _ = await asyncio.wait([work], timeout=seconds)
        if not done and not kept.is_set():
            safe = asyncio.create_task(kept.wait())
            try:
                await asyncio.wait({work, safe}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                safe.cancel()
    except asyncio.CancelledError:
        # Who asked has gone; the event is worked on and its answer shown all the same.
        behind.start(_follow(work, late))
        raise
    if work.done():
        return work.result()
    behind.start(_follow(work, late))
    return None


async def _follow(work: "asyncio.Future[Answer | None]", late: Late) -> None:
    answer = await work
    if answer is not None:
        await late(answer)
