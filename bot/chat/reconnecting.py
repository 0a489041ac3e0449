"""Keeps a connection to a chat product up: again after every end, later after every failure."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot.chat.errors import AuthFailed, ChannelError, RateLimited

log = structlog.get_logger("kuguan.reconnecting")

STEADY: Final = 60.0
"""Seconds after which a connection counts as good: the pause before the next one starts small again."""
_LONGEST_WAIT: Final = 600.0


async def keep_connected(
    connect_once: Callable[[], Awaitable[None]],
    *,
    first: float = 1.0,
    longest: float = 60.0,
    note: Callable[[str], None],
) -> None:
    """Run `connect_once` until cancelled; it returns or raises when its connection has ended.

    A clean end is an end like any other: products close connections with code 1000 as a matter of course.
    Pauses double from `first` to `longest` seconds, with jitter; refused credentials wait the longest, and
    who is told to wait waits that long at least.
    `note` is told why each connection ended. Errors that are no connection errors are noted and tried again
    too: a bot that has gone silent helps nobody.
    """
    loop = asyncio.get_running_loop()
    pause = first
    while True:
        began, at_least = loop.time(), 0.0
        try:
            await connect_once()
            note("")
        except AuthFailed as error:
            note(repr(error))
            pause = longest
        except RateLimited as error:
            note(repr(error))
            at_least = min(error.retry_after, _LONGEST_WAIT)
        except (ChannelError, OSError, TimeoutError) as error:
            note(repr(error))
        except Exception as error:
            log.exception("connection failed")
            note(repr(error))
        if loop.time() - began >= STEADY:
            pause = first
        spread = random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
        await asyncio.sleep(max(pause * spread, at_least))
        pause = min(pause * 2, longest)
