"""SQL of the balances: loading a shelf, saving what became of it, and the figures people ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import Date as SqlDate

from services.kit.bulk import Bulk, Prepared, Rows, inserting, write_all
from services.stock.domain.items import Measure
from services.stock.domain.shelf import Balance, Key, Pick, Place, Shelf, expired
from services.stock.storage import items, warehouses
from services.stock.storage.tables import BALANCES, ITEMS, LOTS

_BALANCE_COLUMNS = (
    BALANCES.c.item,
    BALANCES.c.warehouse,
    BALANCES.c.lot,
    BALANCES.c.serial,
    BALANCES.c.on_hand,
    BALANCES.c.held,
    BALANCES.c.reserved,
    LOTS.c.expiry,
    # Only compared with each other: microseconds will do.
    type_coerce(BALANCES.c.received_at, BigInteger),
    BALANCES.c.received_document,
)
_OF_LOT = and_(LOTS.c.item == BALANCES.c.item, LOTS.c.lot == BALANCES.c.lot)
_WITH_EXPIRY = select(*_BALANCE_COLUMNS).join(LOTS, _OF_LOT, isouter=True)
_FILLED = _WITH_EXPIRY.where(BALANCES.c.on_hand > 0)
_all = Prepared(_WITH_EXPIRY, BALANCES.c.item)
_filled = Prepared(_FILLED, BALANCES.c.item)
# One look on the hottest path for measures and what there is of goods without lot or serial; an item that is
# nowhere has one row without a balance.
_measured = Prepared(
    select(
        *items.MEASURE_COLUMNS,
        BALANCES.c.warehouse,
        BALANCES.c.on_hand,
        BALANCES.c.held,
        BALANCES.c.reserved,
    ).join(
        BALANCES,
        and_(
            BALANCES.c.item == ITEMS.c.code,
            BALANCES.c.lot == "",
            BALANCES.c.serial == "",
            BALANCES.c.on_hand > 0,
        ),
        isouter=True,
    ),
    ITEMS.c.code,
)
# Check and write are one step (R4): nothing is changed where the figures would not allow it.
_change = Bulk(
    "UPDATE balances SET on_hand = on_hand + given.column5, reserved = reserved + given.column6"
    " FROM {rows} WHERE item = given.column1 AND warehouse = given.column2"
    " AND lot = given.column3 AND serial = given.column4"
    " AND on_hand + given.column5 - held >= reserved + given.column6 AND reserved + given.column6 >= 0",
    ("TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT"),
)
_insert = inserting(BALANCES)
_places = Prepared(
    select(BALANCES.c.item, BALANCES.c.warehouse, func.sum(BALANCES.c.on_hand)).group_by(
        BALANCES.c.item, BALANCES.c.warehouse
    ),
    BALANCES.c.item,
)
# By expiry, too: whether a lot has expired depends on the day where it lies.
_figures = Prepared(
    select(
        BALANCES.c.item,
        BALANCES.c.warehouse,
        LOTS.c.expiry,
        func.sum(BALANCES.c.on_hand),
        func.sum(BALANCES.c.held),
        func.sum(BALANCES.c.reserved),
    )
    .join(LOTS, and_(LOTS.c.item == BALANCES.c.item, LOTS.c.lot == BALANCES.c.lot), isouter=True)
    .where(BALANCES.c.on_hand > 0)
    .group_by(BALANCES.c.item, BALANCES.c.warehouse, LOTS.c.expiry),
    BALANCES.c.item,
)
_lots = Prepared(select(LOTS.c.item, LOTS.c.lot, LOTS.c.expiry), LOTS.c.item)


class Figures(NamedTuple):
    """Sums of one place; what has expired counts as held."""

    item: str
    warehouse: str
    on_hand: int
    held: int
    reserved: int


def load(connection: Connection, codes: Iterable[str], now: datetime, *, with_empty: bool = False) -> Shelf:
    """All balances of some items as a shelf; those that are empty only where goods may arrive."""
    rows = (_all if with_empty else _filled)(connection, set(codes))
    return Shelf(map(_balance, rows), warehouses.today(connection, now))


def load_measured(
    connection: Connection, codes: Iterable[str], now: datetime, packs_of: Iterable[str] = ()
) -> tuple[dict[str, Measure], Shelf]:
    """How items are counted, as ``items.measures`` tells it, and what there is of them, as ``load`` does."""
    packs = items.packs_by_item(connection, packs_of)
    measures: dict[str, Measure] = {}
    found: list[Balance] = []
    for code, *counted, warehouse, on_hand, held, reserved in _measured(connection, set(codes)):
        if code not in measures:
            measures[code] = items.measure(code, *counted, packs.get(code, ()))
        if warehouse is not None:
            key = Key(code, warehouse)
            found.append(Balance(key, on_hand, held, reserved, None, 0, "", on_hand, reserved))
    tracked = [code for code, measure in measures.items() if not measure.is_alike]
    found += map(_balance, _filled(connection, tracked))
    return measures, Shelf(found, warehouses.today(connection, now))


def save(connection: Connection, shelf: Shelf) -> None:
    """Write what became of a shelf; every row must still allow it."""
    write_all(connection, *changes(shelf))


def changes(shelf: Shelf) -> list[tuple[Bulk, Rows]]:
    """What has to be written of a shelf; every row must still allow it."""
    known: list[tuple[Any, ...]] = []
    fresh: list[tuple[Any, ...]] = []
    for balance in shelf.changes():
        if balance.is_new:
            figures = balance.on_hand, balance.held, balance.reserved
            fresh.append((*balance.key, *figures, balance.received, balance.received_document))
        else:
            on_hand = balance.on_hand - balance.on_hand_before
            reserved = balance.reserved - balance.reserved_before
            known.append((*balance.key, on_hand, reserved))
    return [(_change, known), (_insert, fresh)]


def on_hand_of_places(connection: Connection, codes: Iterable[str]) -> dict[Place, int]:
    """What each place of some items has on hand, over its lots and serials."""
    rows = _places(connection, set(codes))
    return {Place(item, warehouse): int(on_hand) for item, warehouse, on_hand in rows}


def add_lots(connection: Connection, picks: Iterable[Pick], now: datetime) -> None:
    """Remember the expiry dates of lots that arrive for the first time."""
    arriving = {(pick.key.item, pick.key.lot): pick.expiry for pick in picks if pick.key.lot}
    known = lot_expiries(connection, {item for item, _ in arriving})
    rows = [
        {"item": item, "lot": lot, "expiry": expiry, "created_at": now}
        for (item, lot), expiry in arriving.items()
        if (item, lot) not in known
    ]
    if rows:
        connection.execute(insert(LOTS), rows)


def lot_expiries(connection: Connection, codes: Iterable[str]) -> dict[tuple[str, str], date | None]:
    """The lots of some items with their expiry dates."""
    return {(item, lot): expiry for item, lot, expiry in _lots(connection, set(codes))}


def figures(
    connection: Connection, codes: Sequence[str], warehouse: str, today: Mapping[str, date]
) -> list[Figures]:
    """What each place of some items has, by item and warehouse code; in one warehouse if one is named."""
    sums: dict[tuple[str, str], Figures] = {}
    for item, place, expiry, on_hand, held, reserved in _figures(connection, set(codes)):
        if warehouse and place != warehouse:
            continue
        unusable = on_hand - reserved if expired(expiry, today[place]) else held
        known = sums.get((item, place), Figures(item, place, 0, 0, 0))
        sums[item, place] = Figures(
            item,
            place,
            known.on_hand + int(on_hand),
            known.held + int(unusable),
            known.reserved + int(reserved),
        )
    return [sums[key] for key in sorted(sums)]


def lots(connection: Connection, item: str, warehouse: str, limit: int) -> list[Balance]:
    """What is on hand of an item in a warehouse by lot and serial, in picking order."""
    last = LOTS.c.expiry.is_(None)
    query = (
        _FILLED.where(BALANCES.c.item == item, BALANCES.c.warehouse == warehouse)
        .order_by(last, LOTS.c.expiry, BALANCES.c.received_at, BALANCES.c.lot, BALANCES.c.serial)
        .limit(limit)
    )
    return [_balance(row) for row in connection.execute(query)]


def items_on_hand(connection: Connection, warehouse: str, after: str, limit: int) -> list[str]:
    """Codes after a code of items of which something is on hand, in one warehouse if one is named."""
    query = select(BALANCES.c.item).where(*_on_hand(warehouse), BALANCES.c.item > after).distinct()
    return list(connection.scalars(query.order_by(BALANCES.c.item).limit(limit)))


def count_on_hand(connection: Connection, warehouse: str) -> int:
    """Of how many items something is on hand, in one warehouse if one is named."""
    query = select(func.count(BALANCES.c.item.distinct())).where(*_on_hand(warehouse))
    return connection.scalar(query) or 0


def _on_hand(warehouse: str) -> tuple[ColumnElement[bool], ...]:
    filled = BALANCES.c.on_hand > 0
    return (filled, BALANCES.c.warehouse == warehouse) if warehouse else (filled,)


def low_items(
    connection: Connection, after: str, limit: int, today: Mapping[str, date]
) -> list[tuple[str, int]]:
    """Watched items after a code whose available quantity is at or below their reorder point."""
    free = BALANCES.c.on_hand - BALANCES.c.held - BALANCES.c.reserved
    available = (
        select(func.coalesce(func.sum(free), 0))
        .select_from(BALANCES)
        .join(LOTS, and_(LOTS.c.item == BALANCES.c.item, LOTS.c.lot == BALANCES.c.lot), isouter=True)
        .where(BALANCES.c.item == ITEMS.c.code, _usable(today))
        .scalar_subquery()
    )
    watched = (
        select(ITEMS.c.code, ITEMS.c.reorder_point, available.label("available"))
        .where(ITEMS.c.reorder_point.is_not(None), ITEMS.c.archived.is_(False), ITEMS.c.code > after)
        .subquery()
    )
    query = (
        select(watched.c.code, watched.c.available)
        .where(watched.c.available <= watched.c.reorder_point)
        .order_by(watched.c.code)
        .limit(limit)
    )
    return [(code, int(quantity)) for code, quantity in connection.execute(query)]


def _usable(today: Mapping[str, date]) -> ColumnElement[bool]:
    """That the lot has not expired where it lies (reference §8); the day may differ between time zones."""
    days: dict[date, list[str]] = {}
    for code, day in today.items():
        days.setdefault(day, []).append(code)
    latest = literal(max(days, default=date.max), SqlDate)
    earlier = [(BALANCES.c.warehouse.in_(days[day]), literal(day, SqlDate)) for day in sorted(days)[:-1]]
    day_there = case(*earlier, else_=latest) if earlier else latest
    return or_(LOTS.c.expiry.is_(None), LOTS.c.expiry >= day_there)


def _balance(row: Any) -> Balance:
    item, warehouse, lot, serial, on_hand, held, reserved, expiry, received, document = row
    key = Key(item, warehouse, lot, serial)
    return Balance(key, on_hand, held, reserved, expiry, received, document, on_hand, reserved)
