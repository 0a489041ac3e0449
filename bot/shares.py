"""At most so many calls at once to each chat product: one that hangs keeps nothing of the others waiting."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from bot.patience import ProductAway

AT_ONCE: Final = 64
_LONGEST_LINE: Final = 1_000


class Shares:
    """What is at each product, or stands in line for it."""

    def __init__(self, at_once: int = AT_ONCE, longest_line: int = _LONGEST_LINE) -> None:
        self._most = at_once + longest_line
        self._there: Counter[str] = Counter()
        self._free: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(at_once))

    @property
    def taken(self) -> int:
        """How many are at the products or in line for them."""
        return self._there.total()

    @asynccontextmanager
    async def of(self, product: str) -> AsyncIterator[None]:
        """A call to a product, as soon as it is its turn. Raises ProductAway if the line is too long."""
        if self._there[product] >= self._most:
            raise ProductAway("too many wait for it")
        self._there[product] += 1
        try:
            async with self._free[product]:
                yield
        finally:
            self._there[product] -= 1
