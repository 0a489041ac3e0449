"""The writer: every change of a service, one after the other, many in one durable commit.

A command is a plain synchronous function. The writer thread owns the only writing connection, gives each
command a savepoint, answers repeats from the stored answers, and flushes events, answers and audit rows once
for the whole group before the commit. Callers are answered after the commit and never before.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from google.protobuf.message import Message
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from services.kit import audit, outbox, telemetry
from services.kit.access import NOBODY, SYSTEM, Caller
from services.kit.bulk import Prepared, drive, inserting
from services.kit.changes import Command, Response, Transaction
from services.kit.database import Database, should_run_again
from services.kit.errors import InternalFault, KuguanError, RequestIdReused, TooBusy, Unreachable
from services.kit.jobs import Job, Parcel, job_for, jobs_for
from services.kit.lingering import Lingering
from services.kit.moments import microseconds
from services.kit.tables import REQUESTS

Result = TypeVar("Result")

log = structlog.get_logger("kuguan.writer")

_stored = Prepared(select(REQUESTS.c.request_id, REQUESTS.c.digest, REQUESTS.c.answer), REQUESTS.c.request_id)
_remember = inserting(REQUESTS)
_RUNS = 4
_REFUSED_SECONDS = 10.0


class _HotCommandError(Exception):
    """A fault of ours in a hot command: it has no savepoint, so the group is run again, each by itself."""


@dataclass(frozen=True)
class Limits:
    """How much the writer takes at once."""

    queued: int = 8192
    group: int = 512
    linger_seconds: float = 0.002
    lingers: int = 6
    # With all of those who lately waited it need not linger any longer; with a gate, with some of them.
    enough: float = 1.0
    # Fewer than these in a group are a person's steps, and nobody is coming behind them.
    crowd: int = 4


class Writer:
    """One thread that runs every change of a service."""

    def __init__(
        self,
        database: Database,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        limits: Limits = Limits(),
        on_events: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._loop = loop
        self._clock = clock
        self._limits = limits
        self._on_events = on_events
        self._parcels: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
        self.waiting = 0
        self._parcels_waiting = 0
        self._lingering = Lingering(limits.linger_seconds, limits.lingers, limits.enough)
        self._listeners: list[tuple[str, Callable[[], None]]] = []
        # The bound because of which no commands are taken, such as a full disk; events and timers go on.
        self.refusing = ""
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name=f"{database.service}-writer", daemon=True)
        self._thread.start()

    def submit(
        self, command: Command[Any, Response], request: Message, caller: Caller, trace: str = ""
    ) -> asyncio.Future[Response]:
        """Queue a command; the future is done after the commit. Raises TooBusy over the bound."""
        self._check_bound(1)
        try:
            job = job_for(command, request, caller, trace)
        except KuguanError as refused:
            self._count_refused(command, refused)
            raise
        return self._queue([job])

    async def submit_many(
        self, command: Command[Any, Response], requests: Sequence[Message], caller: Caller, trace: str = ""
    ) -> list[bytes | KuguanError]:
        """Queue many independent commands; each has its own refusal or, serialised, its own answer, in the
        order asked."""
        self._check_bound(len(requests))
        outcomes = jobs_for(command, requests, caller, trace)
        jobs: list[Job] = []
        for outcome in outcomes:
            if isinstance(outcome, Job):
                jobs.append(outcome)
            else:
                self._count_refused(command, outcome)
        if jobs:
            await asyncio.shield(self._queue(jobs, all_answers=True))
        return [outcome.outcome if isinstance(outcome, Job) else outcome for outcome in outcomes]

    def act(
        self, action: Callable[[Transaction], Result], caller: Caller = SYSTEM, trace: str = ""
    ) -> asyncio.Future[Result]:
        """Queue an action of the service itself: a reaction, a timer, a mark of the relay.

        Raises TooBusy once the writer is stopping: nobody would ever run it.
        """
        if self._stopping:
            raise TooBusy("writer_stopping", 0.5)
        return self._queue([Job(None, caller, trace, time.perf_counter(), action=action)])

    def listen(self, topic: str, listener: Callable[[], None]) -> None:
        """Call a listener in the event loop after commits that touched a topic; it must not block."""
        self._listeners.append((topic, listener))

    async def stop(self) -> None:
        """Finish what is queued, then end the thread."""
        self._stopping = True
        self._parcels.put(None)
        await asyncio.to_thread(self._thread.join)

    def _check_bound(self, more: int) -> None:
        is_full = self._stopping or self.waiting + more > self._limits.queued
        if is_full or self.refusing:
            limit = self.refusing or "writer_queue"
            telemetry.SHED.labels(reason=limit).inc()
            raise TooBusy(limit, _REFUSED_SECONDS if self.refusing else 0.5)

    def _queue(self, jobs: list[Job], *, all_answers: bool = False) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        self.waiting += len(jobs)
        self._parcels.put(Parcel(jobs, future, all_answers))
        self._parcels_waiting += 1
        self._lingering.arrived(self._parcels_waiting, self._parcels.qsize())
        return future

    def _work(self) -> None:
        busy, open_ = False, True
        while open_:
            parcels, open_ = self._gather(busy)
            group = [job for parcel in parcels for job in parcel.jobs]
            busy = len(group) >= self._limits.crowd
            if group:
                topics = self._run(group)
                self._loop.call_soon_threadsafe(self._resolve, parcels, len(group), topics)

    def _gather(self, busy: bool) -> tuple[list[Parcel], bool]:
        """The next group: at once when idle or when it is full, lingering a little to fill it when busy."""
        first = self._parcels.get()
        if first is None:
            return [], False
        parcels, size = [first], len(first.jobs)
        if busy and size < self._limits.group:
            self._lingering.wait(self._parcels.qsize, self._limits.group)
        while size < self._limits.group:
            try:
                parcel = self._parcels.get_nowait()
            except queue.Empty:
                break
            if parcel is None:
                return parcels, False
            parcels.append(parcel)
            size += len(parcel.jobs)
        return parcels, True

    def _resolve(self, parcels: list[Parcel], size: int, topics: set[str]) -> None:
        """Tell the callers, in the event loop, after the commit."""
        self.waiting -= size
        self._parcels_waiting -= len(parcels)
        for parcel in parcels:
            if parcel.future.done():
                continue
            result = None if parcel.all_answers else parcel.jobs[0].result
            if isinstance(result, BaseException):
                parcel.future.set_exception(result)
                # A caller that went away must not leave a complaint about an error nobody fetched.
                parcel.future.exception()
            else:
                parcel.future.set_result(result)
        for topic, listener in self._listeners:
            if topic in topics:
                listener()

    def _run(self, group: list[Job]) -> set[str]:
        """Run a group, again where the database asks for it; returns the topics that were touched."""
        for attempt in range(_RUNS):
            try:
                events, topics = self._run_in_one_commit(group)
            except DBAPIError as error:
                if attempt + 1 < _RUNS and should_run_again(error):
                    continue
                log.exception("commit failed", service=self._database.service, commands=len(group))
                _fail(group, Unreachable())
            except Exception:  # If the thread ended here, every caller would wait for ever.
                log.exception("group failed", service=self._database.service, commands=len(group))
                _fail(group, InternalFault())
            else:
                if events:
                    self._on_events()
                self._count(group)
                return topics
            break
        return set()

    def _run_in_one_commit(self, group: list[Job]) -> tuple[int, set[str]]:
        """Run all jobs in one commit; returns how many events were announced, and the topics."""
        try:
            return self._run_once(group, hot_together=True)
        except _HotCommandError:
            return self._run_once(group, hot_together=False)

    def _run_once(self, group: list[Job], *, hot_together: bool) -> tuple[int, set[str]]:
        with self._database.group() as connection:
            tx = Transaction(connection, self._clock())
            answers = _stored_answers(connection, group)
            fresh: list[Job] = []
            together: list[Job] = []
            waiting_ids: set[str] = set()
            for job in group:
                job.result, job.stored = None, b""
                if together and (job.command is not together[0].command or job.request_id in waiting_ids):
                    self._run_together(tx, together, answers, fresh)
                    together = []
                    waiting_ids.clear()
                if _answered(job, answers):
                    continue
                if hot_together and job.command is not None and job.command.in_groups:
                    together.append(job)
                    waiting_ids.add(job.request_id or str(id(job)))
                else:
                    _run_alone(tx, job, answers, fresh)
            if together:
                self._run_together(tx, together, answers, fresh)
            _store_answers(tx, fresh)
            audit.append(connection, tx.records)
            return outbox.append(connection, tx.events, tx.now), tx.topics

    def _run_together(
        self, tx: Transaction, jobs: list[Job], answers: dict[str, Any], fresh: list[Job]
    ) -> None:
        """Run a hot command once for all its requests; raises _HotCommandError if it fails as a whole."""
        command = jobs[0].command
        assert command is not None
        tx.caller, tx.request_id, tx.trace = NOBODY, "", ""
        try:
            results = command.function(tx, jobs)
            assert len(results) == len(jobs), "one answer for each request"
        except Exception as error:
            if isinstance(error, DBAPIError) and should_run_again(error):
                raise
            if len(jobs) > 1:
                log.exception("group command failed, running one by one", command=command.name)
            raise _HotCommandError from error
        for job, result in zip(jobs, results, strict=True):
            _settle(job, result, answers, fresh)

    def _count_refused(self, command: Command[Any, Any], refused: KuguanError) -> None:
        """Count what was refused before its turn."""
        telemetry.COMMANDS.labels(self._database.service, command.name, refused.reason).inc()

    def _count(self, group: list[Job]) -> None:
        """Count outcomes once a group; its oldest command stands for how long they took."""
        asked = [job for job in group if job.command is not None]
        outcomes = Counter(
            (job.name, job.result.reason if isinstance(job.result, KuguanError) else "done") for job in asked
        )
        for (command, outcome), times in outcomes.items():
            telemetry.COMMANDS.labels(self._database.service, command, outcome).inc(times)
        if asked:
            took = time.perf_counter() - asked[0].started
            telemetry.COMMAND_SECONDS.labels(self._database.service).observe(took)


def _stored_answers(connection: Connection, group: list[Job]) -> dict[str, Any]:
    """What was answered before to the request ids of the group."""
    ids = [job.request_id for job in group if job.request_id]
    return {request_id: (digest, answer) for request_id, digest, answer in _stored(connection, ids)}


def _answered(job: Job, answers: dict[str, Any]) -> bool:
    """Whether the job is a repeat; then it gets the first answer, or an error if its content differs."""
    known = answers.get(job.request_id) if job.request_id else None
    if known is None:
        return False
    digest, answer = known
    if digest != job.digest:
        job.result = RequestIdReused(job.request_id)
    elif isinstance(answer, Message):
        job.result = answer
    else:
        assert job.command is not None
        job.result = job.command.response.FromString(answer)
    telemetry.REPLAYS.inc()
    return True


def _run_alone(tx: Transaction, job: Job, answers: dict[str, Any], fresh: list[Job]) -> None:
    """Run one job in a savepoint of its own; its refusal harms nobody else."""
    if _answered(job, answers):
        return
    mark = tx.mark()
    tx.caller, tx.request_id, tx.trace = job.caller, job.request_id, job.trace
    drive(tx.connection, "SAVEPOINT alone")
    try:
        if job.command is not None:
            assert job.request is not None
            result = job.command(tx, job.request)
        else:
            assert job.action is not None
            result = job.action(tx)
    except Exception as error:
        if isinstance(error, DBAPIError) and should_run_again(error):
            raise
        drive(tx.connection, "ROLLBACK TO SAVEPOINT alone")
        tx.forget(mark)
        result = error if isinstance(error, KuguanError) else InternalFault()
        if not isinstance(error, KuguanError):
            log.exception("command failed", command=job.name)
            if job.action is not None:
                result = error
        if job.command is not None and job.command.audited:
            tx.audit(job.command.name, job.request_id, result.reason, **result.facts)
    drive(tx.connection, "RELEASE SAVEPOINT alone")
    _settle(job, result, answers, fresh)


def _settle(job: Job, result: Any, answers: dict[str, Any], fresh: list[Job]) -> None:
    job.result = result
    if job.request_id and isinstance(result, Message):
        answers[job.request_id] = (job.digest, result)
        fresh.append(job)


def _store_answers(tx: Transaction, jobs: list[Job]) -> None:
    moment = microseconds(tx.now)
    for job in jobs:
        job.stored = job.result.SerializeToString()
    _remember(tx.connection, [(job.request_id, job.name, job.digest, job.stored, moment) for job in jobs])


def _fail(group: list[Job], error: KuguanError) -> None:
    for job in group:
        job.result = error
