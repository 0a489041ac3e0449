"""SQL of the catalogue: items with their packs and aliases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Integer, delete, select, type_coerce, update

from services.kit.bulk import Prepared, inserting, overlapping
from services.kit.errors import NoSuch, VersionChanged
from services.kit.moments import microseconds
from services.stock.domain.items import Item, Measure, Pack, Tracking
from services.stock.domain.texts import shown
from services.stock.storage import numbers
from services.stock.storage.tables import (
    BALANCES,
    ITEM_ALIASES,
    ITEM_UNITS,
    ITEMS,
    RESERVATION_LINES,
    RETURN_LINES,
)

_MEASURES_KEPT = 20_000
MEASURE_COLUMNS = (
    ITEMS.c.code,
    ITEMS.c.base_unit,
    ITEMS.c.scale,
    ITEMS.c.tracking,
    # As the database holds it: to put one value of a row right is to make the row again.
    type_coerce(ITEMS.c.archived, Integer),
)
_measures = Prepared(select(*MEASURE_COLUMNS), ITEMS.c.code)
_whole_items = Prepared(select(ITEMS), ITEMS.c.code)
_units = Prepared(select(ITEM_UNITS).order_by(ITEM_UNITS.c.item, ITEM_UNITS.c.position), ITEM_UNITS.c.item)
_aliases = Prepared(
    select(ITEM_ALIASES).order_by(ITEM_ALIASES.c.item, ITEM_ALIASES.c.position), ITEM_ALIASES.c.item
)
_barcodes = Prepared(select(ITEMS.c.barcode, ITEMS.c.code), ITEMS.c.barcode)
_insert_items = inserting(ITEMS)
_insert_units = inserting(ITEM_UNITS)
_insert_aliases = inserting(ITEM_ALIASES)
_TRACKING = {tracking.value: tracking for tracking in Tracking}


def measures(
    connection: Connection, codes: Iterable[str], packs_of: Iterable[str] = ()
) -> dict[str, Measure]:
    """How items are counted; their packs are read only where somebody asks in packs."""
    packs = packs_by_item(connection, packs_of)
    return {row[0]: measure(*row, packs.get(row[0], ())) for row in _measures(connection, codes)}


# What was read a moment ago in the same words need not be made again.
@lru_cache(_MEASURES_KEPT)
def measure(
    code: str, base_unit: str, scale: int, tracking: str, archived: int, packs: tuple[Pack, ...]
) -> Measure:
    """How an item is counted, from MEASURE_COLUMNS of its row."""
    return Measure(code, base_unit, scale, Tracking(tracking), bool(archived), packs)


def measures_with_packs(connection: Connection, codes: Iterable[str]) -> dict[str, Measure]:
    """How items are counted, in every unit they have."""
    codes = set(codes)
    return measures(connection, codes, packs_of=codes)


def find_many(connection: Connection, codes: Iterable[str]) -> dict[str, Item]:
    """Items by their codes; unknown codes are left out."""
    return {item.code: item for item in _items(connection, _whole_items(connection, set(codes)))}


def get(connection: Connection, code: str) -> Item:
    """One item; raises NoSuch."""
    item = find_many(connection, [code]).get(code)
    if item is None:
        raise NoSuch("item", shown(code))
    return item


def page(connection: Connection, after: str, category: str, include_archived: bool, limit: int) -> list[Item]:
    """The items after a code, in the order of their codes."""
    query = select(ITEMS).where(ITEMS.c.code > after).order_by(ITEMS.c.code).limit(limit)
    if category:
        query = query.where(ITEMS.c.category == category)
    if not include_archived:
        query = query.where(ITEMS.c.archived.is_(False))
    return _items(connection, connection.execute(query).all())


def changed_since(connection: Connection, change: int, limit: int) -> list[tuple[int, Item]]:
    """Items that changed after a given change, with the number of their last change, oldest first."""
    query = select(ITEMS).where(ITEMS.c.change > change).order_by(ITEMS.c.change).limit(limit)
    rows = connection.execute(query).all()
    return [(row.change, item) for row, item in zip(rows, _items(connection, rows), strict=True)]


def owners_of_barcodes(connection: Connection, barcodes: Iterable[str]) -> dict[str, str]:
    """Barcodes that are taken, with the code of the item they are printed on."""
    return dict(_barcodes(connection, set(barcodes)))


@contextmanager
def inserting_many(connection: Connection, items: Sequence[Item]) -> Iterator[None]:
    """Write new items while the block does something else that asks the database nothing."""
    if not items:
        yield
        return
    change = numbers.take(connection, "item_change", len(items))
    with overlapping(connection, len(items)):
        _insert(connection, items, change)
        yield


def insert_one(connection: Connection, item: Item, request_id: str) -> None:
    """Write a new item that a request made."""
    _insert(connection, [item], numbers.take(connection, "item_change", 1), request_id)


def update_one(connection: Connection, item: Item, seen_version: int) -> None:
    """Write the next version of an item; raises VersionChanged if somebody was faster."""
    change = numbers.take(connection, "item_change", 1)
    statement = (
        update(ITEMS)
        .where(ITEMS.c.code == item.code, ITEMS.c.version == seen_version)
        .values(**_values(item), change=change, updated_at=item.updated_at)
    )
    if connection.execute(statement).rowcount != 1:
        raise VersionChanged("item", item.code)
    connection.execute(delete(ITEM_UNITS).where(ITEM_UNITS.c.item == item.code))
    connection.execute(delete(ITEM_ALIASES).where(ITEM_ALIASES.c.item == item.code))
    _insert_words(connection, [item])


def has_moved(connection: Connection, code: str) -> bool:
    """Whether anything is recorded in this item's unit: stock, a promise or an expected return."""
    for table in (BALANCES, RESERVATION_LINES, RETURN_LINES):
        if connection.execute(select(table.c.item).where(table.c.item == code).limit(1)).first():
            return True
    return False


