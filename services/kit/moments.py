"""Moments as whole microseconds since 1970: exact, and alike in both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


# All that happens in one group has one moment, and a few more follow from it.
@lru_cache(1024)
def microseconds(moment: datetime) -> int:
    """Microseconds from 1970 to a moment of any time zone, as UtcTime columns store it."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_at(count: int) -> datetime:
    """The moment so many microseconds after 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=count)
