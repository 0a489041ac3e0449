"""Wishes: what somebody asks to have promised, before anything is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from services.kit.errors import InvalidField, InvalidInput, NoSuch
from services.stock.domain.items import ItemArchived, Measure
from services.stock.domain.ledger import OTHER_ISSUE
from services.stock.domain.reservations import Line, Reservation, State, check_line_numbers, promise_all
from services.stock.domain.shelf import Shelf
from services.stock.domain.texts import OWN_DOCUMENT, document_name, item_code, shown

MAXIMUM_LINES = 200
MAXIMUM_HOLD_SECONDS = 366 * 24 * 3600
_HELD, _RESERVED = State.HELD, State.RESERVED


@dataclass(eq=False)
class DocumentOfOrders(InvalidInput):
    """Numbers of this form belong to Kuguan's own orders: their promises come and go with them."""

    document: str


class WishLine(NamedTuple):
    """A line as it was asked for; the amount is still text in some unit of the item."""

    number: int
    item: str
    warehouse: str
    amount: str
    unit: str


class Wish(NamedTuple):
    """A promise that another program or person asks for."""

    document: str
    request_id: str
    requester: str
    counterpart: str
    hold_seconds: int
    lines: list[WishLine]


def check(wish: Wish) -> Wish:
    """The wish if it could be fulfilled at all; raises InvalidField or DocumentOfOrders."""
    outside_document(wish.document)
    if not 1 <= len(wish.lines) <= MAXIMUM_LINES:
        raise InvalidField("lines", f"1 to {MAXIMUM_LINES} lines")
    if not 0 <= wish.hold_seconds <= MAXIMUM_HOLD_SECONDS:
        raise InvalidField("hold_seconds", f"0 to {MAXIMUM_HOLD_SECONDS} seconds")
    check_line_numbers([line.number for line in wish.lines])
    for line in wish.lines:
        item_code(line.item, "lines.item")
    return wish


def outside_document(document: str) -> str:
    """The document if others than orders may use it; raises InvalidField or DocumentOfOrders."""
    if OWN_DOCUMENT.fullmatch(document_name(document)):
        raise DocumentOfOrders(document)
    return document


def fulfil(wish: Wish, measures: Mapping[str, Measure], shelf: Shelf, now: datetime) -> Reservation:
    """Promise all of the wish or nothing; whoever asks from outside answers for its approval.

    Raises NoSuch, ItemArchived, UnknownUnit, NotAnAmount, TooFine, InsufficientStock or TooManyPieces.
    """
    lines = [_line(line, measures, shelf) for line in wish.lines]
    promise_all(wish.document, lines, shelf)
    ends = _later(now, wish.hold_seconds) if wish.hold_seconds else None
    # In their places: by name they take twice as long, and nothing is done more often.
    return Reservation(
        wish.document,
        _HELD if ends else _RESERVED,
        lines,
        False,  # of an order
        True,  # approved
        now,
        OTHER_ISSUE,
        wish.counterpart,
        wish.requester,
        wish.request_id,
        ends,
    )


# Who asks in one group mostly asks for as long.
@lru_cache(64)
def _later(now: datetime, seconds: int) -> datetime:
    return now + timedelta(seconds=seconds)


def _line(line: WishLine, measures: Mapping[str, Measure], shelf: Shelf) -> Line:
    measure = measures.get(line.item)
    if measure is None:
        raise NoSuch("item", shown(line.item))
    if not shelf.knows(line.item, line.warehouse):
        raise NoSuch("warehouse", shown(line.warehouse))
    if measure.archived:
        raise ItemArchived(line.item)
    wanted = measure.base_quantity(line.amount, line.unit, "lines.quantity")
    return Line(line.number, measure, line.warehouse, wanted)
