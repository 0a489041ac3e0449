"""Counts that outlive a process and that all replicas add to."""

from typing import Protocol


class Counts(Protocol):
    """Counts of a period, such as the calls of a month. The bot's database keeps them."""

    async def add(self, name: str, period: str, number: int) -> int:
        """Add to a count, which begins at 0; returns what it is then."""
        ...
