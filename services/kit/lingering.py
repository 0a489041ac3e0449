"""How long a busy writer waits for more: a group costs nearly the same for one job as for hundreds."""

from __future__ import annotations

import threading
from collections.abc import Callable

_FORGETTING = 0.98


class Lingering:
    """Waits until as many are there as lately at most, or until nobody has come for a moment.

    Whoever waits for an answer asks nothing more: when all of them are here, nobody else is coming.
    """

    def __init__(self, seconds: float, times: int) -> None:
        self._seconds = seconds
        self._times = times
        self._lately = 1.0
        self._is_lingering = False
        self._all_are_here = threading.Event()

    def arrived(self, waiting: int) -> None:
        """In the loop: somebody came, and so many wait now."""
        if waiting >= self._lately:
            self._lately = waiting
            # Only then, because each time takes the loop's time from it.
            if self._is_lingering:
                self._all_are_here.set()

    def wait(self, queued: Callable[[], int], most: int) -> None:
        """In the writer's thread: wait for the next group, of which ``queued`` tells how many are there."""
        self._all_are_here.clear()
        self._lately *= _FORGETTING
        self._is_lingering = True
        now = queued()
        for _ in range(self._times):
            if self._all_are_here.wait(self._seconds):
                break
            before, now = now, queued()
            if now == before or now >= most:
                break
        self._is_lingering = False
