"""Amounts are exact: what is read is what is written, and nothing that is no amount gets in."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.quantity import (
    MAXIMUM_SCALE,
    NotAnAmount,
    Quantity,
    TooFine,
    decimal_text,
    parse_fraction,
    parse_quantity,
    times_micros,
    to_scale,
)

scales = st.integers(0, MAXIMUM_SCALE)
amounts = st.integers(-(10**15) + 1, 10**15 - 1)


@given(amounts, scales)
def test_text_and_quantity_are_two_forms_of_one_amount(scaled: int, scale: int) -> None:
    text = decimal_text(scaled, scale)
    assert parse_quantity(text, scale) == Quantity(scaled, scale)
    assert Fraction(text) == Fraction(scaled, 10**scale)
    assert "e" not in text.lower()
    assert "." not in text or not text.endswith(("0", "."))


@given(amounts, amounts, scales)
def test_sums_and_comparisons_are_those_of_exact_numbers(first: int, second: int, scale: int) -> None:
    a, b = Quantity(first, scale), Quantity(second, scale)
    assert (a + b - b, -a + a, a - a) == (a, Quantity.zero(scale), Quantity.zero(scale))
    assert ((a < b), (a <= b), (a > b), (a >= b)) == (
        first < second,
        first <= second,
        first > second,
        first >= second,
    )
    assert bool(a) == (first != 0)


def test_quantities_of_different_scales_do_not_meet() -> None:
    with pytest.raises(AssertionError, match="scales"):
        Quantity(1, 0) + Quantity(1, 1)
    with pytest.raises(AssertionError, match="scales"):
        assert Quantity(1, 0) < Quantity(1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "5 ", " 5", "+5", "--5", "5.", ".5", "1e5", "1E5", "1,000", "1.000,5", "1_000", "0x10",
        "NaN", "nan", "inf", "Infinity", "-", "5包", "十二", "１２", "٣", "²", "½", "5\n", "5\x00", "\u202e5",
        "1.0000001", "1" * 16, "1" * 1_000_000, "1.5.5",
    ],
)  # fmt: skip
def test_what_is_not_a_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(NotAnAmount) as refused:
        parse_fraction(text, "quantity")
    assert refused.value.field == "quantity"
    assert len(refused.value.text) <= 40


@given(st.text())
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    try:
        amount = parse_fraction(text)
    except NotAnAmount:
        return
    assert text.isascii()
    assert amount == Fraction(text)


@pytest.mark.parametrize(("text", "same"), [("-0", "0"), ("00005", "5"), ("5.10", "5.1"), ("-0.0", "0")])
def test_amounts_have_one_shortest_form(text: str, same: str) -> None:
    assert str(to_scale(parse_fraction(text), 2, "包")) == same


def test_too_fine_an_amount_names_the_two_nearest() -> None:
    with pytest.raises(TooFine) as refused:
        parse_quantity("2.5", 0, "包")
    assert refused.value.facts == {"amount": "2.5", "unit": "包", "lower": "2", "upper": "3"}
    with pytest.raises(TooFine) as below:
        parse_quantity("-2.5", 0, "包")
    assert (below.value.lower, below.value.upper) == ("-3", "-2")


@given(st.fractions(), scales)
def test_a_fraction_lands_exactly_on_a_scale_or_is_refused(amount: Fraction, scale: int) -> None:
    try:
        quantity = to_scale(amount, scale, "")
    except (TooFine, NotAnAmount):
        return
    assert Fraction(quantity.scaled, 10**scale) == amount


@given(st.integers(-(10**9), 10**9), scales, st.integers(0, 10**12))
def test_a_price_is_rounded_half_away_from_zero_once(scaled: int, scale: int, price: int) -> None:
    exact = Fraction(scaled * price, 10**scale)
    total = times_micros(Quantity(scaled, scale), price)
    assert abs(total - exact) <= Fraction(1, 2)
    assert total == -times_micros(Quantity(-scaled, scale), price)
    if abs(exact) % 1 == Fraction(1, 2):
        assert abs(total) > abs(exact)
