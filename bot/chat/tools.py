"""What every chat product is given by the bot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from bot.chat.leases import Leases


@dataclass(frozen=True)
class Tools:
    """One HTTP session for all calls, the clock, and the leases that replicas share."""

    session: aiohttp.ClientSession
    now: Callable[[], datetime]
    leases: Leases
