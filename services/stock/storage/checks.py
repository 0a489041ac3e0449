"""What must always be true of stock, as queries that find what is not."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, literal, or_, select, union_all

from services.kit.tables import OUTBOX
from services.stock.domain.items import Tracking
from services.stock.storage.tables import (
    ALLOCATIONS,
    BALANCES,
    ENTRIES,
    ITEMS,
    RESERVATION_LINES,
    RESERVATIONS,
    RETURN_LINES,
)

_SHOWN = 20
_KEY = ("item", "warehouse", "lot", "serial")


def balances_are_sums_of_entries(connection: Connection) -> list[str]:
    """I1: each balance is the sum of its ledger entries, and each key with entries has a balance."""
    return _compare_balances(connection, ENTRIES, "on_hand", "entries")


def reserved_is_sum_of_promises(connection: Connection) -> list[str]:
    """I3: what a balance says is reserved is the sum of what is promised: allocations of lots and serials,
    whole lines of goods without them."""
    lines, nothing = RESERVATION_LINES.c, literal("")
    whole_lines = (
        select(lines.item, lines.warehouse, nothing.label("lot"), nothing.label("serial"), lines.reserved)
        .join(ITEMS, ITEMS.c.code == lines.item)
        .where(ITEMS.c.tracking == Tracking.NONE.value, lines.reserved != 0)
    )
    pieces = select(*(ALLOCATIONS.c[name] for name in _KEY), ALLOCATIONS.c.quantity)
    promised = union_all(pieces, whole_lines).subquery()
    return _compare_balances(connection, promised, "reserved", "promises")


def figures_are_not_negative(connection: Connection) -> list[str]:
    """I2: on hand, held, reserved and available are never below zero."""
    b = BALANCES.c
    below = or_(b.on_hand < 0, b.held < 0, b.reserved < 0, b.on_hand - b.held - b.reserved < 0)
    return [
        f"{_name(row)}: on hand {row.on_hand}, held {row.held}, reserved {row.reserved}"
        for row in _some(connection, select(BALANCES).where(below))
    ]


def lines_agree_with_allocations(connection: Connection) -> list[str]:
    """I3: of goods with lots or serials each line's reserved quantity is the sum of its allocations, others
    have none, and only living promises reserve anything."""
    lines, heads = RESERVATION_LINES.c, RESERVATIONS.c
    sums = (
        select(ALLOCATIONS.c.document, ALLOCATIONS.c.line, func.sum(ALLOCATIONS.c.quantity).label("total"))
        .group_by(ALLOCATIONS.c.document, ALLOCATIONS.c.line)
        .subquery()
    )
    total = func.coalesce(sums.c.total, 0)
    query = (
        select(lines.document, lines.line, lines.reserved, total.label("total"), heads.state)
        .join(RESERVATIONS, heads.document == lines.document, isouter=True)
        # A line of an unknown item must have pieces for all of it: it is never silently left out.
        .join(ITEMS, ITEMS.c.code == lines.item, isouter=True)
        .join(sums, and_(sums.c.document == lines.document, sums.c.line == lines.line), isouter=True)
        .where(
            or_(
                total != case((ITEMS.c.tracking == Tracking.NONE.value, 0), else_=lines.reserved),
                heads.state.is_(None),
                and_(lines.reserved != 0, heads.state.not_in(["held", "reserved"])),
            )
        )
    )
    found = [
        f"{row.document} line {row.line}: {row.reserved} reserved, {row.total} allocated, state {row.state}"
        for row in _some(connection, query)
    ]
    stray = (
        select(ALLOCATIONS.c.document, ALLOCATIONS.c.line)
        .join(
            RESERVATION_LINES,
            and_(lines.document == ALLOCATIONS.c.document, lines.line == ALLOCATIONS.c.line),
            isouter=True,
        )
        .where(lines.document.is_(None))
    )
    return found + [
        f"{row.document} line {row.line}: allocated without a line" for row in _some(connection, stray)
    ]


def entries_are_numbered_without_gaps(connection: Connection) -> list[str]:
    """I5: sequences run from 1 without a gap, and each entry names its document, line and request."""
    count, first, last = connection.execute(
        select(func.count(), func.min(ENTRIES.c.sequence), func.max(ENTRIES.c.sequence))
    ).one()
    gaps = count and (first, last) != (1, count)
    found = [f"{count} entries are numbered {first} to {last}"] if gaps else []
    e = ENTRIES.c
    nameless = select(e.sequence).where(or_(e.document == "", e.line < 1, e.request_id == "", e.actor == ""))
    return found + [
        f"entry {row.sequence} does not say what caused it" for row in _some(connection, nameless)
    ]


def issued_is_what_the_ledger_says(connection: Connection) -> list[str]:
    """I6: nothing is issued beyond a line, and lines say what the ledger says, for promises and returns."""
    issued = _compare_lines(connection, RESERVATION_LINES, "issued", "wanted", sign=-1)
    returned = _compare_lines(connection, RETURN_LINES, "returned", "expected", sign=1)
    return issued + returned


def serials_are_in_one_place(connection: Connection) -> list[str]:
    """I7: a serial is on hand once and in one place."""
    b = BALANCES.c
    query = (
        select(b.item, b.serial, func.count().label("places"), func.sum(b.on_hand).label("pieces"))
        .where(b.serial != "", b.on_hand > 0)
        .group_by(b.item, b.serial)
        .having(or_(func.count() > 1, func.sum(b.on_hand) > 1))
    )
    return [
        f"{row.item} serial {row.serial}: {row.pieces} pieces in {row.places} places"
        for row in _some(connection, query)
    ]


def movements_are_announced(connection: Connection) -> list[str]:
    """I14: every document with entries has an event in the outbox, as long as events are kept."""
    oldest = select(func.min(OUTBOX.c.created_at)).scalar_subquery()
    announced = select(OUTBOX.c.aggregate).where(
        OUTBOX.c.aggregate == ENTRIES.c.document,
        OUTBOX.c.event_type.in_(
            [f"kuguan.stock.v1.{name}" for name in ("StockOpened", "StockIssued", "StockReturned")]
        ),
    )
    query = (
        select(ENTRIES.c.document)
        .where(or_(oldest.is_(None), ENTRIES.c.recorded_at >= oldest), ~announced.exists())
        .distinct()
    )
    return [f"{row.document} moved stock and told nobody" for row in _some(connection, query)]


def _compare_balances(connection: Connection, table: Any, column: str, rows_name: str) -> list[str]:
    keys = [table.c[name] for name in _KEY]
    sums = select(*keys, func.sum(table.c.quantity).label("total")).group_by(*keys).subquery()
    same_key = and_(*(BALANCES.c[name] == sums.c[name] for name in _KEY))
    total = func.coalesce(sums.c.total, 0)
    figure = BALANCES.c[column]
    stored = (
        select(*(BALANCES.c[name] for name in _KEY), figure.label("figure"), total.label("total"))
        .join(sums, same_key, isouter=True)
        .where(figure != total)
    )
    stray = select(sums).join(BALANCES, same_key, isouter=True).where(BALANCES.c.item.is_(None))
    return [
        f"{_name(row)}: {column} is {row.figure}, its {rows_name} sum to {row.total}"
        for row in _some(connection, stored)
    ] + [f"{_name(row)}: {rows_name} of {row.total} without a balance" for row in _some(connection, stray)]


def _compare_lines(connection: Connection, table: Any, done: str, asked: str, sign: int) -> list[str]:
    e = ENTRIES.c
    sums = (
        select(e.document, e.line, (sign * func.sum(e.quantity)).label("total"))
        .group_by(e.document, e.line)
        .subquery()
    )
    total = func.coalesce(sums.c.total, 0)
    query = (
        select(table.c.document, table.c.line, table.c[done].label("done"), total.label("total"))
        .join(sums, and_(sums.c.document == table.c.document, sums.c.line == table.c.line), isouter=True)
        .where(or_(table.c[done] != total, table.c[done] > table.c[asked]))
    )
    return [
        f"{row.document} line {row.line}: {done} is {row.done}, the ledger says {row.total}"
        for row in _some(connection, query)
    ]


def _some(connection: Connection, query: Select[Any]) -> list[Any]:
    return list(connection.execute(query.limit(_SHOWN)))


def _name(row: Any) -> str:
    return "/".join(filter(None, (row.item, row.warehouse, row.lot, row.serial)))
