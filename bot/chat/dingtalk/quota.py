"""Counts the calls of a month: the free edition of DingTalk includes 10,000, and then every call fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Final

import structlog
from prometheus_client import Gauge

log = structlog.get_logger("kuguan.dingtalk")

CALLS: Final = Gauge("kuguan_dingtalk_calls", "Calls of DingTalk this month that count for its quota")
WARN_AT: Final = 80
"""Percent of the month's calls."""

_BEIJING: Final = timezone(timedelta(hours=8))
"""DingTalk's month begins at midnight in China."""


class Quota:
    """This process's count. `limit` 0 means that calls are not limited.

    Only counts and warns: DingTalk knows the true figure and refuses by itself.
    """

    def __init__(self, limit: int, now: Callable[[], datetime]) -> None:
        self._limit = limit
        self._now = now
        self._month = ""
        self._used = 0
        self._warned = False

    @property
    def used(self) -> int:
        """Calls counted in this month."""
        return self._used if self._month == self._this_month() else 0

    @property
    def warning(self) -> str:
        """What to tell an operator; empty while there is plenty."""
        if not self._limit or self.used * 100 < self._limit * WARN_AT:
            return ""
        return f"quota: {self.used} of {self._limit} calls used this month"

    def count(self, calls: int = 1) -> None:
        """Another call that DingTalk counts."""
        month = self._this_month()
        if month != self._month:
            self._month, self._used, self._warned = month, 0, False
        self._used += calls
        CALLS.set(self._used)
        if self.warning and not self._warned:
            self._warned = True
            log.warning("calls of this month run out", used=self._used, limit=self._limit)

    def _this_month(self) -> str:
        return self._now().astimezone(_BEIJING).strftime("%Y-%m")
