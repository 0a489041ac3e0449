"""SQL of the ledger: entries are only ever inserted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from services.kit.bulk import inserting
from services.kit.moments import microseconds
from services.stock.domain.items import Measure
from services.stock.domain.ledger import Cause, Entry, Move, entries
from services.stock.domain.returns import Outstanding
from services.stock.domain.shelf import Key, Place
from services.stock.storage import balances, items
from services.stock.storage.tables import ENTRIES

_LAST = select(func.max(ENTRIES.c.sequence))
_insert = inserting(ENTRIES)
# What went out to a counterpart and has not come back, the last issued first.
_OUTSTANDING = (
    select(ENTRIES.c.lot, ENTRIES.c.serial, -func.sum(ENTRIES.c.quantity))
    .where(ENTRIES.c.item == bindparam("item"), ENTRIES.c.counterpart == bindparam("counterpart"))
    .group_by(ENTRIES.c.lot, ENTRIES.c.serial)
    .having(func.sum(ENTRIES.c.quantity) < 0)
    .order_by(func.max(ENTRIES.c.sequence).desc())
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are wanted; empty means all."""

    item: str = ""
    warehouse: str = ""
    lot: str = ""
    document: str = ""
    counterpart: str = ""
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """What the entries of one kind of movement come to, and of how many documents they are."""

    movement: str
    quantity: int
    documents: int


def append(connection: Connection, cause: Cause, moves: Sequence[Move]) -> list[Entry]:
    """Write entries for the moves of one document, without gaps; called before balances are saved."""
    last = connection.execute(_LAST).scalar() or 0
    on_hand = balances.on_hand_of_places(connection, {move.key.item for move in moves})
    written = list(entries(cause, moves, last, on_hand))
    _insert(connection, [_row(entry) for entry in written])
    return written


def page(connection: Connection, wanted: Wanted, before: int | None, limit: int) -> list[Entry]:
    """The newest wanted entries before a sequence, each with what its place had on hand after it.

    The ledger holds no running balance: what came later is subtracted from today's figure, and read only once
    for each place because every row looks no further than the next newer row of its place.
    """
    listed = _filtered(wanted, before).order_by(ENTRIES.c.sequence.desc()).limit(limit).subquery("listed")
    newer = func.min(listed.c.sequence).over(
        partition_by=(listed.c.item, listed.c.warehouse),
        order_by=listed.c.sequence.desc(),
        rows=(-1, -1),
    )
    bounded = select(listed, newer.label("newer")).subquery("bounded")
    later = ENTRIES.alias("later")
    since = (
        select(func.coalesce(func.sum(later.c.quantity), 0))
        .where(
            later.c.item == bounded.c.item,
            later.c.warehouse == bounded.c.warehouse,
            later.c.sequence > bounded.c.sequence,
            later.c.sequence <= func.coalesce(bounded.c.newer, 2**62),
        )
        .scalar_subquery()
    )
    query = select(bounded, since.label("since")).order_by(bounded.c.sequence.desc())
    rows = connection.execute(query).all()
    codes = {row.item for row in rows}
    measures = items.measures(connection, codes)
    on_hand = balances.on_hand_of_places(connection, codes)
    return [_entry(row, measures[row.item], on_hand) for row in rows]


def totals(connection: Connection, wanted: Wanted) -> list[Total]:
    """The wanted entries added up, one total for each kind of movement, in the order of their names."""
    listed = _filtered(wanted, None).subquery("listed")
    query = (
        select(
            listed.c.movement,
            func.sum(listed.c.quantity),
            func.count(func.distinct(listed.c.document)),
        )
        .group_by(listed.c.movement)
        .order_by(listed.c.movement)
    )
    return [Total(row[0], int(row[1]), row[2]) for row in connection.execute(query)]


def outstanding(
    connection: Connection, tracked_items: Iterable[str], counterpart: str
) -> dict[str, list[Outstanding]]:
    """The lots and serials of some items that a counterpart still has."""
    return {
        item: [
            Outstanding(lot, serial, int(quantity))
            for lot, serial, quantity in connection.execute(
                _OUTSTANDING, {"item": item, "counterpart": counterpart}
            )
        ]
        for item in tracked_items
    }


def _filtered(wanted: Wanted, before: int | None) -> Select[Any]:
    query = select(ENTRIES)
    if before is not None:
        query = query.where(ENTRIES.c.sequence < before)
    for name in ("item", "warehouse", "lot", "document", "counterpart"):
        value = getattr(wanted, name)
        if value:
            query = query.where(ENTRIES.c[name] == value)
    if wanted.lot:
        # Said again so that the index of rows with a lot can serve.
        query = query.where(ENTRIES.c.lot != "")
    if wanted.start is not None:
        query = query.where(ENTRIES.c.occurred_at >= wanted.start)
    if wanted.end is not None:
        query = query.where(ENTRIES.c.occurred_at < wanted.end)
    return query


def _row(entry: Entry) -> tuple[Any, ...]:
    """A row of ENTRIES."""
    move, cause = entry.move, entry.cause
    return (
        entry.sequence,
        *move.key,
        move.quantity,
        cause.movement,
        cause.document,
        move.line,
        cause.counterpart,
        microseconds(cause.occurred_at),
        microseconds(cause.recorded_at),
        cause.actor,
        cause.client,
        cause.request_id,
        move.unit_cost_micros,
        entry.reverses,
    )


def _entry(row: Any, measure: Measure, on_hand: dict[Place, int]) -> Entry:
    place = Place(row.item, row.warehouse)
    # From now back to just after this entry; rows come newest first, so each place goes step by step.
    on_hand[place] = on_hand.get(place, 0) - int(row.since)
    cause = Cause(
        row.document,
        row.movement,
        row.counterpart,
        row.occurred_at,
        row.recorded_at,
        row.actor,
        row.client,
        row.request_id,
    )
    key = Key(row.item, row.warehouse, row.lot, row.serial)
    move = Move(key, row.quantity, row.line, measure, row.unit_cost_micros)
    return Entry(row.sequence, move, cause, on_hand[place], row.reverses)
