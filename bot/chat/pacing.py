"""How often a chat product may be called: counted here, because some drop what is too much in silence."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from bot.chat.errors import RateLimited

_KEYS: Final = 20_000
_LATE: Final = 1.05
"""Who is told a moment comes a little after it, and leaves room a little later."""


class Pace:
    """Limits of (calls, seconds) for each key, such as 30 a minute and 1,000 an hour for each person.

    Only counts: what is too much raises RateLimited, and the queue that survives restarts is the bot's.
    Who is refused is told when there is room behind those refused before: all but a few would come in vain if
    everybody came at once again.
    """

    def __init__(
        self, limits: Sequence[tuple[int, float]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = tuple(limits)
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}
        self._told: dict[str, deque[float]] = {}

    def take(self, key: str) -> None:
        """Count one call; raises RateLimited with the seconds until there is room for this one."""
        now = self._clock()
        taken = self._taken.setdefault(key, deque())
        longest = max(seconds for _, seconds in self._limits)
        while taken and taken[0] <= now - longest:
            taken.popleft()
        if any(len(taken) >= count and taken[-count] > now - seconds for count, seconds in self._limits):
            moment, limit = self._next_moment(key, now)
            raise RateLimited(moment - now, limit)
        taken.append(now)
        if len(self._taken) > _KEYS:
            self._forget(now - longest)

    def _next_moment(self, key: str, now: float) -> tuple[float, str]:
        """When there is room for one more behind those who were told to come, and what limit says so."""
        told = self._told.setdefault(key, deque())
        while told and told[0] <= now:
            told.popleft()
        ahead = [*self._taken[key], *told]
        moments = [
            # There is room when the oldest of the newest `count` calls has left the window.
            (ahead[-count] + seconds * (_LATE if count <= len(told) else 1), f"{count} in {seconds:g} s")
            for count, seconds in self._limits
            if count <= len(ahead)
        ]
        moment, limit = max(moments)
        told.append(moment)
        return moment, f"{limit} for one key"

    def _forget(self, before: float) -> None:
        self._taken = {key: taken for key, taken in self._taken.items() if taken and taken[-1] > before}
        self._told = {key: told for key, told in self._told.items() if key in self._taken}
