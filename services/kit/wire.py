"""Between wire types and ours: decimals, money, times, dates and page tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import UTC, date, datetime
from fractions import Fraction

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal
from google.type.money_pb2 import Money

from services.kit.errors import InvalidField
from services.kit.moments import microseconds
from services.kit.quantity import MICROS, Quantity, parse_fraction, to_scale

CURRENCY = "CNY"
_MAXIMUM_UNITS = 10**12


def decimal(quantity: Quantity) -> Decimal:
    """A quantity as decimal text on the wire."""
    return Decimal(value=str(quantity))


def fraction(message: Decimal, field: str) -> Fraction:
    """Decimal text from the wire as an exact number; raises NotAnAmount."""
    return parse_fraction(message.value, field)


def quantity(message: Decimal, scale: int, unit: str, field: str) -> Quantity:
    """Decimal text from the wire on an item's scale; raises NotAnAmount or TooFine."""
    return to_scale(parse_fraction(message.value, field), scale, unit)


def money(micros_amount: int) -> Money:
    """Millionths of a yuan as money on the wire."""
    units, rest = divmod(abs(micros_amount), MICROS)
    sign = -1 if micros_amount < 0 else 1
    return Money(currency_code=CURRENCY, units=sign * units, nanos=sign * rest * 1000)


def micros(message: Money, field: str) -> int:
    """Money from the wire in millionths of a yuan; raises InvalidField."""
    if message.currency_code not in {"", CURRENCY}:
        raise InvalidField(field, f"the currency must be {CURRENCY}")
    if message.units * message.nanos < 0 or abs(message.nanos) > 999_999_999 or message.nanos % 1000:
        raise InvalidField(field, "units and nanos must have one sign, with at most 6 decimal places")
    if abs(message.units) > _MAXIMUM_UNITS:
        raise InvalidField(field, "the amount is too large")
    return int(message.units * MICROS + message.nanos // 1000)


def timestamp(moment_value: datetime | None) -> Timestamp | None:
    """A moment on the wire; None stays unset."""
    if moment_value is None:
        return None
    message = Timestamp()
    write_timestamp(moment_value, message)
    return message


def write_timestamp(moment_value: datetime, message: Timestamp) -> None:
    """Fill in a moment."""
    # The library's own way goes through a calendar and takes several times as long.
    message.seconds, rest = divmod(microseconds(moment_value), MICROS)
    message.nanos = rest * 1000


def moment(message: Timestamp, field: str = "time") -> datetime:
    """A moment from the wire, aware and in UTC; raises InvalidField outside the years 1970 to 9998."""
    if not 0 <= message.seconds < 253_370_764_800 or not 0 <= message.nanos <= 999_999_999:
        raise InvalidField(field, "not a time between 1970 and 9998")
    return datetime.fromtimestamp(message.seconds, UTC).replace(microsecond=message.nanos // 1000)


def date_message(day: date | None) -> Date | None:
    """A day on the wire; None stays unset."""
    return None if day is None else Date(year=day.year, month=day.month, day=day.day)


def date_value(message: Date, field: str) -> date | None:
    """A day from the wire; all zeros mean none; raises InvalidField."""
    if not (message.year or message.month or message.day):
        return None
    try:
        return date(message.year, message.month, message.day)
    except ValueError:
        raise InvalidField(field, "not a day of the calendar") from None


def page_size(asked: int, default: int = 50, maximum: int = 1000) -> int:
    """How many rows a page may have: the default for 0, never more than the maximum."""
    if asked < 0:
        raise InvalidField("page_size", "must not be negative")
    return min(asked or default, maximum)


def _fingerprint(query: str) -> str:
    return hashlib.blake2b(query.encode(), digest_size=6).hexdigest()


def encode_page_token(query: str, position: list[str | int]) -> str:
    """The token of the page after ``position``, bound to the query so that it fits no other."""
    body = json.dumps([_fingerprint(query), *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(body.encode()).decode()


def decode_page_token(token: str, query: str) -> list[str | int] | None:
    """The position a page token stands for, None for the first page; raises InvalidField."""
    if not token:
        return None
    problem = InvalidField("page_token", "not a token of this query; start again without it")
    try:
        if len(token) > 500:
            raise problem
        body = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
    except (ValueError, binascii.Error, UnicodeError):
        raise problem from None
    if not isinstance(body, list) or len(body) < 2 or body[0] != _fingerprint(query):
        raise problem
    position = body[1:]
    if not all(_can_be_looked_up(part) for part in position):
        raise problem
    return position


def _can_be_looked_up(part: object) -> bool:
    if isinstance(part, str):
        return "\x00" not in part and not any("\ud800" <= sign <= "\udfff" for sign in part)
    return type(part) is int and abs(part) < 2**63
