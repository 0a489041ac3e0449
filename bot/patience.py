"""How long what is to be said waits for who does not answer, and whether they are away or it is to blame."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.chat.errors import ChannelError, Transient
from services.kit.errors import KuguanError, Overloaded, Unreachable

LONGEST_PAUSE: Final = 300.0
_FIRST_PAUSE: Final = 1.0
_REMEMBERED: Final = 20_000

Result = TypeVar("Result")


class ProductAway(ChannelError):
    """A chat product has no answer, whatever it is asked."""


def is_away(error: Exception) -> bool:
    """Whether those who failed would have failed with any delivery: chat products or services that are
    away or have too much to do."""
    refused = isinstance(error, KuguanError) and error.kind == Overloaded.kind
    return refused or isinstance(error, ProductAway | Unreachable)


class Patience:
    """The last failure of each delivery, and its pause; known only while this process runs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answered: dict[str, float] = {}
        self._failed: dict[int, tuple[float, float]] = {}

    async def answer(self, sequence: int, product: str, asked: Awaitable[Result]) -> Result:
        """What a product answers to a delivery. Raises ProductAway where it has no answer to this, nor had
        one to anything else since this was tried before; else what it raises."""
        since, _ = self._failed.get(sequence, (self._clock(), 0.0))
        try:
            answer = await asked
        except Transient as error:
            if self._answered.get(product, since) > since:
                raise
            raise ProductAway(repr(error)) from error
        self._answered[product] = self._clock()
        return answer

    def pause(self, sequence: int) -> float:
        """A delivery failed: the seconds to wait, more each time."""
        _, last = self._failed.pop(sequence, (0.0, 0.0))
        pause = min(max(2 * last, _FIRST_PAUSE), LONGEST_PAUSE)
        self._failed[sequence] = self._clock(), pause
        if len(self._failed) > _REMEMBERED:
            # It was sent by another replica, or its pauses begin anew.
            del self._failed[next(iter(self._failed))]
        return pause

    def ended(self, sequence: int) -> None:
        """A delivery was sent."""
        self._failed.pop(sequence, None)
