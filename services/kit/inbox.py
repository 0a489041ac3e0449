"""The inbox: each event heard is applied once, in its aggregate's order, or parked with its reason."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import structlog
from google.protobuf.descriptor_pool import Default as default_pool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from services.kit import observe, telemetry
from services.kit.bulk import Bulk, Prepared, inserting, microseconds
from services.kit.changes import Transaction
from services.kit.database import Database
from services.kit.errors import InvalidInput, KuguanError
from services.kit.events import Broker, BrokerDown
from services.kit.nats_library import Msg, NatsError
from services.kit.tables import ATTEMPTS, HEARD, INBOX, PARKED
from services.kit.writing import Writer

log = structlog.get_logger("kuguan.inbox")

Reaction = Callable[[Transaction, Any], None]

TRIES = 8
PAUSES = (1, 2, 5, 15, 60, 300, 300, 300)
GAP_PAUSE_SECONDS = 1
GAP_ALARM_SECONDS = 60
IN_PROGRESS_SECONDS = 2.0
KEEP_DAYS = 45
_PRUNE_AT_ONCE = 5_000
_REASON_LENGTH = 500
_last = Prepared(
    select(HEARD.c.last_sequence).where(
        HEARD.c.source == bindparam("source"), HEARD.c.aggregate == bindparam("aggregate")
    )
)
_parked = Prepared(
    select(PARKED.c.event_id)
    .where(PARKED.c.source == bindparam("source"), PARKED.c.aggregate == bindparam("aggregate"))
    .limit(1)
)
_applied = inserting(INBOX)
_advance = Bulk(
    "INSERT INTO heard (source, aggregate, last_sequence) SELECT * FROM {rows} WHERE true"
    " ON CONFLICT (source, aggregate) DO UPDATE SET last_sequence = excluded.last_sequence",
    ("TEXT", "TEXT", "BIGINT"),
)
# From 1 on, and small enough for the column that remembers it.
_SEQUENCE = re.compile(r"[1-9][0-9]{0,17}")


class Outcome(Enum):
    """What became of an event that was heard."""

    APPLIED = "applied"
    REPEATED = "repeated"
    EARLY = "early"
    PARKED = "parked"


@dataclass(eq=False)
class CannotRead(InvalidInput):
    """The event cannot be understood by this version; it is parked, never thrown away."""

    problem: str


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as it came from the broker."""

    event_id: str
    event_type: str
    source: str
    aggregate: str
    sequence: int
    payload: bytes
    headers: Mapping[str, str]

    @property
    def trace(self) -> str:
        """The trace in which it happened; empty if nobody follows it."""
        return observe.checked(self.headers.get(observe.TRACEPARENT, ""))

    @classmethod
    def of(cls, message: Msg) -> Heard:
        """Read the attributes; the subject, which the broker guards, must agree with them."""
        headers = message.headers or {}
        event_type, aggregate = headers.get("ce-type", ""), headers.get("ce-subject", "")
        sequence = headers.get("ce-sequence", "")
        well_formed = _SEQUENCE.fullmatch(sequence) and headers.get("ce-id")
        if not well_formed or message.subject != f"{event_type}.{aggregate}":
            return cls(
                headers.get("ce-id") or f"unreadable-{message.metadata.sequence.stream}",
                "",
                "",
                "",
                0,
                message.data,
                headers,
            )
        return cls(
            headers["ce-id"],
            event_type,
            event_type.rpartition(".")[0],
            aggregate,
            int(sequence),
            message.data,
            headers,
        )


def read(event: Heard) -> Message:
    """The event's message; raises CannotRead for an unknown type or a broken payload."""
    try:
        kind = GetMessageClass(default_pool().FindMessageTypeByName(event.event_type))
        return kind.FromString(event.payload)
    except (KeyError, DecodeError) as error:
        raise CannotRead(f"{type(error).__name__}: {event.event_type or 'no event type'}") from error


def apply(tx: Transaction, reactions: Mapping[str, Reaction], event: Heard) -> Outcome:
    """One reaction in one transaction: check the order, do the effect, remember the event (R12, R13)."""
    if not event.event_type:
        return park(tx.connection, event, "the attributes do not fit the subject", tx.now)
    last = last_heard(tx.connection, event.source, event.aggregate)
    if event.sequence <= last:
        return Outcome.REPEATED
    if blocked(tx.connection, event):
        return park(tx.connection, event, "an earlier event of the same aggregate is parked", tx.now)
    if event.sequence > last + 1:
        return Outcome.EARLY
    message = read(event)
    tx.trace = tx.trace or event.trace
    reaction = reactions.get(event.event_type)
    if reaction is not None:
        reaction(tx, message)
    remember(tx, event)
    return Outcome.APPLIED


def remember(tx: Transaction, event: Heard) -> None:
    """Write down that the event was applied; its id is unique, so that it cannot be applied twice."""
    _applied(tx.connection, [(event.event_id, event.event_type, microseconds(tx.now))])
    _advance(tx.connection, [(event.source, event.aggregate, event.sequence)])


def last_heard(connection: Connection, source: str, aggregate: str) -> int:
    """The sequence of the last event applied of an aggregate; 0 before the first."""
    found = _last(connection, source=source, aggregate=aggregate)
    return int(found[0].last_sequence) if found else 0


def blocked(connection: Connection, event: Heard) -> bool:
    """Whether an event of the same aggregate is parked."""
    return bool(_parked(connection, source=event.source, aggregate=event.aggregate))


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
    old = select(INBOX.c.event_id).where(INBOX.c.applied_at < before).limit(_PRUNE_AT_ONCE)
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
            # Queued together they share one commit; the writer keeps their order.
            await asyncio.gather(*[_while_saying_so(message, self._handle(message)) for message in messages])

    async def _handle(self, message: Msg) -> None:
        event = Heard.of(message)
        try:
            with observe.span(f"hear {event.event_type}", event.trace, kind="CONSUMER") as place:
                outcome = await self._writer.act(lambda tx: apply(tx, self._reactions, event), trace=place)
        except Exception as error:  # noqa: BLE001 - counted, tried again and parked in the end
            await self._failed(message, event, error)
            return
        telemetry.INBOX_HANDLED.labels(self._service, event.event_type, outcome.value).inc()
        key = (event.source, event.aggregate)
        if outcome is Outcome.EARLY:
            self._watch_gap(key, event)
            await _answer(message.nak(delay=GAP_PAUSE_SECONDS))
        elif outcome is Outcome.PARKED:
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
        reason = f"{type(error).__name__}: {error}"
        at_once = isinstance(error, CannotRead)
        try:
            count = await self._writer.act(
                lambda tx: record_failure(tx, self._database, event, reason, at_once)
            )
        except KuguanError as unwritten:
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


async def _while_saying_so(message: Msg, work: Coroutine[Any, Any, None]) -> None:
    """Work on an event and tell the broker now and then that it is still being worked on."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=IN_PROGRESS_SECONDS))[0]:
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
