"""Access tokens of chat products: fetched by one, used by all, renewed before they end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
        self._renew_at = datetime.min.replace(tzinfo=UTC)
        self._fetching: asyncio.Task[str] | None = None

    async def get(self) -> str:
        """The token, fetched anew when it ends within five minutes; raises what fetching raises.

        All who wait share one fetch and its outcome; one of them that gives up does not end it.
        """
        if self._token is not None and self._now() < self._renew_at:
            return self._token.value
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._renewed())
            self._fetching.add_done_callback(self._fetched)
        return await asyncio.shield(self._fetching)

    async def _renewed(self) -> str:
        asked = self._now()
        token = self._token = await self._fetch()
        # One that does not live long is not asked for again at each call.
        self._renew_at = token.ends_at - min(EARLY, (token.ends_at - asked) / 2)
        return token.value

    def _fetched(self, task: "asyncio.Task[str]") -> None:
        self._fetching = None
        if not task.cancelled():
            task.exception()  # whoever still waits is told; nobody is no reason to complain

    def spoiled(self, value: str) -> None:
        """The product no longer takes this token; a newer one that another call fetched stays."""
        if self._token is not None and self._token.value == value:
            self._token = None
