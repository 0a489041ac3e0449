"""SQL of the warehouses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, func, insert, select

from services.kit.bulk import Prepared
from services.kit.errors import NoSuch
from services.stock.domain.texts import shown
from services.stock.domain.warehouses import Warehouse, today_in
from services.stock.storage.tables import WAREHOUSES

_zones = Prepared(select(WAREHOUSES.c.code, WAREHOUSES.c.time_zone))


def today(connection: Connection, now: datetime) -> Mapping[str, date]:
    """Every warehouse with the day it is there; looked up when it is first asked for."""
    return _Today(connection, now)


class _Today(Mapping[str, date]):
    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    @cached_property
    def _days(self) -> dict[str, date]:
        rows = _zones(self._connection)
        days = {zone: today_in(zone, self._now) for zone in {row.time_zone for row in rows}}
        return {row.code: days[row.time_zone] for row in rows}

    def __getitem__(self, code: str) -> date:
        return self._days[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._days)

    def __len__(self) -> int:
        return len(self._days)


def find(connection: Connection, code: str) -> Warehouse | None:
    """One warehouse, if there is such a code."""
    row = connection.execute(select(WAREHOUSES).where(WAREHOUSES.c.code == code)).first()
    return None if row is None else _warehouse(row)


def get(connection: Connection, code: str) -> Warehouse:
    """One warehouse; raises NoSuch."""
    warehouse = find(connection, code)
    if warehouse is None:
        raise NoSuch("warehouse", shown(code))
    return warehouse


def page(connection: Connection, after: int, limit: int) -> list[tuple[int, Warehouse]]:
    """Warehouses after a number, oldest first, with their numbers."""
    query = select(WAREHOUSES).where(WAREHOUSES.c.number > after).order_by(WAREHOUSES.c.number).limit(limit)
    return [(row.number, _warehouse(row)) for row in connection.execute(query)]


def insert_one(connection: Connection, warehouse: Warehouse, request_id: str) -> None:
    """Write a new warehouse."""
    number = (connection.execute(select(func.max(WAREHOUSES.c.number))).scalar() or 0) + 1
    values = {
        "code": warehouse.code,
        "number": number,
        "name": warehouse.name,
        "name_en": warehouse.name_en,
        "purpose": warehouse.purpose,
        "time_zone": warehouse.time_zone,
        "request_id": request_id,
        "created_at": warehouse.created_at,
    }
    connection.execute(insert(WAREHOUSES).values(values))


def _warehouse(row: Any) -> Warehouse:
    return Warehouse(row.code, row.name, row.name_en, row.purpose, row.time_zone, row.created_at)
