"""What only one replica of the bot may do at a time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, insert, or_, select, update

from bot.storage.tables import LEASES
from services.kit.changes import Transaction


def hold(tx: Transaction, name: str, holder: str, seconds: float) -> bool:
    """Take a lease that is free or over, or renew one's own; False while another holds it."""
    ends_at = tx.now + timedelta(seconds=seconds)
    mine_or_over = or_(LEASES.c.holder == holder, LEASES.c.ends_at <= tx.now)
    taken = update(LEASES).where(LEASES.c.name == name, mine_or_over).values(holder=holder, ends_at=ends_at)
    if tx.connection.execute(taken).rowcount:
        return True
    if tx.connection.execute(select(LEASES.c.name).where(LEASES.c.name == name)).first() is not None:
        return False
    tx.connection.execute(insert(LEASES), {"name": name, "holder": holder, "ends_at": ends_at})
    return True


def let_go(tx: Transaction, name: str, holder: str) -> None:
    """Give one's own lease back."""
    tx.connection.execute(delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder))
