"""SQL of chat identities: which user of which platform is which person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, tuple_

from services.approvals.domain.identities import Identity
from services.approvals.storage.tables import IDENTITIES

KEY = (IDENTITIES.c.platform, IDENTITIES.c.tenant, IDENTITIES.c.user_id)


def find_identity(connection: Connection, key: tuple[str, str, str]) -> Identity | None:
    """The identity with its person, None if it is bound to nobody."""
    row = connection.execute(select(IDENTITIES).where(tuple_(*KEY) == tuple_(*key))).first()
    return (
        None if row is None else Identity(row.platform, row.tenant, row.user_id, row.person, row.created_at)
    )


def list_identities(
    connection: Connection, person: str, after: tuple[str, str, str], count: int
) -> Sequence[Identity]:
    """A person's identities in the order of their keys."""
    query = select(IDENTITIES).where(IDENTITIES.c.person == person, tuple_(*KEY) > tuple_(*after))
    return [
        Identity(row.platform, row.tenant, row.user_id, row.person, row.created_at)
        for row in connection.execute(query.order_by(*KEY).limit(count))
    ]


def add_identity(connection: Connection, identity: Identity, request_id: str) -> None:
    """Bind an identity that is bound to nobody."""
    row = {name: getattr(identity, name) for name in Identity.__slots__}
    connection.execute(insert(IDENTITIES), {**row, "request_id": request_id})


def remove_identity(connection: Connection, key: tuple[str, str, str]) -> bool:
    """Unbind an identity; returns whether it was bound."""
    return connection.execute(delete(IDENTITIES).where(tuple_(*KEY) == tuple_(*key))).rowcount == 1
