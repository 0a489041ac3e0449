"""What can be wrong with an order, each with the facts a person needs to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from services.kit.errors import Denied, InvalidInput, NotFound, RuleBroken


@dataclass(eq=False)
class OrderStateForbids(RuleBroken):
    """The order's state does not allow what was attempted."""

    order: str
    state: str
    attempt: str


@dataclass(eq=False)
class PersonRequired(Denied):
    """Orders are placed by people; the caller is a program."""

    client: str


@dataclass(eq=False)
class DepartmentRequired(RuleBroken):
    """The order is placed for the requester's department, and the requester has none."""

    person: str


@dataclass(eq=False)
class PurposeRequired(InvalidInput):
    """An order of this kind has to say what it is for."""

    order_kind: str


@dataclass(eq=False)
class EntryRequired(InvalidInput):
    """Exactly one entry has to be filled; it fixes the kind. ``entries`` names those there are."""

    entries: str


@dataclass(eq=False)
class LineCountOutOfRange(InvalidInput):
    """The order has no line or too many."""

    count: int
    maximum: int


@dataclass(eq=False)
class DuplicateLine(InvalidInput):
    """Two lines ask for the same item from the same warehouse."""

    first_line: int
    second_line: int
    item: str
    warehouse: str


@dataclass(eq=False)
class UnknownItem(NotFound):
    """A line names an item that is not there."""

    line: int
    item: str


@dataclass(eq=False)
class ItemArchived(RuleBroken):
    """A line names an item that can no longer be asked for."""

    line: int
    item: str


@dataclass(eq=False)
class UnknownWarehouse(NotFound):
    """A line names a warehouse that is not there."""

    line: int
    warehouse: str


@dataclass(eq=False)
class UnknownUnit(InvalidInput):
    """A line names a unit that the item does not have; ``units`` lists those it has."""

    line: int
    item: str
    unit: str
    units: str


@dataclass(eq=False)
class QuantityNotPositive(InvalidInput):
    """A line asks for nothing or for less."""

    line: int
    item: str
    quantity: str


@dataclass(eq=False)
class AmountTooLarge(InvalidInput):
    """Quantity times reference cost is more than can be recorded."""

    line: int
    item: str


@dataclass(eq=False)
class MoreThanOutstanding(RuleBroken):
    """More is to come back than went out to the counterpart and is neither back nor on its way back."""

    line: int
    item: str
    counterpart: str
    wanted: str
    outstanding: str
    unit: str


@dataclass(eq=False)
class UnknownLine(RuleBroken):
    """Stock tells about a line that the order does not have."""

    order: str
    line: int


@dataclass(eq=False)
class MoreThanOrdered(RuleBroken):
    """Stock tells that more was carried out than the line asks for."""

    order: str
    line: int
    ordered: str
    fulfilled: str
