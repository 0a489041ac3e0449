"""The outbox: events written in the commit of what they tell, and the relay that sends them afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from google.protobuf.message import Message
from sqlalchemy import Connection, bindparam, delete, func, not_, select, update
from sqlalchemy.exc import SQLAlchemyError

from services.kit import telemetry
from services.kit.bulk import Bulk, Prepared, inserting, overlapping
from services.kit.database import Database
from services.kit.errors import KuguanError
from services.kit.events import Announcement, Broker
from services.kit.ids import new_id
from services.kit.moments import microseconds
from services.kit.tables import AGGREGATES, OUTBOX

log = structlog.get_logger("kuguan.outbox")

BATCH = 256
KEEP_SENT_DAYS = 30
PRUNE_AT_ONCE = 5_000
_IDLE_SECONDS = 1.0
_MARK_SECONDS = 0.05
_LOCK_SECONDS = 60.0
_insert = inserting(OUTBOX, without=("sequence", "sent_at", "generation"))
_last = Prepared(select(AGGREGATES.c.aggregate, AGGREGATES.c.last_sequence), AGGREGATES.c.aggregate)
_advance = Bulk(
    "INSERT INTO aggregates (aggregate, last_sequence) SELECT * FROM {rows} WHERE true"
    " ON CONFLICT (aggregate) DO UPDATE SET last_sequence = excluded.last_sequence",
    ("TEXT", "BIGINT"),
)
_mark = Bulk(
    "UPDATE outbox SET sent_at = given.column3 FROM {rows}"
    " WHERE sequence = given.column1 AND generation = given.column2",
    ("BIGINT", "INTEGER", "BIGINT"),
)
# SQLite would read the whole table where statistics of its first days call it small.
_unsent = Prepared(
    select(OUTBOX)
    .with_hint(OUTBOX, "INDEXED BY outbox_unsent", "sqlite")
    .where(OUTBOX.c.sent_at.is_(None), not_(OUTBOX.c.sequence.between(bindparam("first"), bindparam("last"))))
    .order_by(OUTBOX.c.sequence)
    .limit(bindparam("batch"))
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an aggregate, not yet written down."""

    message: Message
    aggregate: str
    trace: str


def append(connection: Connection, events: Sequence[Event], now: datetime) -> int:
    """Write events in the order they happened, each with the next sequence of its aggregate."""
    if not events:
        return 0
    names = sorted({event.aggregate for event in events})
    last = dict.fromkeys(names, 0)
    last.update(_last(connection, names))
    rows = []
    milliseconds, moment = int(now.timestamp() * 1000), microseconds(now)
    for event in events:
        last[event.aggregate] += 1
        rows.append(
            (
                new_id(milliseconds),
                event.message.DESCRIPTOR.full_name,
                event.aggregate,
                last[event.aggregate],
                event.message.SerializeToString(),
                event.trace,
                moment,
            )
        )
    with overlapping(connection, len(rows)):
        _advance(connection, list(last.items()))
        _insert(connection, rows)
    return len(rows)


def unsent(
    connection: Connection, batch: int = BATCH, known: Collection[int] = frozenset()
) -> list[Announcement]:
    """The oldest events that are not marked as sent (R10: never "newer than the last one").

    Rows that are ``known`` to be sent are left out: their mark is still to come.
    """
    first, last = (min(known), max(known)) if known else (0, 0)
    if last - first + 1 == len(known):
        # Nothing else can be among them: the database leaves them out.
        return [_announcement(row) for row in _unsent(connection, batch=batch, first=first, last=last)]
    rows = _unsent(connection, batch=batch + len(known), first=0, last=0)
    return [_announcement(row) for row in rows if row.sequence not in known][:batch]


def mark_sent(connection: Connection, events: Sequence[Announcement], now: datetime) -> None:
    """Remember that the broker has the events; one that is to be sent again meanwhile stays unsent."""
    moment = microseconds(now)
    _mark(connection, [(event.row, event.generation, moment) for event in events])


def republish(connection: Connection, since: datetime) -> int:
    """Send the events of a time again, for a broker that lost them; they keep their event ids."""
    statement = update(OUTBOX).where(OUTBOX.c.created_at >= since, OUTBOX.c.sent_at.is_not(None))
    again = statement.values(sent_at=None, generation=OUTBOX.c.generation + 1)
    return connection.execute(again).rowcount


def prune(connection: Connection, now: datetime) -> int:
    """Forget events that were sent long ago, a bounded number at a time."""
    old = (
        select(OUTBOX.c.sequence)
        .where(OUTBOX.c.sent_at < now - timedelta(days=KEEP_SENT_DAYS))
        .order_by(OUTBOX.c.sequence)
        .limit(PRUNE_AT_ONCE)
    )
    return connection.execute(delete(OUTBOX).where(OUTBOX.c.sequence.in_(old))).rowcount


