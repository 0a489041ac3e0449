"""Ends tasks for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

_TIMES = 20
AGAIN_SECONDS = 0.2


async def ended(tasks: Sequence[asyncio.Task[Any]], again: float = AGAIN_SECONDS) -> None:
    """Cancel tasks until they are done, again after so many seconds; what they raised is looked at nowhere.

    A wait that ends at the very moment of its cancellation can swallow it, and its task would go on for ever.
    """
    for _ in range(_TIMES):
        waiting = [task for task in tasks if not task.done()]
        if not waiting:
            break
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=again)
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()
