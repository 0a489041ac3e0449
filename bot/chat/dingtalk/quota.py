"""Counts the calls of a month: the free edition of DingTalk includes 10,000, and then every call fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Final

import structlog
from prometheus_client import Gauge

from bot.chat.counts import Counts
from services.kit.errors import KuguanError

log = structlog.get_logger("kuguan.dingtalk")

CALLS: Final = Gauge("kuguan_dingtalk_calls", "Calls of DingTalk this month that count for its quota")
WARN_AT: Final = 80
"""Percent of the month's calls."""

NAME: Final = "dingtalk-calls"
KEEP_SECONDS: Final = 5.0

_BEIJING: Final = timezone(timedelta(hours=8))
"""DingTalk's month begins at midnight in China."""


class Quota:
    """The count of all replicas, as far as it was told. `limit` 0 means that calls are not limited.

    Only counts and warns: DingTalk knows the true figure and refuses by itself.
    """

    def __init__(self, limit: int, now: Callable[[], datetime], counts: Counts | None = None) -> None:
        self._limit = limit
        self._now = now
        self._counts = counts
        self._untold = 0
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
            self._month, self._used, self._untold, self._warned = month, 0, 0, False
        self._used += calls
        self._untold += calls
        CALLS.set(self._used)
        if self.warning and not self._warned:
            self._warned = True
            log.warning("calls of this month run out", used=self._used, limit=self._limit)

    async def keep(self) -> None:
        """Tell the shared count every few seconds and learn what the others used, until cancelled.

        What a killed process had not told yet is a few calls of thousands.
        """
        while self._counts is not None:
            month, told = self._this_month(), self._untold
            try:
                used = await self._counts.add(NAME, month, told)
            except KuguanError as error:
                log.warning("calls not counted", error=repr(error))
            else:
                if month == self._this_month():
                    self._untold -= told
                    self._month, self._used = month, used + self._untold
                    self.count(0)
            await asyncio.sleep(KEEP_SECONDS)

    def _this_month(self) -> str:
        return self._now().astimezone(_BEIJING).strftime("%Y-%m")
