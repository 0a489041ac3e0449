"""Amounts: read exactly, or refused with the reason."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understand import Problem
from bot.understand.amounts import find, plain


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("5", "5"),
        ("0.5", "0.5"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("1,200", "1200"),
        ("1,234,567.5", "1234567.5"),
        ("五", "5"),
        ("两", "2"),
        ("十", "10"),
        ("十二", "12"),
        ("二十", "20"),
        ("一百二十", "120"),
        ("一百二", "120"),
        ("一百零二", "102"),
        ("两千零五十", "2050"),
        ("三万五千", "35000"),
        ("一亿", "100000000"),
        ("半", "0.5"),
        ("三点五", "3.5"),
        ("零点五", "0.5"),
        ("壹佰", "100"),
        ("一二三", "123"),
        ("俩", "2"),
        ("5百", "500"),
        ("2万", "20000"),
        ("1.5万", "15000"),
        ("one", "1"),
        ("twelve", "12"),
        ("twenty-one", "21"),
        ("twenty one", "21"),
        ("a hundred", "100"),
        ("half", "0.5"),
        ("one hundred and twenty", "120"),
        ("two thousand five hundred", "2500"),
        ("two and a half", "2.5"),
        ("a dozen", "12"),
        ("two dozen", "24"),
        ("half a dozen", "6"),
        ("1/2", "0.5"),
        ("3/4", "0.75"),
        ("½", "0.5"),
    ],
)
def test_an_amount_is_read_exactly(said: str, value: str) -> None:
    (amount,) = find(said)
    assert (amount.text, amount.problem) == (value, None)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("-5", Problem.NEGATIVE),
        ("负五", Problem.NEGATIVE),
        ("-0", Problem.NEGATIVE),
        ("0", Problem.ZERO),
        ("0.00", Problem.ZERO),
        ("零", Problem.ZERO),
        ("nan", Problem.NOT_A_NUMBER),
        ("∞", Problem.NOT_A_NUMBER),
        ("infinity", Problem.NOT_A_NUMBER),
        ("1e999", Problem.NOT_A_NUMBER),
        ("1e5", Problem.NOT_A_NUMBER),
        ("10^30", Problem.NOT_A_NUMBER),
        ("٣", Problem.NOT_A_NUMBER),
        ("5²", Problem.NOT_A_NUMBER),
        ("1_000", Problem.NOT_A_NUMBER),
        ("1.000,5", Problem.NOT_A_NUMBER),
        ("1,00", Problem.NOT_A_NUMBER),
        ("5.5.5", Problem.NOT_A_NUMBER),
        ("五十百", Problem.NOT_A_NUMBER),
        ("1/3", Problem.NOT_A_NUMBER),
        ("five six", Problem.NOT_A_NUMBER),
        ("1000000000000", Problem.TOO_LARGE),
        ("9" * 60, Problem.TOO_LARGE),
        ("0.0000000001", Problem.TOO_PRECISE),
        ("5-6", Problem.APPROXIMATE),
        ("5到6", Problem.APPROXIMATE),
        ("about 5", Problem.APPROXIMATE),
        ("十几个", Problem.APPROXIMATE),
        ("大概5", Problem.APPROXIMATE),
        ("5左右", Problem.APPROXIMATE),
    ],
)
def test_an_amount_that_is_none_has_its_problem(said: str, problem: Problem) -> None:
    (amount,) = find(said)
    assert (amount.text, amount.problem) == (None, problem)


@given(st.decimals(min_value="0.000000001", max_value="999999999999", allow_nan=False, places=9))
def test_every_decimal_comes_back_as_it_was_written(value: Decimal) -> None:
    (amount,) = find(plain(value))
    assert amount.text is not None
    assert Decimal(amount.text) == value


@given(st.integers(min_value=1, max_value=99_999_999))
def test_every_whole_number_written_in_chinese_is_read(value: int) -> None:
    (amount,) = find(_in_chinese(value))
    assert amount.text == str(value)


def _in_chinese(value: int) -> str:
    if value >= 10_000:
        rest = value % 10_000
        return (
            _in_chinese(value // 10_000)
            + "万"
            + ("零" if 0 < rest < 1_000 else "")
            + (_in_chinese(rest) if rest else "")
        )
    written, gap = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, scale)
        if digit:
            written += ("零" if gap and written else "") + "零一二三四五六七八九"[digit] + name
            gap = False
        else:
            gap = True
    return written
