"""The inbox: each event heard is applied once, in its aggregate's order, or parked with its reason."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum
from itertools import groupby
from operator import itemgetter
from typing import Any

import structlog
from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from services.kit import observe, telemetry
from services.kit.bulk import Bulk, Prepared, inserting
from services.kit.changes import GroupReaction, Told, Transaction
from services.kit.database import Database, should_run_again
from services.kit.errors import KuguanError, TooBusy, Unreachable
from services.kit.events import Broker, BrokerDown
from services.kit.heard import CannotRead, Heard, read
from services.kit.moments import microseconds
from services.kit.nats_library import Msg, NatsError
from services.kit.tables import ATTEMPTS, HEARD, INBOX, PARKED
from services.kit.writing import Writer

log = structlog.get_logger("kuguan.inbox")

Reaction = Callable[[Transaction, Any], None]

PAUSES = (1, 2, 5, 15, 60, 300, 300)
# After each pause a try, and one before them all.
TRIES = len(PAUSES) + 1
GAP_PAUSE_SECONDS = 1
GAP_ALARM_SECONDS = 60
IN_PROGRESS_SECONDS = 2.0
KEEP_DAYS = 45
PRUNE_AT_ONCE = 5_000
_REASON_LENGTH = 500
_last = Prepared(
    select(HEARD.c.aggregate, HEARD.c.last_sequence).where(HEARD.c.source == bindparam("source")),
    HEARD.c.aggregate,
)
_parked = Prepared(
    select(PARKED.c.aggregate).where(PARKED.c.source == bindparam("source")), PARKED.c.aggregate
)
_applied = inserting(INBOX)
_advance = Bulk(
    "INSERT INTO heard (source, aggregate, last_sequence) SELECT * FROM {rows} WHERE true"
    " ON CONFLICT (source, aggregate) DO UPDATE SET last_sequence = excluded.last_sequence",
    ("TEXT", "TEXT", "BIGINT"),
)


class Outcome(Enum):
    """What became of an event that was heard."""

    APPLIED = "applied"
    REPEATED = "repeated"
    EARLY = "early"
    PARKED = "parked"


def apply(tx: Transaction, reactions: Mapping[str, Reaction], events: Sequence[Heard]) -> list[Outcome]:
    """Events in one transaction, in the order in which they came: check the order of each aggregate, do the
    effects, remember the events (R12, R13). What fails for one of them is raised for all."""
    last, blocked = _course(tx.connection, events)
    outcomes: list[Outcome] = []
    fresh: list[Heard] = []
    for event in events:
        key = event.source, event.aggregate
        outcome = _judge(tx, event, last.get(key, 0), key in blocked)
        if outcome is Outcome.APPLIED:
            last[key] = event.sequence
            fresh.append(event)
        elif outcome is Outcome.PARKED:
            blocked.add(key)
        outcomes.append(outcome)
    _react(tx, reactions, fresh)
    remember(tx, *fresh)
    return outcomes


def _judge(tx: Transaction, event: Heard, last: int, is_blocked: bool) -> Outcome:
    """What is to become of an event, by its place among those of its aggregate."""
    if not event.event_type:
        return park(tx.connection, event, "the attributes do not fit the subject", tx.now)
    if event.sequence <= last:
        return Outcome.REPEATED
    if is_blocked:
        return park(tx.connection, event, "an earlier event of the same aggregate is parked", tx.now)
    if event.sequence > last + 1:
        return Outcome.EARLY
    return Outcome.APPLIED


def _react(tx: Transaction, reactions: Mapping[str, Reaction], events: Sequence[Heard]) -> None:
    """Do the effects of events; those that stand together and are reacted to in a group, in one go."""
    # All of them are read before anything is done: what cannot be read is told from what fails.
    read_ = [(reactions.get(event.event_type), event, read(event)) for event in events]
    for reaction, some in groupby(read_, key=itemgetter(0)):
        if isinstance(reaction, GroupReaction):
            reaction.function(tx, [Told(message, _place(event)) for _, event, message in some])
            continue
        for _, event, message in some:
            with observe.span(f"hear {event.event_type}", event.trace, kind="CONSUMER") as place:
                tx.trace = place
                if reaction is not None:
                    reaction(tx, message)


def _place(event: Heard) -> str:
    """What an event is told as in traces where its effect is shared with others."""
    with observe.span(f"hear {event.event_type}", event.trace, kind="CONSUMER") as place:
        return place


def remember(tx: Transaction, *events: Heard) -> None:
    """Write down that events were applied; their ids are unique, so that none can be applied twice."""
    moment = microseconds(tx.now)
    _applied(tx.connection, [(event.event_id, event.event_type, moment) for event in events])
    last = {(event.source, event.aggregate): event.sequence for event in events}
    _advance(tx.connection, [(*key, sequence) for key, sequence in last.items()])


def _course(
    connection: Connection, events: Sequence[Heard]
) -> tuple[dict[tuple[str, str], int], set[tuple[str, str]]]:
    """The last sequence applied of each aggregate of some events, and those of which an event is parked."""
    aggregates: dict[str, set[str]] = {}
    for event in events:
        aggregates.setdefault(event.source, set()).add(event.aggregate)
    last: dict[tuple[str, str], int] = {}
    blocked: set[tuple[str, str]] = set()
    for source, names in aggregates.items():
        found = _last(connection, names, source=source)
        last.update(((source, row.aggregate), int(row.last_sequence)) for row in found)
        blocked.update((source, row.aggregate) for row in _parked(connection, names, source=source))
    return last, blocked


def last_heard(connection: Connection, source: str, aggregate: str) -> int:
    """The sequence of the last event applied of an aggregate; 0 before the first."""
    found = _last(connection, [aggregate], source=source)
    return int(found[0].last_sequence) if found else 0


def park(connection: Connection, event: Heard, reason: str, now: datetime) -> Outcome:
    """Set an event aside with its reason; somebody has to look at it."""
    if (
        connection.execute(select(PARKED.c.event_id).where(PARKED.c.event_id == event.event_id)).first()
        is None
    ):
        row = {
            "event_id": event.event_id,
            "event_type": event.event_type,
            "source": event.source,
            "aggregate": event.aggregate,
            "aggregate_sequence": event.sequence,
            "payload": event.payload,
            "headers": json.dumps(dict(event.headers), ensure_ascii=False),
            "reason": reason[:_REASON_LENGTH],
            "parked_at": now,
        }
        connection.execute(insert(PARKED), row)
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.event_id == event.event_id))
    return Outcome.PARKED


def record_failure(tx: Transaction, database: Database, event: Heard, reason: str, at_once: bool) -> int:
    """Count a failed try and park the event after the last; returns the tries so far, 0 when parked."""
    known = tx.connection.execute(
        select(ATTEMPTS.c.count).where(ATTEMPTS.c.event_id == event.event_id)
    ).scalar()
    count = (known or 0) + 1
    if at_once or count >= TRIES:
        park(tx.connection, event, reason, tx.now)
        return 0
    row = {"event_id": event.event_id, "count": count, "reason": reason[:_REASON_LENGTH], "last_at": tx.now}
    database.upsert(ATTEMPTS, [row], tx.connection)
    return count


def parked_count(connection: Connection) -> int:
    """How many events are parked."""
    return connection.execute(select(func.count()).select_from(PARKED)).scalar_one()


def retry_parked(tx: Transaction, reactions: Mapping[str, Reaction]) -> tuple[int, int]:
    """Try all parked events again, in order; returns how many were applied and how many stay parked."""
    applied = kept = 0
    order = (PARKED.c.source, PARKED.c.aggregate, PARKED.c.aggregate_sequence)
    for row in tx.connection.execute(select(PARKED).order_by(*order)).all():
        event = Heard(
            row.event_id,
            row.event_type,
            row.source,
            row.aggregate,
            row.aggregate_sequence,
            row.payload,
            json.loads(row.headers),
        )
        if _apply_parked(tx, reactions, event):
            applied += 1
        else:
            kept += 1
    return applied, kept


def _apply_parked(tx: Transaction, reactions: Mapping[str, Reaction], event: Heard) -> bool:
    last = last_heard(tx.connection, event.source, event.aggregate)
    if not event.event_type or event.sequence > last + 1:
        return False
    mark = tx.mark()
    tx.connection.exec_driver_sql("SAVEPOINT parked")
    try:
        if event.sequence == last + 1:
            message = read(event)
            reaction = reactions.get(event.event_type)
            if reaction is not None:
                reaction(tx, message)
            remember(tx, event)
        tx.connection.execute(delete(PARKED).where(PARKED.c.event_id == event.event_id))
    except Exception as error:  # noqa: BLE001 - it stays parked, with everybody told
        log.warning("parked event failed again", event_id=event.event_id, error=repr(error))
        tx.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT parked")
        tx.forget(mark)
        tx.connection.exec_driver_sql("RELEASE SAVEPOINT parked")
        return False
    tx.connection.exec_driver_sql("RELEASE SAVEPOINT parked")
    return True


def prune(connection: Connection, now: datetime) -> int:
    """Forget the ids of events applied long ago, which live longer than outbox rows (R13), and old tries."""
    before = now - timedelta(days=KEEP_DAYS)
    connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.last_at < before))
    old = select(INBOX.c.event_id).where(INBOX.c.applied_at < before).limit(PRUNE_AT_ONCE)
    return connection.execute(delete(INBOX).where(INBOX.c.event_id.in_(old))).rowcount


class Inbox:
    """Hears the events of a service and applies them through its writer."""

    def __init__(
        self, database: Database, broker: Broker, writer: Writer, reactions: Mapping[str, Reaction]
    ) -> None:
        self._database = database
        self._service = database.service
        self._broker = broker
        self._writer = writer
        self._reactions = reactions
        self._early: dict[tuple[str, str], float] = {}
        # What is tried again holds up the events behind it: they are early, and nothing is missing.
        self._tried_again: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Hear events until cancelled."""
        pull = await self._broker.subscription()
        while True:
            try:
                messages = await pull.next_events()
            except BrokerDown as error:
                log.warning("broker gives no events", service=self._service, reason=str(error))
                await asyncio.sleep(1)
                continue
            if messages:
                await _while_saying_so(messages, self._handle(messages))

    async def _handle(self, messages: Sequence[Msg]) -> None:
        """Apply events in one commit. Where one of them fails they go one by one: it harms no other."""
        events = [Heard.of(message) for message in messages]
        try:
            outcomes = await self._writer.act(lambda tx: apply(tx, self._reactions, events))
        except Exception as error:  # noqa: BLE001 - counted, tried again and parked in the end
            if len(messages) == 1:
                await self._failed(messages[0], events[0], error)
            else:
                # The writer keeps their order.
                await asyncio.gather(*[self._handle([message]) for message in messages])
            return
        for message, event, outcome in zip(messages, events, outcomes, strict=True):
            await self._settle(message, event, outcome)

    async def _settle(self, message: Msg, event: Heard, outcome: Outcome) -> None:
        """Answer the broker after the commit."""
        telemetry.INBOX_HANDLED.labels(self._service, event.event_type, outcome.value).inc()
        key = (event.source, event.aggregate)
        if outcome is Outcome.EARLY:
            self._watch_gap(key, event)
            await _answer(message.nak(delay=GAP_PAUSE_SECONDS))
        elif outcome is Outcome.PARKED:
            self._early.pop(key, None)
            await self._bury(message, event)
        else:
            self._early.pop(key, None)
            self._tried_again.discard(key)
            await _answer(message.ack())

    def _watch_gap(self, key: tuple[str, str], event: Heard) -> None:
        if key in self._tried_again:
            return
        telemetry.GAPS.labels(self._service).inc()
        since = self._early.setdefault(key, time.monotonic())
        if time.monotonic() - since > GAP_ALARM_SECONDS:
            log.error(
                "an event is missing",
                service=self._service,
                source=key[0],
                aggregate=key[1],
                before=event.sequence,
            )

    async def _failed(self, message: Msg, event: Heard, error: Exception) -> None:
        """Try again later, or park: never acknowledge an error, never loop in silence (R15, R16)."""
        log.warning(
            "reaction failed",
            service=self._service,
            event_type=event.event_type,
            event_id=event.event_id,
            error=repr(error),
        )
        if isinstance(error, Unreachable | TooBusy) or (
            isinstance(error, DBAPIError) and should_run_again(error)
        ):
            # Our own database is away or busy: that is no fault of the event, and counts nothing.
            await _answer(message.nak(delay=PAUSES[0]))
            return
        reason = f"{type(error).__name__}: {error}"
        at_once = isinstance(error, CannotRead)
        try:
            count = await self._writer.act(
                lambda tx: record_failure(tx, self._database, event, reason, at_once)
            )
        except (KuguanError, DBAPIError) as unwritten:
            log.warning("failure not written down", service=self._service, error=repr(unwritten))
            await _answer(message.nak(delay=PAUSES[0]))
            return
        key = (event.source, event.aggregate)
        if count:
            self._tried_again.add(key)
            await _answer(message.nak(delay=PAUSES[count - 1]))
        else:
            self._tried_again.discard(key)
            await self._bury(message, event)

    async def _bury(self, message: Msg, event: Heard) -> None:
        telemetry.INBOX_HANDLED.labels(self._service, event.event_type, "parked").inc()
        try:
            await self._broker.publish_dead(event.event_type or "unreadable", event.payload, event.headers)
        except BrokerDown as error:
            # The row in our table is what counts; the copy is a convenience.
            log.warning("no dead letter", service=self._service, error=str(error))
        await _answer(message.term())


async def _while_saying_so(messages: Sequence[Msg], work: Coroutine[Any, Any, None]) -> None:
    """Work on events and tell the broker now and then that they are still being worked on."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=IN_PROGRESS_SECONDS))[0]:
            for message in messages:
                await _answer(message.in_progress())
        await task
    finally:
        task.cancel()


async def _answer(sending: Any) -> None:
    """Tell the broker; if it does not hear, it delivers again and the repeat falls out."""
    try:
        await sending
    except (NatsError, OSError) as error:
        log.warning("broker did not hear the answer", error=repr(error))
