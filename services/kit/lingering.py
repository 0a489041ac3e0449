"""How long a busy writer waits for more: a group costs much by itself and little for each job in it."""

from __future__ import annotations

import threading
from collections.abc import Callable

_FORGETTING = 0.98


class Lingering:
    """Waits until a part of those who lately waited at most is there, or nobody has come for a moment.

    Whoever waits for an answer asks nothing more: when all of them are here, nobody else is coming. Where
    others do their work meanwhile, some go ahead and the rest come when the writer is free again.
    """

    def __init__(self, seconds: float, times: int, part: float) -> None:
        self._seconds = seconds
        self._times = times
        self._part = part
        self._lately = 1.0
        self._is_lingering = False
        self._enough_are_here = threading.Event()

    def arrived(self, waiting: int, queued: int) -> None:
        """In the loop: somebody came; so many wait now, and so many of them for the next group."""
        if waiting > self._lately:
            self._lately = waiting
        # Only then, because each time takes the loop's time from it.
        if self._is_lingering and queued >= self._lately * self._part:
            self._enough_are_here.set()

    def wait(self, queued: Callable[[], int], most: int) -> None:
        """In the writer's thread: wait for the next group, of which ``queued`` tells how many are there."""
        self._enough_are_here.clear()
        self._lately *= _FORGETTING
        self._is_lingering = True
        now = queued()
        for _ in range(self._times):
            if self._enough_are_here.wait(self._seconds):
                break
            before, now = now, queued()
            if now == before or now >= most:
                break
        self._is_lingering = False
