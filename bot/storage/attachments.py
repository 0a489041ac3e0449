"""Pictures that people sent, kept with the message they came in."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select

from bot.storage.tables import ATTACHMENTS
from services.kit.changes import Transaction

KEEP_DAYS = 400
PRUNE_AT_ONCE = 500


def keep(tx: Transaction, cause: str, person: str, media_type: str, data: bytes) -> None:
    """Keep the picture of a message; the first one counts."""
    known = select(ATTACHMENTS.c.cause).where(ATTACHMENTS.c.cause == cause)
    if tx.connection.execute(known).first() is None:
        row = {"cause": cause, "person": person, "media_type": media_type, "data": data, "kept_at": tx.now}
        tx.connection.execute(insert(ATTACHMENTS), row)


def get(connection: Connection, cause: str) -> tuple[str, bytes] | None:
    """Media type and bytes of a message's picture."""
    found = select(ATTACHMENTS.c.media_type, ATTACHMENTS.c.data).where(ATTACHMENTS.c.cause == cause)
    row = connection.execute(found).first()
    return None if row is None else (row.media_type, row.data)


def prune(tx: Transaction) -> int:
    """Forget pictures of long ago, a bounded number at a time."""
    old = (
        select(ATTACHMENTS.c.cause)
        .where(ATTACHMENTS.c.kept_at < tx.now - timedelta(days=KEEP_DAYS))
        .limit(PRUNE_AT_ONCE)
    )
    return tx.connection.execute(delete(ATTACHMENTS).where(ATTACHMENTS.c.cause.in_(old))).rowcount
