"""Counts in the bot's database, which all replicas share."""

from __future__ import annotations

from bot.storage import counts
from services.kit.service import Runtime


class StoredCounts:
    """Counts of a period, such as the calls of a month."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def add(self, name: str, period: str, number: int) -> int:
        """Add to a count, which begins at 0; returns what it is then."""
        return await self._runtime.writer.act(lambda tx: counts.add(tx, name, period, number))
