"""Rows of the projection of stock's items and warehouses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, insert, select, update

from services.kit.database import in_chunks
from services.orders.domain.catalogue import CatalogueItem, CatalogueWarehouse, Pack
from services.orders.storage.tables import CATALOGUE_ITEMS, CATALOGUE_WAREHOUSES

_CODE = re.compile(r"[A-Z0-9_\-]{1,40}", re.ASCII)


def load_items(connection: Connection, codes: Collection[str]) -> dict[str, CatalogueItem]:
    """The items that are known of those named, by code."""
    found: dict[str, CatalogueItem] = {}
    for chunk in in_chunks(_possible(codes)):
        for row in connection.execute(select(CATALOGUE_ITEMS).where(CATALOGUE_ITEMS.c.code.in_(chunk))):
            found[row.code] = _item(row)
    return found


def load_warehouses(connection: Connection, codes: Collection[str]) -> frozenset[str]:
    """The codes of the warehouses that are known of those named."""
    known: set[str] = set()
    for chunk in in_chunks(_possible(codes)):
        column = CATALOGUE_WAREHOUSES.c.code
        known.update(connection.scalars(select(column).where(column.in_(chunk))))
    return frozenset(known)


def put_items(connection: Connection, items: Iterable[CatalogueItem]) -> None:
    """Know items as they are told, the later of two tellings, instead of what was known of them before."""
    rows = []
    for item in items:
        packs = [[pack.unit, pack.factor.numerator, pack.factor.denominator] for pack in item.packs]
        rows.append({**asdict(item), "packs": packs})
    _put(connection, CATALOGUE_ITEMS, rows)


def put_warehouse(connection: Connection, warehouse: CatalogueWarehouse) -> None:
    """Know the warehouse as it is told, instead of what was known of it before."""
    _put(connection, CATALOGUE_WAREHOUSES, [asdict(warehouse)])


def _possible(codes: Collection[str]) -> list[str]:
    # What could not be a code is unknown without asking; a database may not even take it as a question.
    return sorted(filter(_CODE.fullmatch, set(codes)))


def _put(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    # One writer at a time: nobody can insert between the statements.
    told = {row["code"]: row for row in rows}
    known: set[str] = set()
    for chunk in in_chunks(sorted(told)):
        known.update(connection.scalars(select(table.c.code).where(table.c.code.in_(chunk))))
    fresh = [row for code, row in told.items() if code not in known]
    if fresh:
        connection.execute(insert(table), fresh)
    if known:
        changed = [{**told[code], "known": code} for code in sorted(known)]
        connection.execute(update(table).where(table.c.code == bindparam("known")), changed)


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
