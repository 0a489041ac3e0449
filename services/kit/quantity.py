"""Exact amounts of goods and money: scaled integers inside, plain decimal text outside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from services.kit.errors import InvalidInput

MAXIMUM_SCALE = 6
MAXIMUM_DIGITS = 15
MAXIMUM_SCALED = 10**MAXIMUM_DIGITS - 1
"""No single quantity of goods is larger, so that it can be written with the digits that are read, and sums of
thousands still fit the database's integers."""
MICROS = 1_000_000

# ASCII digits only: int() and str.isdigit() accept far more than an amount may contain.
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)


@dataclass(eq=False)
class NotAnAmount(InvalidInput):
    """The text is not a plain decimal number within bounds."""

    field: str
    text: str


@dataclass(eq=False)
class TooFine(InvalidInput):
    """The amount has more decimal places than the item allows; the two nearest amounts are named."""

    amount: str
    unit: str
    lower: str
    upper: str


@dataclass(frozen=True, slots=True, order=False)
class Quantity:
    """An exact amount: ``scaled`` / 10 ** ``scale``. Only quantities of one scale are added or compared."""

    scaled: int
    scale: int = 0

    @classmethod
    def zero(cls, scale: int) -> Quantity:
        """Nothing, on the given scale."""
        return cls(0, scale)

    def _same(self, other: Quantity) -> int:
        assert self.scale == other.scale, "quantities of different scales must not meet"
        return other.scaled

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.scaled + self._same(other), self.scale)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.scaled - self._same(other), self.scale)

    def __neg__(self) -> Quantity:
        return Quantity(-self.scaled, self.scale)

    def __lt__(self, other: Quantity) -> bool:
        return self.scaled < self._same(other)

    def __le__(self, other: Quantity) -> bool:
        return self.scaled <= self._same(other)

    def __gt__(self, other: Quantity) -> bool:
        return self.scaled > self._same(other)

    def __ge__(self, other: Quantity) -> bool:
        return self.scaled >= self._same(other)

    def __bool__(self) -> bool:
        return self.scaled != 0

    def __str__(self) -> str:
        return decimal_text(self.scaled, self.scale)


def decimal_text(scaled: int, scale: int) -> str:
    """The shortest plain decimal text of ``scaled`` / 10 ** ``scale``, without exponent or trailing zeros."""
    if scale == 0:
        return str(scaled)
    sign = "-" if scaled < 0 else ""
    digits = str(abs(scaled)).rjust(scale + 1, "0")
    fraction = digits[-scale:].rstrip("0")
    return sign + digits[:-scale] + ("." + fraction if fraction else "")


def parse_fraction(text: str, field: str = "quantity") -> Fraction:
    """Read plain decimal text such as ``-1.5``; at most 15 digits before and 6 after the point.

    Raises NotAnAmount for anything else, also for exponents, separators and digits that are not ASCII.
    """
    if not _PLAIN.fullmatch(text):
        raise NotAnAmount(field, text[:40])
    return Fraction(text)


def to_scale(amount: Fraction, scale: int, unit: str) -> Quantity:
    """Put an exact amount on a scale; raises TooFine with the two nearest amounts if it does not fit."""
    scaled = amount * 10**scale
    if scaled.denominator != 1:
        lower = scaled.numerator // scaled.denominator
        raise TooFine(_short(amount), unit, decimal_text(lower, scale), decimal_text(lower + 1, scale))
    if abs(scaled.numerator) >= 10 ** (MAXIMUM_DIGITS + 2):
        raise NotAnAmount("quantity", _short(amount))
    return Quantity(scaled.numerator, scale)


def parse_quantity(text: str, scale: int, unit: str = "", field: str = "quantity") -> Quantity:
    """Read plain decimal text as a quantity on a scale."""
    return to_scale(parse_fraction(text, field), scale, unit)


def times_micros(quantity: Quantity, unit_micros: int) -> int:
    """Quantity times a price in millionths, in millionths, rounded half up (reference: money boundary)."""
    product = Fraction(quantity.scaled * unit_micros, 10**quantity.scale)
    return int(product + Fraction(1, 2)) if product >= 0 else -int(-product + Fraction(1, 2))


def _short(amount: Fraction) -> str:
    scaled = amount * MICROS
    return decimal_text(scaled.numerator // scaled.denominator, 6)
