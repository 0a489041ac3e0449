"""One-time links with which a person signs in to the page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select, update

from bot.storage.tables import LINKS
from services.kit.changes import Transaction

PRUNE_AT_ONCE = 5_000


def make_link(tx: Transaction, person: str, token_digest: bytes, ends_at: datetime) -> None:
    """Let whoever knows the token sign in as a person, once, until the link ends."""
    row = {
        "token_digest": token_digest,
        "person": person,
        "created_at": tx.now,
        "ends_at": ends_at,
        "used_at": None,
    }
    tx.connection.execute(insert(LINKS), row)


def redeem(tx: Transaction, token_digest: bytes) -> str | None:
    """The person of a link, the first time and before it ends; otherwise None."""
    where = (LINKS.c.token_digest == token_digest, LINKS.c.used_at.is_(None), LINKS.c.ends_at > tx.now)
    if tx.connection.execute(update(LINKS).where(*where).values(used_at=tx.now)).rowcount == 0:
        return None
    return tx.connection.execute(select(LINKS.c.person).where(LINKS.c.token_digest == token_digest)).scalar()


def prune(tx: Transaction) -> int:
    """Forget links that ended, used or not, a bounded number at a time."""
    old = select(LINKS.c.token_digest).where(LINKS.c.ends_at <= tx.now).limit(PRUNE_AT_ONCE)
    return tx.connection.execute(delete(LINKS).where(LINKS.c.token_digest.in_(old))).rowcount