def backlog(connection: Connection) -> tuple[int, datetime | None]:
    """How many events wait to be sent, and since when the oldest waits."""
    where = OUTBOX.c.sent_at.is_(None)
    row = connection.execute(select(func.count(), func.min(OUTBOX.c.created_at)).where(where)).one()
    return row[0], row[1]


def _announcement(row: Any) -> Announcement:
    return Announcement(
        row=row.sequence,
        event_id=row.event_id,
        event_type=row.event_type,
        aggregate=row.aggregate,
        aggregate_sequence=row.aggregate_sequence,
        payload=row.payload,
        trace=row.trace,
        time=row.created_at,
        generation=row.generation,
    )


class Relay:
    """The one sender of a service: unsent rows, in order, in batches with one acknowledgement."""

    def __init__(self, database: Database, broker: Broker, writer: Any, reader: Any) -> None:
        self._database = database
        self._broker = broker
        self._writer = writer
        self._reader = reader
        self._wake = asyncio.Event()
        # Takes the lock and gives it back: for a database that does not answer, the event loop would wait.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"{database.service}-relay")
        # What the broker has and is not marked yet: the mark waits for a quiet moment or a full batch, so
        # that whoever waits for the next change does not wait for a commit that nobody waits for. Were it
        # lost, the events would be sent again and fall out as repeats.
        self._sent: list[Announcement] = []
        # What was read while the broker stored what comes before it.
        self._next: list[Announcement] = []

    def wake(self) -> None:
        """Look for unsent events now instead of at the next round."""
        self._wake.set()

    async def run(self) -> None:
        """Relay until cancelled; whatever is away for a while makes events late, never lost."""
        try:
            await self._relay()
        finally:
            # The writer ends after what is queued; nobody waits here for the last marks.
            with suppress(KuguanError):
                if self._sent:
                    self._queue_mark()
            self._thread.shutdown(wait=False)

    async def _relay(self) -> None:
        pause = 0.1
        while True:
            try:
                async with self._turn() as mine:
                    # A lock is lost with its connection and nobody tells: it is taken anew now and then.
                    ends = time.monotonic() + _LOCK_SECONDS
                    # Somebody else may have sent it meanwhile, or what comes before it was not taken.
                    self._next = []
                    while mine and time.monotonic() < ends:
                        pause = 0.1
                        if not await self._send_some():
                            await self._rest()
                    if self._sent:
                        await self._mark()
                if not mine:
                    await asyncio.sleep(2 * _IDLE_SECONDS)
            except (KuguanError, SQLAlchemyError) as error:
                # The broker is away, the readers are busy, the database was restarted: later, not never.
                telemetry.RELAY_FAILURES.labels(self._database.service).inc()
                log.warning("events wait", service=self._database.service, reason=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[bool]:
        """Whether this process relays now. Who is cancelled leaves the lock behind for nobody: the thread
        gives back what it was taking, though nobody waits for it."""
        loop, lock = asyncio.get_running_loop(), self._database.relay_lock()
        try:
            yield await asyncio.shield(loop.run_in_executor(self._thread, lock.__enter__))
        finally:
            await asyncio.shield(loop.run_in_executor(self._thread, lock.__exit__, None, None, None))

    async def _rest(self) -> None:
        """Until something is written; what was sent is marked once nothing more comes for a moment."""
        try:
            # Not wait_for, which can swallow a cancellation, and makes a task each time.
            async with asyncio.timeout(_MARK_SECONDS if self._sent else _IDLE_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            if self._sent:
                await self._mark()
        self._wake.clear()

    async def _send_some(self) -> int:
        """Send a batch; meanwhile the one before it is marked and the one behind it is read."""
        events, self._next = self._next or await self._unsent(), []
        if not events:
            return 0
        work: list[Awaitable[Any]] = [self._broker.publish(events)]
        if len(events) == BATCH:
            work.append(self._unsent(events))
        if len(self._sent) >= BATCH:
            work.append(self._mark())
        # All of it ends before anything is tried again.
        done: list[Any] = await asyncio.gather(*work, return_exceptions=True)
        for outcome in done:
            if isinstance(outcome, BaseException):
                raise outcome
        self._sent.extend(events)
        if len(events) == BATCH:
            self._next = done[1]
        return len(events)

    async def _unsent(self, sending: Sequence[Announcement] = ()) -> list[Announcement]:
        known = frozenset(event.row for event in (*self._sent, *sending))
        found: list[Announcement] = await self._reader.look(
            lambda connection: unsent(connection, BATCH, known)
        )
        return found

    async def _mark(self) -> None:
        marked = len(self._sent)
        await self._queue_mark()
        del self._sent[:marked]

    def _queue_mark(self) -> Awaitable[None]:
        events = list(self._sent)
        queued: Awaitable[None] = self._writer.act(lambda tx: mark_sent(tx.connection, events, tx.now))
        return queued
