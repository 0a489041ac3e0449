"""SQL of delegations: who stands in for whom, and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from services.approvals.domain.delegations import Delegation
from services.approvals.storage.tables import DELEGATIONS
from services.kit.bulk import Prepared
from services.kit.errors import VersionChanged

_open = Prepared(
    select(DELEGATIONS)
    .where(DELEGATIONS.c.ended_at.is_(None), DELEGATIONS.c.end_at > bindparam("now"))
    .order_by(DELEGATIONS.c.row),
    DELEGATIONS.c.from_person,
)


def find_delegation(connection: Connection, name: str, from_person: str) -> Delegation | None:
    """A delegation of this person's; somebody else's is not there."""
    query = select(DELEGATIONS).where(DELEGATIONS.c.name == name, DELEGATIONS.c.from_person == from_person)
    row = connection.execute(query).first()
    return None if row is None else _delegation(row)


def list_delegations(
    connection: Connection, person: str, before: int | None, count: int
) -> Sequence[tuple[int, Delegation]]:
    """Delegations from or to a person, newest first, each with its place in the list."""
    query = select(DELEGATIONS).where(
        or_(DELEGATIONS.c.from_person == person, DELEGATIONS.c.to_person == person)
    )
    if before is not None:
        query = query.where(DELEGATIONS.c.row < before)
    rows = connection.execute(query.order_by(DELEGATIONS.c.row.desc()).limit(count))
    return [(row.row, _delegation(row)) for row in rows]


def count_open(connection: Connection, from_person: str, now: datetime) -> int:
    """How many delegations of a person are not over."""
    query = select(func.count()).where(DELEGATIONS.c.from_person == from_person, *_not_over(now))
    return connection.scalar(query) or 0


def load_open(connection: Connection, from_people: Collection[str], now: datetime) -> list[Delegation]:
    """The delegations of these people that are not over, in the order in which they were made."""
    return [_delegation(row) for row in _open(connection, sorted(from_people), now=now)]


def load_live_to(connection: Connection, to_person: str, now: datetime) -> list[Delegation]:
    """The delegations to a person that are live now."""
    query = select(DELEGATIONS).where(
        DELEGATIONS.c.to_person == to_person, DELEGATIONS.c.start_at <= now, *_not_over(now)
    )
    return [_delegation(row) for row in connection.execute(query.order_by(DELEGATIONS.c.row))]


def add_delegation(connection: Connection, delegation: Delegation, request_id: str, now: datetime) -> None:
    """Insert a new delegation."""
    row = {
        "name": delegation.name,
        "from_person": delegation.from_person,
        "to_person": delegation.to_person,
        "start_at": delegation.start,
        "end_at": delegation.end,
        "kinds": sorted(delegation.kinds),
        "ended_at": None,
        "request_id": request_id,
        "created_at": now,
    }
    connection.execute(insert(DELEGATIONS), row)


def end_delegation(connection: Connection, delegation: Delegation) -> None:
    """Write the end of a delegation that had not ended."""
    statement = update(DELEGATIONS).where(
        DELEGATIONS.c.name == delegation.name, DELEGATIONS.c.ended_at.is_(None)
    )
    if connection.execute(statement.values(ended_at=delegation.ended_at)).rowcount != 1:
        raise VersionChanged("delegation", delegation.name)


def _not_over(now: datetime) -> Sequence[Any]:
    return DELEGATIONS.c.ended_at.is_(None), DELEGATIONS.c.end_at > now


def _delegation(row: Any) -> Delegation:
    return Delegation(
        row.name,
        row.from_person,
        row.to_person,
        row.start_at,
        row.end_at,
        frozenset(row.kinds),
        row.ended_at,
    )
