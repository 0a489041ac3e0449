"""What the bot does while its own database is away: it waits, longer each time, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from services.kit.errors import TooBusy, Unreachable

log = structlog.get_logger("kuguan.outages")

NO_ANSWER: Final = (OperationalError, InterfaceError)
"""What a look into a database that is away ends with."""
_AWAY: Final = (Unreachable, TooBusy, *NO_ANSWER)
_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 5.0

Result = TypeVar("Result")


async def until_there(purpose: str, ask: Callable[[], Awaitable[Result]]) -> Result:
    """The database's answer, asked for again until there is one; other errors are raised.

    Only for what may be done twice: whether it was done before the database went is not known.
    """
    pause = _FIRST_PAUSE
    while True:
        try:
            return await ask()
        except _AWAY as error:
            log.warning("database away", purpose=purpose, error=repr(error), again_in_seconds=pause)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
