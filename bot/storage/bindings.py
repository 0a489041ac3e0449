"""One-time codes that join a chat account and a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from bot.storage.tables import CODES
from services.kit.bulk import Change, adding
from services.kit.changes import Transaction

PRUNE_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for: a chat account (with the name the product shows), or a person."""

    platform: str = ""
    tenant: str = ""
    user_id: str = ""
    name: str = ""
    person: str = ""


_COLUMNS = [CODES.c[name] for name in Code.__slots__]
_end_earlier = Change(
    delete(CODES).where(
        CODES.c.platform == bindparam("of_platform"),
        CODES.c.tenant == bindparam("of_tenant"),
        CODES.c.user_id == bindparam("of_user"),
        CODES.c.person == bindparam("of_person"),
        CODES.c.used_at.is_(None),
    )
)
_add = adding(CODES)


def offer(tx: Transaction, code: Code, digest: bytes, ends_at: datetime) -> None:
    """Remember a code; earlier ones of the same account or person are over."""
    _end_earlier(
        tx.connection,
        of_platform=code.platform,
        of_tenant=code.tenant,
        of_user=code.user_id,
        of_person=code.person,
    )
    row = {name: getattr(code, name) for name in Code.__slots__}
    _add(tx.connection, **row, digest=digest, created_at=tx.now, ends_at=ends_at, used_at=None)


def find(connection: Connection, digest: bytes, now: datetime) -> Code | None:
    """What a code stands for while it can still be used."""
    row = connection.execute(
        select(*_COLUMNS).where(CODES.c.digest == digest, CODES.c.used_at.is_(None), CODES.c.ends_at > now)
    ).first()
    return None if row is None else Code(**row._mapping)


def use(tx: Transaction, digest: bytes) -> None:
    """The code was used; nobody uses it again."""
    tx.connection.execute(update(CODES).where(CODES.c.digest == digest).values(used_at=tx.now))


def prune(tx: Transaction) -> int:
    """Forget codes that are over, used or not, a bounded number at a time."""
    old = select(CODES.c.digest).where(CODES.c.ends_at <= tx.now).limit(PRUNE_AT_ONCE)
    return tx.connection.execute(delete(CODES).where(CODES.c.digest.in_(old))).rowcount
