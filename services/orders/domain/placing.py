"""How an order is made from what a person asked for: the only place where amounts come from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

from services.kit.quantity import MAXIMUM_SCALE, Quantity, decimal_text, times_micros, to_scale
from services.orders.domain.catalogue import CatalogueItem
from services.orders.domain.errors import (
    AmountTooLarge,
    DepartmentRequired,
    DuplicateLine,
    ItemArchived,
    LineCountOutOfRange,
    MoreThanOutstanding,
    PurposeRequired,
    QuantityNotPositive,
    UnknownItem,
    UnknownWarehouse,
)
from services.orders.domain.kinds import Counterpart, OrderKind
from services.orders.domain.order import DAYS_TO_APPROVE, Order, OrderLine, OrderState

MAXIMUM_LINES = 100
# Money is stored in millionths in 64 bits; the sum of an order's lines has to fit as well.
MAXIMUM_AMOUNT_MICROS = 10**18 // MAXIMUM_LINES


@dataclass(frozen=True, slots=True)
class WantedLine:
    """One line as a person asked for it."""

    item: str
    warehouse: str
    amount: Fraction
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOrder:
    """What a person asked for, and who it was."""

    kind: OrderKind
    lines: tuple[WantedLine, ...]
    purpose: str
    requester: str
    department: str
    request_id: str


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What a counterpart got of an item, and what of it is neither back nor on its way back; base units."""

    issued: Fraction
    outstanding: Fraction


def place(
    wanted: WantedOrder,
    number: int,
    items: Mapping[str, CatalogueItem],
    warehouses: Collection[str],
    now: datetime,
    *,
    handed_out: Mapping[str, HandedOut],
) -> Order:
    """Make the order, or raise the first rule that it breaks; a return looks at what was handed out."""
    kind = wanted.kind
    if kind.purpose_required and not wanted.purpose:
        raise PurposeRequired(kind.name)
    sides = {Counterpart.DEPARTMENT: wanted.department, Counterpart.PURPOSE: wanted.purpose}
    if not sides[kind.counterpart]:
        raise DepartmentRequired(wanted.requester)
    check_line_count(len(wanted.lines))
    lines = tuple(_line(index, line, items, warehouses) for index, line in enumerate(wanted.lines, 1))
    _refuse_duplicates(wanted.lines)
    if kind.brings_back:
        lines = _brought_back(lines, items, handed_out, sides[kind.counterpart])
    return Order(
        number=number,
        kind=kind,
        state=OrderState.PENDING_APPROVAL,
        version=1,
        revision=1,
        request_id=wanted.request_id,
        requester=wanted.requester,
        department=wanted.department,
        counterpart=sides[kind.counterpart],
        purpose=wanted.purpose,
        lines=lines,
        granted_task="",
        granted_version=0,
        outcome_reason="",
        outcome_person="",
        expire_time=now + timedelta(days=DAYS_TO_APPROVE),
        create_time=now,
        update_time=now,
    )


def check_line_count(count: int) -> None:
    """Raises LineCountOutOfRange for an order without lines or with too many."""
    if not 1 <= count <= MAXIMUM_LINES:
        raise LineCountOutOfRange(count, MAXIMUM_LINES)


def _line(
    number: int, wanted: WantedLine, items: Mapping[str, CatalogueItem], warehouses: Collection[str]
) -> OrderLine:
    item = items.get(wanted.item)
    if item is None:
        raise UnknownItem(number, wanted.item[:60])
    if item.archived:
        raise ItemArchived(number, item.code)
    if wanted.warehouse not in warehouses:
        raise UnknownWarehouse(number, wanted.warehouse[:60])
    entered = to_scale(wanted.amount, MAXIMUM_SCALE, wanted.unit)
    if wanted.amount <= 0:
        raise QuantityNotPositive(number, item.code, str(entered))
    ordered = item.base_quantity(wanted.amount, wanted.unit, number)
    amount = times_micros(ordered, item.reference_cost_micros)
    if amount > MAXIMUM_AMOUNT_MICROS:
        raise AmountTooLarge(number, item.code)
    nothing = Quantity.zero(item.quantity_scale)
    return OrderLine(
        line=number,
        item=item.code,
        item_name=item.name,
        item_name_en=item.name_en,
        category=item.category,
        warehouse=wanted.warehouse,
        entered=entered,
        entered_unit=wanted.unit or item.base_unit,
        ordered=ordered,
        base_unit=item.base_unit,
        amount_micros=amount,
        reserved=nothing,
        short=nothing,
        fulfilled=nothing,
        unrecorded=nothing,
    )


def returnable(
    items: Iterable[CatalogueItem], handed_out: Mapping[str, HandedOut]
) -> dict[str, Fraction | None]:
    """How much of each item can be brought back, in base units; None where only the keeper's count bounds it:
    what was never handed out on record, unless it is tracked."""
    bounds: dict[str, Fraction | None] = {}
    for item in items:
        known = handed_out.get(item.code)
        if known is not None and known.issued:
            bounds[item.code] = max(known.outstanding, Fraction(0))
        else:
            bounds[item.code] = Fraction(0) if item.tracked else None
    return bounds


def _brought_back(
    lines: Sequence[OrderLine],
    items: Mapping[str, CatalogueItem],
    handed_out: Mapping[str, HandedOut],
    counterpart: str,
) -> tuple[OrderLine, ...]:
    """Bound a return by what is out: what was never handed out on record is flagged, unless it is tracked.

    Raises MoreThanOutstanding.
    """
    left = returnable(items.values(), handed_out)
    checked: list[OrderLine] = []
    for line in lines:
        scale = line.ordered.scale
        wanted = Fraction(line.ordered.scaled, 10**scale)
        outstanding = left[line.item]
        if outstanding is None:
            checked.append(replace(line, unrecorded=line.ordered))
            continue
        if wanted > outstanding:
            shown = decimal_text(int(outstanding * 10**scale), scale)
            raise MoreThanOutstanding(
                line.line, line.item, counterpart, str(line.ordered), shown, line.base_unit
            )
        left[line.item] = outstanding - wanted
        checked.append(line)
    return tuple(checked)


def _refuse_duplicates(lines: Sequence[WantedLine]) -> None:
    # Two lines of one thing are nearly always a slip, and only the person knows whether to add them up.
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines, 1):
        first = seen.setdefault((line.item, line.warehouse), number)
        if first != number:
            raise DuplicateLine(first, number, line.item, line.warehouse)
