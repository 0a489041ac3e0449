"""Access tokens of chat products: fetched by one, used by all, renewed before they end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

EARLY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it ends."""

    value: str = field(repr=False)
    ends_at: datetime


class Tokens:
    """The current token of one credential."""

    def __init__(self, fetch: Callable[[], Awaitable[Token]], now: Callable[[], datetime]) -> None:
        self._fetch = fetch
        self._now = now
        self._token: Token | None = None
        self._fetching = asyncio.Lock()

    async def get(self) -> str:
        """The token, fetched anew when it ends within five minutes; raises what fetching raises."""
        async with self._fetching:
            token = self._token
            if token is None or token.ends_at - self._now() < EARLY:
                token = self._token = await self._fetch()
            return token.value

    def spoiled(self, value: str) -> None:
        """The product no longer takes this token; a newer one that another call fetched stays."""
        if self._token is not None and self._token.value == value:
            self._token = None
