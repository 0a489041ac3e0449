"""SQL of the settings that commands need: told at start, read inside the transaction that goes by them."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, insert, select

from services.kit.bulk import Prepared
from services.stock.storage.tables import SETTINGS

HOLD_HOURS = "hold_hours"
DEFAULT_HOLD_HOURS = 24
_value = Prepared(select(SETTINGS.c.value).where(SETTINGS.c.name == bindparam("called")))


def keep(connection: Connection, name: str, value: int) -> None:
    """Remember a setting in place of what it was."""
    connection.execute(delete(SETTINGS).where(SETTINGS.c.name == name))
    connection.execute(insert(SETTINGS).values(name=name, value=value))


def hold_hours(connection: Connection) -> int:
    """How long goods are held for an order that nobody has decided."""
    found = _value(connection, called=HOLD_HOURS)
    return int(found[0].value) if found else DEFAULT_HOLD_HOURS
