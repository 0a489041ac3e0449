"""Rows of the projection of stock's items and warehouses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update

from services.kit.database import in_chunks
from services.orders.domain.catalogue import CatalogueItem, CatalogueWarehouse, Pack
from services.orders.storage.tables import CATALOGUE_ITEMS, CATALOGUE_WAREHOUSES


def load_items(connection: Connection, codes: Collection[str]) -> dict[str, CatalogueItem]:
    """The items that are known of those named, by code."""
    found: dict[str, CatalogueItem] = {}
    for chunk in in_chunks(sorted(set(codes))):
        for row in connection.execute(select(CATALOGUE_ITEMS).where(CATALOGUE_ITEMS.c.code.in_(chunk))):
            found[row.code] = _item(row)
    return found


def load_warehouses(connection: Connection, codes: Collection[str]) -> frozenset[str]:
    """The codes of the warehouses that are known of those named."""
    known: set[str] = set()
    for chunk in in_chunks(sorted(set(codes))):
        column = CATALOGUE_WAREHOUSES.c.code
        known.update(connection.scalars(select(column).where(column.in_(chunk))))
    return frozenset(known)


def put_item(connection: Connection, item: CatalogueItem) -> None:
    """Know the item as it is told, instead of what was known of it before."""
    values = asdict(item)
    values["packs"] = [[pack.unit, pack.factor.numerator, pack.factor.denominator] for pack in item.packs]
    _put(connection, CATALOGUE_ITEMS, values)


def put_warehouse(connection: Connection, warehouse: CatalogueWarehouse) -> None:
    """Know the warehouse as it is told, instead of what was known of it before."""
    _put(connection, CATALOGUE_WAREHOUSES, asdict(warehouse))


def _put(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    # One writer at a time: nobody can insert between the two statements.
    found = connection.execute(update(table).where(table.c.code == values["code"]).values(**values))
    if found.rowcount == 0:
        connection.execute(insert(table).values(**values))


def _item(row: Row[Any]) -> CatalogueItem:
    return CatalogueItem(
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        category=row.category,
        base_unit=row.base_unit,
        quantity_scale=row.quantity_scale,
        packs=tuple(Pack(unit, Fraction(over, under)) for unit, over, under in row.packs),
        reference_cost_micros=row.reference_cost_micros,
        archived=row.archived,
        etag=row.etag,
        update_time=row.update_time,
        tracked=row.tracked,
    )
