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

    def take(self, key: str, count: int = 1) -> None:
        """Count so many calls, all or none; raises RateLimited with the seconds until there is room for them.

        More than a limit allows have room when nobody else has called for as long as that limit looks back.
        """
        now = self._clock()
        taken = self._taken.setdefault(key, deque())
        longest = max(seconds for _, seconds in self._limits)
        while taken and taken[0] + longest <= now:
            taken.popleft()
        # In the same words as the moment that is told, so that nobody is refused who is told to come at once.
        if any(
            len(taken) >= last and taken[-last] + seconds > now for last, seconds, _ in self._before(count)
        ):
            moment, limit = self._next_moment(key, count, now)
            raise RateLimited(moment - now, limit)
        taken.extend([now] * count)
        if len(self._taken) > _KEYS:
            self._forget(now - longest)

    def _before(self, count: int) -> list[tuple[int, float, str]]:
        """For each limit: which call, counted from the newest, must be how many seconds ago before `count`
        more are made, and the limit in words."""
        return [
            (max(most - count, 0) + 1, seconds, f"{most} in {seconds:g} s for one key")
            for most, seconds in self._limits
        ]

    def _next_moment(self, key: str, count: int, now: float) -> tuple[float, str]:
        """When there is room for so many behind those who were told to come, and what limit says so."""
        told = self._told.setdefault(key, deque())
        while told and told[0] <= now:
            told.popleft()
        ahead = [*self._taken[key], *told]
        moment, limit = max(
            # There is room when the oldest of those that would be too many has left the window.
            (ahead[-last] + seconds * (_LATE if last <= len(told) else 1), limit)
            for last, seconds, limit in self._before(count)
            if last <= len(ahead)
        )
        if told:
            # Who needs less room does not come before those who wait for more.
            moment = max(moment, told[-1])
        told.extend([moment] * count)
        return moment, limit

    def _forget(self, before: float) -> None:
        self._taken = {key: taken for key, taken in self._taken.items() if taken and taken[-1] > before}
        self._told = {key: told for key, told in self._told.items() if key in self._taken}
