"""What chat products delivered: kept once, worked on from here, ended in a state that can be looked up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, or_, select, tuple_, update

from bot.storage.tables import RECEIVED
from services.kit.bulk import Change, Prepared, adding
from services.kit.changes import Transaction
from services.kit.errors import NoSuch

KEEP_DAYS = 45
KEEP_PARKED_DAYS = 400
"""As long as the conversation: what went wrong can be looked up beside what was said."""
PRUNE_AT_ONCE = 5_000
_DETAIL_LENGTH = 500

_KEY = (RECEIVED.c.platform, RECEIVED.c.tenant, RECEIVED.c.dedupe_key)


_IS_IT = (
    RECEIVED.c.platform == bindparam("of_platform"),
    RECEIVED.c.tenant == bindparam("of_tenant"),
    RECEIVED.c.dedupe_key == bindparam("of_key"),
)
_one = Prepared(select(RECEIVED).where(*_IS_IT))
_taps = Prepared(select(RECEIVED.c.body).where(RECEIVED.c.state == "new", RECEIVED.c.kind == "click"))
_add = adding(RECEIVED)
_end = Change(update(RECEIVED).where(*_IS_IT), ["state", "detail", "finished_at"])


@dataclass(frozen=True, slots=True)
class Received:
    """An event of a chat product. ``kind`` is text, click, enter or image; ``state`` is new until it ended
    as done, refused or parked.

    Raises ValueError if platform or tenant contain a slash: ``cause`` could not be taken apart again.
    """

    platform: str
    tenant: str
    dedupe_key: str
    kind: str
    sender: str
    address_kind: str
    address: str
    door: str
    body: dict[str, Any]
    received_at: datetime
    state: str = "new"

    def __post_init__(self) -> None:
        if "/" in self.platform or "/" in self.tenant:
            raise ValueError(f"no slash in a platform or tenant: {self.platform!r} {self.tenant!r}")

    @property
    def cause(self) -> str:
        """The event's name among all events, which deliveries carry as their reason."""
        return f"{self.platform}/{self.tenant}/{self.dedupe_key}"

    @property
    def place(self) -> dict[str, str]:
        """Where it was said, so that the answer goes there."""
        return {"platform": self.platform, "address_kind": self.address_kind, "address": self.address}


def keep(tx: Transaction, event: Received) -> bool:
    """Keep an event; False if it is a repeat of one that is already kept."""
    if _one(tx.connection, **_key(event.cause)):
        return False
    row = {
        "platform": event.platform,
        "tenant": event.tenant,
        "dedupe_key": event.dedupe_key,
        "kind": event.kind,
        "sender": event.sender,
        "address_kind": event.address_kind,
        "address": event.address,
        "door": event.door,
        "body": event.body,
        "received_at": event.received_at,
        "state": "new",
        "detail": "",
        "finished_at": None,
    }
    _add(tx.connection, **row)
    return True


def finish(tx: Transaction, cause: str, state: str, detail: str = "") -> None:
    """End an event as done, refused or parked; raises NoSuch if it was never kept."""
    values = {"state": state, "detail": detail[:_DETAIL_LENGTH], "finished_at": tx.now}
    if _end(tx.connection, **_key(cause), **values) == 0:
        raise NoSuch("received", cause)


def unfinished(connection: Connection, limit: int) -> list[Received]:
    """Events that still have to be worked on, oldest first."""
    oldest = select(RECEIVED).where(RECEIVED.c.state == "new").order_by(RECEIVED.c.received_at, *_KEY)
    return [_received(row) for row in connection.execute(oldest.limit(limit))]


def is_tapped(connection: Connection, card: str) -> bool:
    """Whether a tap on a card has still to be worked on."""
    return any(row.body["card"] == card for row in _taps(connection))


def get(connection: Connection, cause: str) -> Received | None:
    """The event of a cause, whatever its state; None if it was never kept or is forgotten."""
    found = _one(connection, **_key(cause))
    return _received(found[0]) if found else None


def prune(tx: Transaction) -> int:
    """Forget events that ended long ago, parked ones later; a bounded number at a time."""
    ended = and_(
        RECEIVED.c.state.in_(["done", "refused"]),
        RECEIVED.c.finished_at < tx.now - timedelta(days=KEEP_DAYS),
    )
    parked = and_(
        RECEIVED.c.state == "parked", RECEIVED.c.finished_at < tx.now - timedelta(days=KEEP_PARKED_DAYS)
    )
    old = select(*_KEY).where(or_(ended, parked)).limit(PRUNE_AT_ONCE)
    return tx.connection.execute(delete(RECEIVED).where(tuple_(*_KEY).in_(old))).rowcount


def _key(cause: str) -> dict[str, str]:
    platform, _, rest = cause.partition("/")
    tenant, _, dedupe_key = rest.partition("/")
    return {"of_platform": platform, "of_tenant": tenant, "of_key": dedupe_key}


def _received(row: Any) -> Received:
    return Received(
        platform=row.platform,
        tenant=row.tenant,
        dedupe_key=row.dedupe_key,
        kind=row.kind,
        sender=row.sender,
        address_kind=row.address_kind,
        address=row.address,
        door=row.door,
        body=row.body,
        received_at=row.received_at,
        state=row.state,
    )
