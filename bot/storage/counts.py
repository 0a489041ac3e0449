"""Counts of a period, such as a product's calls of a month."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from bot.storage.tables import COUNTS
from services.kit.changes import Transaction


def add(tx: Transaction, name: str, period: str, number: int) -> int:
    """Add to a count, which begins at 0; returns what it is then."""
    where = (COUNTS.c.name == name, COUNTS.c.period == period)
    more = update(COUNTS).where(*where).values(used=COUNTS.c.used + number)
    if tx.connection.execute(more).rowcount == 0:
        tx.connection.execute(insert(COUNTS), {"name": name, "period": period, "used": number})
    return int(tx.connection.execute(select(COUNTS.c.used).where(*where)).scalar_one())
