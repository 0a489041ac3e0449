"""What the bot has still to say: an outbox of its own, in order for each person (R20)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Text,
    bindparam,
    case,
    delete,
    func,
    select,
    update,
)

from bot.storage.tables import DELIVERIES
from services.kit.bulk import Change, Prepared, adding, inserting
from services.kit.changes import Transaction
from services.kit.ids import new_id
from services.kit.moments import microseconds

KEEP_DAYS = 30
TRACE = "trace"
QUEUED = "deliveries"
"""The topic touched when something new is to be sent."""
PRUNE_AT_ONCE = 5_000
_ERROR_LENGTH = 500

_WAITING = DELIVERIES.c.state == "waiting"
_RENEWS = case((DELIVERIES.c.kind == "renew", 1), else_=0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something to tell a person. ``key`` makes it once, ``cause`` names the event it answers."""

    sequence: int
    key: str
    person: str
    kind: str
    data: dict[str, Any]
    cause: str
    tries: int
    created_at: datetime


_COLUMNS = [DELIVERIES.c[name] for name in Delivery.__slots__]


_known = Prepared(select(DELIVERIES.c.sequence).where(DELIVERIES.c.key == bindparam("named")))
_add = adding(DELIVERIES, without=("sequence",))
_add_many = inserting(DELIVERIES, without=("sequence",))
_of_person = Prepared(
    select(DELIVERIES.c.sequence, DELIVERIES.c.data).where(
        _WAITING, DELIVERIES.c.person == bindparam("whom"), DELIVERIES.c.kind == "renew"
    )
)
# Two senders may have tried the same one; what has ended stays as it ended.
_sent = Change(
    update(DELIVERIES)
    .where(DELIVERIES.c.sequence == bindparam("place"), _WAITING)
    .values(tries=DELIVERIES.c.tries + 1),
    ["state", "error", "ended_at"],
)
_postpone = Change(
    update(DELIVERIES).where(DELIVERIES.c.sequence == bindparam("place"), _WAITING), ["next_at"]
)
_open = Prepared(
    select(func.count().label("count"))
    .select_from(DELIVERIES)
    .where(_WAITING, DELIVERIES.c.cause == bindparam("caused_by"))
)


def queue(
    tx: Transaction,
    key: str,
    person: str,
    kind: str,
    data: dict[str, Any],
    cause: str = "",
    after: timedelta = timedelta(0),
) -> bool:
    """Remember to say something, at once or ``after`` a while; False if a delivery with the key is already
    known, sent or not."""
    if _known(tx.connection, named=key):
        return False
    row = {
        "key": key,
        "person": person,
        "kind": kind,
        # What is told belongs to the trace of what it is told about.
        "data": {**data, TRACE: tx.trace} if tx.trace else data,
        "cause": cause,
        "state": "waiting",
        "tries": 0,
        "error": "",
        "created_at": tx.now,
        "next_at": tx.now + after,
        "ended_at": None,
    }
    _add(tx.connection, **row)
    tx.touch(QUEUED)
    return True


def queue_renewals(tx: Transaction, copies: Iterable[tuple[str, str]], after: timedelta) -> None:
    """Remember to bring copies of cards to their true state; each is a card's id and whose it is."""
    now, then = microseconds(tx.now), microseconds(tx.now + after)
    trace = {TRACE: tx.trace} if tx.trace else {}
    rows = [
        (
            f"renew-{new_id()}",
            person,
            "renew",
            json.dumps({"card": card, **trace}),
            "",
            "waiting",
            0,
            "",
            now,
            then,
            None,
        )
        for card, person in copies
    ]
    if rows:
        _add_many(tx.connection, rows)
        tx.touch(QUEUED)


