"""What every chat product is given by the bot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from bot.chat.counts import Counts
from bot.chat.leases import Leases


@dataclass(frozen=True)
class Tools:
    """One HTTP session for all calls, the clock, the leases and counts that replicas share, and this
    replica's name, which is the same after a restart and no other's; empty where it has none."""

    session: aiohttp.ClientSession
    now: Callable[[], datetime]
    leases: Leases
    replica: str = ""
    counts: Counts | None = None
