"""What crosses the wire comes back as it was, and what cannot be ours is refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal
from google.type.money_pb2 import Money
from hypothesis import given
from hypothesis import strategies as st

from services.kit import wire
from services.kit.errors import InvalidField
from services.kit.quantity import MAXIMUM_SCALE, NotAnAmount, Quantity

MICROS = 10**12 * 10**6


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, MAXIMUM_SCALE))
def test_a_quantity_comes_back(scaled: int, scale: int) -> None:
    sent = wire.decimal(Quantity(scaled, scale))
    again = Decimal.FromString(sent.SerializeToString())
    assert wire.quantity(again, scale, "包", "quantity") == Quantity(scaled, scale)


def test_an_amount_that_was_left_out_is_refused() -> None:
    with pytest.raises(NotAnAmount) as refused:
        wire.quantity(Decimal(), 0, "包", "lines[0].quantity")
    assert refused.value.facts == {"field": "lines[0].quantity", "text": ""}


@given(st.integers(-MICROS, MICROS))
def test_money_comes_back_with_one_sign(amount: int) -> None:
    sent = wire.money(amount)
    assert sent.units * sent.nanos >= 0
    assert wire.micros(Money.FromString(sent.SerializeToString()), "price") == amount


@pytest.mark.parametrize(
    "money",
    [
        Money(currency_code="USD", units=1),
        Money(currency_code="cny", units=1),
        Money(units=1, nanos=-1000),
        Money(units=-1, nanos=1000),
        Money(nanos=1_000_000_000),
        Money(nanos=-1_000_000_000),
        Money(nanos=1),
        Money(units=10**12 + 1),
        Money(units=-(2**63)),
    ],
)
def test_money_that_cannot_be_ours_is_refused(money: Money) -> None:
    with pytest.raises(InvalidField, match="field=price"):
        wire.micros(money, "price")


@given(st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    sent = wire.timestamp(moment)
    assert sent is not None
    assert wire.moment(sent) == moment


def test_a_moment_of_another_zone_is_the_same_moment() -> None:
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8)))
    sent = wire.timestamp(moment)
    assert sent is not None
    assert wire.moment(sent) == moment
    assert wire.moment(sent).tzinfo is UTC
    assert wire.timestamp(None) is None


@pytest.mark.parametrize(
    "time",
    [
        Timestamp(seconds=-1),
        Timestamp(seconds=2**62),
        Timestamp(seconds=253_370_764_800),
        Timestamp(nanos=-1),
        Timestamp(nanos=1_000_000_000),
    ],
)
def test_a_time_outside_our_years_is_refused(time: Timestamp) -> None:
    with pytest.raises(InvalidField):
        wire.moment(time, "until")


@given(st.dates())
def test_a_day_comes_back(day: date) -> None:
    sent = wire.date_message(day)
    assert sent is not None
    assert wire.date_value(sent, "day") == day


@pytest.mark.parametrize(
    "day",
    [
        Date(year=2025, month=2, day=29),
        Date(year=2025, month=13, day=1),
        Date(year=2025),
        Date(year=2025, month=1),
        Date(month=1, day=1),
        Date(year=-1, month=1, day=1),
        Date(year=10_000, month=1, day=1),
    ],
)
def test_a_day_that_no_calendar_has_is_refused(day: Date) -> None:
    with pytest.raises(InvalidField):
        wire.date_value(day, "day")


def test_no_day_is_no_day() -> None:
    assert wire.date_value(Date(), "day") is None
    assert wire.date_message(None) is None


def test_a_page_has_a_size_within_bounds() -> None:
    assert [wire.page_size(asked) for asked in (0, 1, 1000, 1001, 2**31 - 1)] == [50, 1, 1000, 1000, 1000]
    with pytest.raises(InvalidField):
        wire.page_size(-1)


positions = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
        st.integers(-(2**63) + 1, 2**63 - 1),
    ),
    min_size=1,
    max_size=3,
)


@given(st.text(), positions)
def test_a_page_token_comes_back_for_its_own_query_only(query: str, position: list[str | int]) -> None:
    query = query.encode("utf-8", "replace").decode()
    token = wire.encode_page_token(query, position)
    assert wire.decode_page_token(token, query) == position
    with pytest.raises(InvalidField):
        wire.decode_page_token(token, query + "!")


def test_no_token_is_the_first_page() -> None:
    assert wire.decode_page_token("", "any") is None


def forged(position: object) -> str:
    """A token whose fingerprint is right, as somebody who read our code could make it."""
    honest = json.loads(base64.urlsafe_b64decode(wire.encode_page_token("query", [])))
    body = json.dumps([*honest, *position] if isinstance(position, list) else position)
    return base64.urlsafe_b64encode(body.encode()).decode()


@pytest.mark.parametrize(
    "token",
    [
        "x", "=", "%%%", "页", "\x00", "\ud800", "A" * 501, base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b"{}").decode(), base64.urlsafe_b64encode(b"[" * 300).decode(),
        forged([]), forged([None]), forged([True]), forged([1.5]), forged([[1]]), forged([{"a": 1}]),
        forged([2**63]), forged(["\ud800"]), forged(["a\x00b"]), forged("text"), forged(None),
    ],
)  # fmt: skip
def test_a_token_that_we_never_made_is_refused(token: str) -> None:
    with pytest.raises(InvalidField, match="page_token"):
        wire.decode_page_token(token, "query")


@given(st.text())
def test_any_text_as_a_token_is_refused_or_harmless(token: str) -> None:
    try:
        position = wire.decode_page_token(token, "query")
    except InvalidField:
        return
    assert position is None or position
