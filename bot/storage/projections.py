"""Resources of the services as their events told them, kept as serialised messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.storage.tables import PROJECTIONS
from services.kit.changes import Transaction

_TICK = timedelta(microseconds=1)


def put(tx: Transaction, kind: str, name: str, body: bytes) -> None:
    """Take in what was announced; the same announcement a second time changes nothing."""
    where = (PROJECTIONS.c.kind == kind, PROJECTIONS.c.name == name)
    known = tx.connection.execute(select(PROJECTIONS.c.body).where(*where)).scalar()
    if known == body:
        return
    # Strictly rising, also when the clock is set back: readers ask for what came after the last they saw.
    newest = tx.connection.execute(select(func.max(PROJECTIONS.c.updated_at))).scalar()
    moment = tx.now if newest is None else max(tx.now, newest + _TICK)
    if known is None:
        row = {"kind": kind, "name": name, "body": body, "updated_at": moment}
        tx.connection.execute(insert(PROJECTIONS), row)
    else:
        tx.connection.execute(update(PROJECTIONS).where(*where).values(body=body, updated_at=moment))


def get(connection: Connection, kind: str, name: str) -> bytes | None:
    """What is known about one resource."""
    where = (PROJECTIONS.c.kind == kind, PROJECTIONS.c.name == name)
    return connection.execute(select(PROJECTIONS.c.body).where(*where)).scalar()


def all_of(connection: Connection, kind: str) -> Iterator[tuple[str, bytes]]:
    """Name and body of every resource of a kind, in the order of names."""
    columns = select(PROJECTIONS.c.name, PROJECTIONS.c.body)
    for row in connection.execute(columns.where(PROJECTIONS.c.kind == kind).order_by(PROJECTIONS.c.name)):
        yield row.name, row.body


def changed_since(
    connection: Connection, kinds: Sequence[str], since: datetime
) -> list[tuple[str, str, bytes, datetime]]:
    """Kind, name, body and moment of what changed after a moment, in the order of the changes."""
    changed = (
        select(PROJECTIONS.c.kind, PROJECTIONS.c.name, PROJECTIONS.c.body, PROJECTIONS.c.updated_at)
        .where(PROJECTIONS.c.updated_at > since, PROJECTIONS.c.kind.in_(kinds))
        .order_by(PROJECTIONS.c.updated_at)
    )
    return [(row.kind, row.name, row.body, row.updated_at) for row in connection.execute(changed)]


def remove(tx: Transaction, kind: str, name: str) -> None:
    """Forget a resource that is gone; nothing happens if it is not known."""
    where = (PROJECTIONS.c.kind == kind, PROJECTIONS.c.name == name)
    tx.connection.execute(delete(PROJECTIONS).where(*where))
