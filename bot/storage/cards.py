"""Cards that were shown: whose, about what, with which finished request, and where to find each copy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from bot.storage.tables import CARDS
from services.kit.bulk import Change, Prepared, adding
from services.kit.changes import Transaction
from services.kit.errors import VersionChanged

SUPERSEDED = "superseded"
"""The state of a card of which the same person has a newer copy."""
NOT_SAVED = datetime(1970, 1, 1, tzinfo=UTC)


_one = Prepared(select(CARDS).where(CARDS.c.id == bindparam("card_id")))
_copies = Prepared(
    select(CARDS.c.id, CARDS.c.person)
    .where(CARDS.c.subject == bindparam("about"))
    .order_by(CARDS.c.created_at, CARDS.c.id)
)
_older = Prepared(
    select(CARDS)
    .where(
        CARDS.c.subject == bindparam("about"),
        CARDS.c.person == bindparam("whose"),
        CARDS.c.kind == bindparam("of_kind"),
        CARDS.c.state == "open",
        CARDS.c.id != bindparam("newest"),
    )
    .order_by(CARDS.c.created_at, CARDS.c.id)
)
_known = Prepared(select(CARDS.c.version, CARDS.c.created_at).where(CARDS.c.id == bindparam("card_id")))
_add = adding(CARDS)
_change = Change(
    update(CARDS).where(CARDS.c.id == bindparam("card_id")), [column.name for column in CARDS.columns]
)


@dataclass(frozen=True, slots=True)
class CardRow:
    """One copy of a card. ``request`` is the finished request that a tap sends, ``reference`` what the
    channel needs to find the copy again, ``shown`` what it shows there; version and times are given by
    ``save``."""

    id: str
    person: str
    kind: str
    subject: str
    data: dict[str, Any]
    request: bytes = b""
    state: str = "open"
    platform: str = ""
    reference: dict[str, Any] | None = None
    version: int = 1
    created_at: datetime = NOT_SAVED
    updated_at: datetime = NOT_SAVED
    shown: str = ""


def save(tx: Transaction, row: CardRow) -> CardRow:
    """Keep a card or put it in the place of the one with its id; the kept one has the next version."""
    known = _known(tx.connection, card_id=row.id)
    if not known:
        saved = replace(row, version=1, created_at=tx.now, updated_at=tx.now)
        _add(tx.connection, **_values(saved))
        return saved
    saved = replace(row, version=known[0].version + 1, created_at=known[0].created_at, updated_at=tx.now)
    _change(tx.connection, card_id=row.id, **_values(saved))
    return saved


def save_if_open(tx: Transaction, row: CardRow) -> None:
    """Keep a card that nobody has closed meanwhile; raises VersionChanged if somebody has."""
    newest = get(tx.connection, row.id)
    if newest is None or (newest.kind, newest.state) != (row.kind, row.state):
        raise VersionChanged("card", row.id)
    save(tx, row)


def has_moved_on(newest: CardRow, seen: CardRow) -> bool:
    """Whether another tap has changed what a card is about since it was seen."""
    return (newest.kind, newest.state, newest.data) != (seen.kind, seen.state, seen.data)


def end(tx: Transaction, card_id: str, state: str) -> None:
    """Close a card that is in a state; nothing happens where it is not."""
    waiting = update(CARDS).where(CARDS.c.id == card_id, CARDS.c.state == state)
    tx.connection.execute(waiting.values(state="closed"))


def get(connection: Connection, card_id: str) -> CardRow | None:
    """The card with an id."""
    found = _one(connection, card_id=card_id)
    return CardRow(**found[0]._asdict()) if found else None


def copies(connection: Connection, subject: str) -> list[tuple[str, str]]:
    """Every copy of every card about something, oldest first: its id and whose it is."""
    return [(row.id, row.person) for row in _copies(connection, about=subject)]


def supersede(tx: Transaction, row: CardRow) -> list[CardRow]:
    """Take the place of the person's older open copies about the same thing; returns those, as they are now.

    They keep showing what became of it, but only the newest copy is there to be tapped.
    """
    if not row.subject:
        return []
    found = _older(tx.connection, about=row.subject, whose=row.person, of_kind=row.kind, newest=row.id)
    older = [CardRow(**one._asdict()) for one in found]
    return [save(tx, replace(one, state=SUPERSEDED)) for one in older]


def newest_open(connection: Connection, person: str, since: datetime) -> CardRow | None:
    """The card that a person was shown last, if it is open; None if a later one took the attention."""
    newest = (
        select(CARDS)
        .where(CARDS.c.person == person, CARDS.c.created_at >= since)
        .order_by(CARDS.c.created_at.desc(), CARDS.c.id.desc())
        .limit(1)
    )
    row = connection.execute(newest).first()
    return _card(row) if row is not None and row.state == "open" else None


def open_hand_overs(connection: Connection, person: str) -> list[CardRow]:
    """A person's open cards to carry out a document, at most one of each document is open."""
    found = select(CARDS).where(
        CARDS.c.person == person, CARDS.c.kind == "hand_over", CARDS.c.state == "open"
    )
    return [_card(row) for row in connection.execute(found.order_by(CARDS.c.created_at, CARDS.c.id))]


def open_wishes(connection: Connection, person: str, since: datetime) -> list[CardRow]:
    """A person's own cards that wait for their confirmation, the newest first."""
    found = (
        select(CARDS)
        .where(
            CARDS.c.person == person,
            CARDS.c.created_at >= since,
            CARDS.c.state == "open",
            CARDS.c.kind.in_(["request", "withdrawal", "delegation", "binding"]),
        )
        .order_by(CARDS.c.created_at.desc(), CARDS.c.id.desc())
    )
    return [_card(row) for row in connection.execute(found)]


def open_of_kind(connection: Connection, person: str, kind: str, since: datetime) -> list[CardRow]:
    """A person's open cards of one kind, the newest first."""
    found = select(CARDS).where(
        CARDS.c.person == person,
        CARDS.c.created_at >= since,
        CARDS.c.state == "open",
        CARDS.c.kind == kind,
    )
    return [_card(row) for row in connection.execute(found.order_by(CARDS.c.created_at.desc()))]


def open_about(connection: Connection, person: str, digits: str) -> CardRow | None:
    """A person's newest open card to carry out a document, by the digits of its name."""
    found = (
        select(CARDS)
        .where(
            CARDS.c.person == person,
            CARDS.c.kind == "hand_over",
            CARDS.c.state == "open",
            CARDS.c.subject.like(f"__{digits}"),
        )
        .order_by(CARDS.c.created_at.desc(), CARDS.c.id.desc())
        .limit(1)
    )
    row = connection.execute(found).first()
    return None if row is None else _card(row)


def open_elsewhere(connection: Connection, platform: str, after: str, limit: int) -> list[CardRow]:
    """Open cards that other platforms than this one show, in the order of their ids, after one of them."""
    found = select(CARDS).where(
        CARDS.c.state == "open",
        CARDS.c.platform.not_in(["", platform]),
        CARDS.c.id > after,
    )
    return [_card(row) for row in connection.execute(found.order_by(CARDS.c.id).limit(limit))]


def _values(card: CardRow) -> dict[str, Any]:
    return {name: getattr(card, name) for name in CardRow.__slots__}


def _card(row: Row[Any]) -> CardRow:
    return CardRow(**row._mapping)