def due(connection: Connection, now: datetime, limit: int, flying: Sequence[int] = ()) -> list[Delivery]:
    """What can be sent now, news first: of each person only their oldest, so that nothing overtakes; those
    that are ``flying`` hold their person's place, but not one among the first.

    Only a card's new state, which changes what was sent before, goes beside it: no news waits for that.
    """
    if limit <= 0:
        return []
    if connection.dialect.name == "sqlite":
        rows = _ready(connection, now=now, most=limit, flying=json.dumps(list(flying)))
    else:
        rows = _ready_on_postgresql(connection, now=now, most=limit, flying=list(flying))
    return [Delivery(*row) for row in rows]


def next_due(connection: Connection) -> datetime | None:
    """When something can be sent next, perhaps already; None if nothing waits."""
    heads = _heads()
    first = select(func.min(DELIVERIES.c.next_at)).join(heads, heads.c.first == DELIVERIES.c.sequence)
    return connection.execute(first).scalar()


def renewals(connection: Connection, person: str, card: str) -> list[int]:
    """The sequences of all renewals of a person's card that wait: drawing it once does for all of them."""
    waiting = _of_person(connection, whom=person)
    return [row.sequence for row in waiting if row.data["card"] == card]


def sent(tx: Transaction, *sequences: int) -> None:
    """The channel has them."""
    for sequence in sequences:
        _sent(tx.connection, place=sequence, state="sent", error="", ended_at=tx.now)


def failed(tx: Transaction, sequence: int, error: str, next_at: datetime) -> None:
    """A try failed; the next one is at the time given, and the person's later deliveries wait behind it."""
    _end(tx, sequence, {"error": error[:_ERROR_LENGTH], "next_at": next_at})


def postponed(tx: Transaction, sequence: int, next_at: datetime) -> None:
    """Too much was sent for now: that was no try, and the person's later deliveries wait behind it."""
    _postpone(tx.connection, place=sequence, next_at=next_at)


def given_up(tx: Transaction, sequence: int, error: str) -> None:
    """It can never be sent; what comes behind it may go."""
    _end(tx, sequence, {"state": "given_up", "error": error[:_ERROR_LENGTH], "ended_at": tx.now})


def open_of(connection: Connection, cause: str) -> int:
    """How many deliveries of a cause are neither sent nor given up."""
    return int(_open(connection, caused_by=cause)[0].count)


def prune(tx: Transaction) -> int:
    """Forget what was sent or given up long ago, a bounded number at a time."""
    old = (
        select(DELIVERIES.c.sequence)
        .where(DELIVERIES.c.ended_at < tx.now - timedelta(days=KEEP_DAYS))
        .limit(PRUNE_AT_ONCE)
    )
    return tx.connection.execute(delete(DELIVERIES).where(DELIVERIES.c.sequence.in_(old))).rowcount


def _heads() -> Subquery:
    """The oldest waiting message of each person, and the oldest renewal of a card."""
    return (
        select(func.min(DELIVERIES.c.sequence).label("first"))
        .where(_WAITING)
        .group_by(DELIVERIES.c.person, _RENEWS)
        .subquery()
    )


def _of(heads: Subquery) -> Select[Any]:
    return select(*_COLUMNS).join(heads, heads.c.first == DELIVERIES.c.sequence)


def _end(tx: Transaction, sequence: int, values: dict[str, Any]) -> None:
    where = (DELIVERIES.c.sequence == sequence, _WAITING)
    tries = {"tries": DELIVERIES.c.tries + 1}
    tx.connection.execute(update(DELIVERIES).where(*where).values(values | tries))


def _ready_without(flying: ColumnElement[bool]) -> Prepared:
    return Prepared(
        _of(_heads())
        .where(DELIVERIES.c.next_at <= bindparam("now"), ~flying)
        .order_by(_RENEWS, DELIVERIES.c.sequence)
        .limit(bindparam("most"))
    )


_listed = func.json_each(bindparam("flying", type_=Text())).table_valued("value")
_ready = _ready_without(DELIVERIES.c.sequence.in_(select(_listed.c.value)))
_ready_on_postgresql = _ready_without(
    DELIVERIES.c.sequence == func.any(bindparam("flying", type_=ARRAY(BigInteger())))
)
