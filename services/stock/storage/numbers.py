"""Running numbers without gaps: given in the transaction that uses them, taken back with it."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from services.stock.storage.tables import NUMBERS


def take(connection: Connection, name: str, count: int) -> int:
    """The first of ``count`` numbers in a row; writers take turns, so nobody comes between."""
    last = connection.execute(select(NUMBERS.c.last).where(NUMBERS.c.name == name)).scalar()
    if last is None:
        connection.execute(insert(NUMBERS).values(name=name, last=count))
        return 1
    connection.execute(update(NUMBERS).where(NUMBERS.c.name == name).values(last=last + count))
    return int(last) + 1
