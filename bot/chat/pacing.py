"""How often a chat product may be called: counted here, because some drop what is too much in silence."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from bot.chat.errors import RateLimited

_KEYS: Final = 20_000


class Pace:
    """Limits of (calls, seconds) for each key, such as 30 a minute and 1,000 an hour for each person.

    Only counts: what is too much raises RateLimited, and the queue that survives restarts is the bot's.
    """

    def __init__(
        self, limits: Sequence[tuple[int, float]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limits = tuple(limits)
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}

    def take(self, key: str) -> None:
        """Count one call; raises RateLimited with the seconds until there is room again."""
        now = self._clock()
        taken = self._taken.setdefault(key, deque())
        longest = max(seconds for _, seconds in self._limits)
        while taken and taken[0] <= now - longest:
            taken.popleft()
        waits = [
            # There is room when the oldest of the newest `count` calls has left the window.
            (taken[-count] + seconds - now, f"{count} in {seconds:g} s for one key")
            for count, seconds in self._limits
            if len(taken) >= count and taken[-count] > now - seconds
        ]
        if waits:
            raise RateLimited(*max(waits))
        taken.append(now)
        if len(self._taken) > _KEYS:
            self._forget(now - longest)

    def _forget(self, before: float) -> None:
        self._taken = {key: taken for key, taken in self._taken.items() if taken and taken[-1] > before}
