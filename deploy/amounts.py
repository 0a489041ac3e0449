"""Amounts as people write them in tables, read by a grammar of our own: anything doubtful is refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from fractions import Fraction

from google.type.money_pb2 import Money

from services.kit.errors import KuguanError
from services.kit.quantity import parse_fraction
from services.kit.wire import money

_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
MAXIMUM_PRICE = 10**12
_MICROS = 1_000_000


class BadCell(Exception):
    """A cell that cannot be read for sure; the reason is a stable word, the column says where."""

    def __init__(self, reason: str, column: str, text: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = {"column": column, "text": text[:60]}


def plain_text(text: str) -> str:
    """Full-width digits, letters and signs as their usual ones."""
    return unicodedata.normalize("NFKC", text).strip()


def amount(text: str, column: str) -> str:
    """Plain decimal text of a number that may be written 1,200.5 or in full-width digits; raises BadCell."""
    plain = plain_text(text)
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    plain = plain.removeprefix("+")
    try:
        parse_fraction(plain, column)
    except KuguanError:
        raise BadCell("BAD_NUMBER", column, text) from None
    return plain


def price(text: str, column: str) -> Money | None:
    """Money of a cell such as 18, 1,450.00 or ¥0.08; None for a blank one; raises BadCell."""
    plain = plain_text(text).removeprefix("¥").removesuffix("元").strip()
    if not plain:
        return None
    exact = Fraction(amount(plain, column)) * _MICROS
    if exact < 0:
        raise BadCell("NEGATIVE", column, text)
    if exact > MAXIMUM_PRICE * _MICROS:
        raise BadCell("BAD_NUMBER", column, text)
    return money(int(exact))


def whole(text: str, column: str, highest: int) -> int:
    """A whole number from 0 to `highest`; a blank cell is 0; raises BadCell."""
    plain = plain_text(text)
    if not plain:
        return 0
    exact = Fraction(amount(plain, column))
    if exact.denominator != 1 or not 0 <= exact <= highest:
        raise BadCell("BAD_NUMBER", column, text)
    return int(exact)


def day(text: str, column: str) -> date | None:
    """A day such as 2026-03-01, 2026/3/1 or 2026年3月1日; None for a blank cell; raises BadCell."""
    plain = plain_text(text)
    if not plain:
        return None
    parts = _DAY.fullmatch(plain)
    try:
        if parts is None:
            raise ValueError
        return date(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError:
        raise BadCell("BAD_DATE", column, text) from None


def factor(text: str, column: str) -> Fraction:
    """How many base units a pack holds: 8, 0.5 or 1/3; positive; raises BadCell."""
    numerator, slash, denominator = plain_text(text).partition("/")
    exact = Fraction(amount(numerator, column))
    if slash:
        below = Fraction(amount(denominator, column))
        if below <= 0:
            raise BadCell("BAD_PACK", column, text)
        exact /= below
    if exact <= 0:
        raise BadCell("BAD_PACK", column, text)
    return exact
