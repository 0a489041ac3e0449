"""Resources of the services as their events told them, kept as serialised messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select, update

from bot.storage.tables import PROJECTIONS
from services.kit import bulk
from services.kit.bulk import Prepared, adding
from services.kit.changes import Transaction

_TICK = timedelta(microseconds=1)
_body = Prepared(
    select(PROJECTIONS.c.body).where(
        PROJECTIONS.c.kind == bindparam("of_kind"), PROJECTIONS.c.name == bindparam("called")
    )
)
_all = Prepared(
    select(PROJECTIONS.c.name, PROJECTIONS.c.body)
    .where(PROJECTIONS.c.kind == bindparam("of_kind"))
    .order_by(PROJECTIONS.c.name)
)
_changed = Prepared(
    select(PROJECTIONS.c.kind, PROJECTIONS.c.name, PROJECTIONS.c.body, PROJECTIONS.c.updated_at)
    .where(PROJECTIONS.c.updated_at > bindparam("since"))
    .order_by(PROJECTIONS.c.updated_at),
    PROJECTIONS.c.kind,
)
_newest = Prepared(select(PROJECTIONS.c.updated_at).order_by(PROJECTIONS.c.updated_at.desc()).limit(1))
_add = adding(PROJECTIONS)
_change = bulk.Change(
    update(PROJECTIONS).where(
        PROJECTIONS.c.kind == bindparam("of_kind"), PROJECTIONS.c.name == bindparam("called")
    ),
    ["body", "updated_at"],
)
Change = tuple[str, str, bytes, datetime]
"""Kind, name and body of a resource, and when it was heard."""


def put(tx: Transaction, kind: str, name: str, body: bytes) -> None:
    """Take in what was announced; the same announcement a second time changes nothing."""
    known = get(tx.connection, kind, name)
    if known == body:
        return
    # Strictly rising, also when the clock is set back: readers ask for what came after the last they saw.
    newest = _newest(tx.connection)
    moment = max(tx.now, newest[0].updated_at + _TICK) if newest else tx.now
    if known is None:
        _add(tx.connection, kind=kind, name=name, body=body, updated_at=moment)
    else:
        _change(tx.connection, of_kind=kind, called=name, body=body, updated_at=moment)


def get(connection: Connection, kind: str, name: str) -> bytes | None:
    """What is known about one resource."""
    found = _body(connection, of_kind=kind, called=name)
    return found[0].body if found else None


def all_of(connection: Connection, kind: str) -> Iterator[tuple[str, bytes]]:
    """Name and body of every resource of a kind, in the order of names."""
    for row in _all(connection, of_kind=kind):
        yield row.name, row.body


def changed_since(connection: Connection, kinds: Sequence[str], since: datetime) -> list[Change]:
    """What changed after a moment, in the order of the changes."""
    return [tuple(row) for row in _changed(connection, kinds, since=since)]


def remove(tx: Transaction, kind: str, name: str) -> None:
    """Forget a resource that is gone; nothing happens if it is not known."""
    where = (PROJECTIONS.c.kind == kind, PROJECTIONS.c.name == name)
    tx.connection.execute(delete(PROJECTIONS).where(*where))
