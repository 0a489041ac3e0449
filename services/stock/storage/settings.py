"""SQL of the settings that commands need: told at start, read inside the transaction that goes by them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from services.stock.storage.tables import SETTINGS

HOLD_HOURS = "hold_hours"
DEFAULT_HOLD_HOURS = 24


def keep(connection: Connection, name: str, value: int) -> None:
    """Remember a setting in place of what it was."""
    connection.execute(delete(SETTINGS).where(SETTINGS.c.name == name))
    connection.execute(insert(SETTINGS).values(name=name, value=value))


def hold_hours(connection: Connection) -> int:
    """How long goods are held for an order that nobody has decided."""
    value = connection.execute(select(SETTINGS.c.value).where(SETTINGS.c.name == HOLD_HOURS)).scalar()
    return DEFAULT_HOLD_HOURS if value is None else int(value)
