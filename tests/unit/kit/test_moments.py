"""A moment is kept as a whole number and comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from services.kit.moments import microseconds, moment_at

CHINA = timezone(timedelta(hours=8))


@given(st.datetimes(datetime(1900, 1, 1), timezones=st.sampled_from([UTC, CHINA])))  # noqa: DTZ001
def test_a_moment_comes_back_in_utc_to_the_microsecond(moment: datetime) -> None:
    stored = microseconds(moment)
    assert type(stored) is int
    back = moment_at(stored)
    assert back == moment
    assert back.tzinfo is UTC


@given(*[st.datetimes(timezones=st.just(UTC))] * 2)
def test_numbers_are_in_the_order_of_the_moments(one: datetime, other: datetime) -> None:
    assert (microseconds(one) < microseconds(other)) == (one < other)


def test_counting_starts_in_1970() -> None:
    assert microseconds(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert microseconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
    assert microseconds(datetime(1970, 1, 1, 8, 0, 1, tzinfo=CHINA)) == 1_000_000
