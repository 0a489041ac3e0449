"""Resources of the services as their events told them, kept as serialised messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, select

from bot.storage.tables import PROJECTIONS
from services.kit.bulk import Bulk, Prepared, inserting
from services.kit.changes import Transaction
from services.kit.moments import microseconds

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
_bodies = Prepared(
    select(PROJECTIONS.c.name, PROJECTIONS.c.body).where(PROJECTIONS.c.kind == bindparam("of_kind")),
    PROJECTIONS.c.name,
)
_add = inserting(PROJECTIONS)
_change = Bulk(
    "UPDATE projections SET body = given.column3, updated_at = given.column4 FROM {rows}"
    " WHERE kind = given.column1 AND name = given.column2",
    ("TEXT", "TEXT", "BYTEA", "BIGINT"),
)
Change = tuple[str, str, bytes, datetime]
"""Kind, name and body of a resource, and when it was heard."""


def put(tx: Transaction, kind: str, name: str, body: bytes) -> None:
    """Take in what was announced; the same announcement a second time changes nothing."""
    put_many(tx, kind, {name: body})


def put_many(tx: Transaction, kind: str, bodies: Mapping[str, bytes]) -> None:
    """Take in what was announced of several resources, by their names."""
    known = {row.name: row.body for row in _bodies(tx.connection, bodies, of_kind=kind)}
    news = {name: body for name, body in bodies.items() if known.get(name) != body}
    if not news:
        return
    # Strictly rising, also when the clock is set back: readers ask for what came after the last they saw.
    newest = _newest(tx.connection)
    first = microseconds(max(tx.now, newest[0].updated_at + _TICK) if newest else tx.now)
    rows = [(kind, name, body, first + number) for number, (name, body) in enumerate(news.items())]
    _add(tx.connection, [row for row in rows if row[1] not in known])
    _change(tx.connection, [row for row in rows if row[1] in known])


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