def _insert(
    connection: Connection, items: Sequence[Item], change: int, request_id: str | None = None
) -> None:
    rows = [_row(item, number, request_id) for number, item in enumerate(items, start=change)]
    _insert_items(connection, rows)
    _insert_words(connection, items)


def _insert_words(connection: Connection, items: Sequence[Item]) -> None:
    _insert_units(
        connection,
        [
            (item.code, pack.unit, position, pack.numerator, pack.denominator)
            for item in items
            for position, pack in enumerate(item.packs)
        ],
    )
    _insert_aliases(
        connection,
        [(item.code, position, alias) for item in items for position, alias in enumerate(item.aliases)],
    )


def _row(item: Item, change: int, request_id: str | None) -> tuple[Any, ...]:
    """A row of ITEMS."""
    assert item.created_at is not None, "a new item knows since when it is there"
    now = microseconds(item.created_at)
    return (item.code, *_values(item).values(), change, request_id, now, now)


def _values(item: Item) -> dict[str, Any]:
    """What can change of an item, in the order of the columns."""
    return {
        "name": item.name,
        "name_en": item.name_en,
        "specification": item.specification,
        "category": item.category,
        "base_unit": item.base_unit,
        "scale": item.scale,
        "barcode": item.barcode or None,
        "tracking": item.tracking.value,
        "shelf_life_days": item.shelf_life_days,
        "reference_cost_micros": item.reference_cost_micros,
        "list_price_micros": item.list_price_micros,
        "reorder_point": item.reorder_point,
        "archived": item.archived,
        "version": item.version,
    }


def packs_by_item(connection: Connection, codes: Iterable[str]) -> Mapping[str, tuple[Pack, ...]]:
    """The packs of those items that have any."""
    packs: dict[str, tuple[Pack, ...]] = {}
    for row in _units(connection, codes):
        packs[row.item] = (*packs.get(row.item, ()), Pack(row.unit, row.numerator, row.denominator))
    return packs


def _items(connection: Connection, rows: Sequence[Any]) -> list[Item]:
    codes = [row.code for row in rows]
    packs = packs_by_item(connection, codes)
    aliases: dict[str, tuple[str, ...]] = {}
    for row in _aliases(connection, codes):
        aliases[row.item] = (*aliases.get(row.item, ()), row.alias)
    return [_item(row, packs.get(row.code, ()), aliases.get(row.code, ())) for row in rows]


def _item(row: Any, packs: tuple[Pack, ...], aliases: tuple[str, ...]) -> Item:
    return Item(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        specification=row.specification,
        category=row.category,
        base_unit=row.base_unit,
        scale=row.scale,
        packs=packs,
        aliases=aliases,
        barcode=row.barcode or "",
        tracking=_TRACKING[row.tracking],
        shelf_life_days=row.shelf_life_days,
        reference_cost_micros=row.reference_cost_micros,
        list_price_micros=row.list_price_micros,
        reorder_point=row.reorder_point,
        archived=row.archived,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
