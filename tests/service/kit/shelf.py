"""A service that holds nothing but named things: enough to see what the kit does with changes and events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message
from kuguan.stock.v1.events_pb2 import WarehouseCreated
from kuguan.stock.v1.warehouses_pb2 import CreateWarehouseRequest, CreateWarehouseResponse, Warehouse
from sqlalchemy import CheckConstraint, Column, Connection, MetaData, Table, Text, event, insert, select

from services.kit import schema
from services.kit.access import Caller
from services.kit.changes import Asked, Command, Transaction, writes, writes_in_groups
from services.kit.database import Database
from services.kit.errors import Duplicate, InvalidField, KuguanError
from services.kit.reading import Reader
from services.kit.run import KIT_MIGRATIONS
from services.kit.tables import AUDIT, OUTBOX, REQUESTS
from services.kit.writing import Limits, Writer

Result = TypeVar("Result")

METADATA = MetaData()
THINGS = Table(
    "things",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    CheckConstraint("code <> 'impossible'", name="things_possible"),
)
LIXIA = Caller(person="lixia", client="bot")
ZHANGSAN = Caller(person="zhangsan", client="bot")


class Crash(Exception):
    """A fault in a command, which its author did not think of."""


def wanted(code: str, name: str = "", request_id: str = "") -> CreateWarehouseRequest:
    """A request to make a thing; its name says what goes wrong on the way."""
    thing = Warehouse(code=code, name=name)
    return CreateWarehouseRequest(request_id=request_id or f"request-{code}", warehouse=thing)


def _make(tx: Transaction, request: CreateWarehouseRequest) -> CreateWarehouseResponse:
    code, name = request.warehouse.code, request.warehouse.name
    tx.connection.execute(insert(THINGS), {"code": code, "owner": tx.caller.name})
    tx.publish(WarehouseCreated(warehouse=request.warehouse), "shelf")
    tx.audit("create_thing", code, amount="1")
    if name == "refused":
        raise Duplicate("thing", code)
    if name == "crash":
        raise Crash(code)
    if name == "impossible":
        tx.connection.execute(insert(THINGS), {"code": "impossible", "owner": ""})
    return CreateWarehouseResponse(warehouse=request.warehouse)


@writes
def create_thing(tx: Transaction, request: CreateWarehouseRequest) -> CreateWarehouseResponse:
    """Make a thing; whatever its name asks for goes wrong after everything was written."""
    return _make(tx, request)


@writes(audited=True)
def create_watched_thing(tx: Transaction, request: CreateWarehouseRequest) -> CreateWarehouseResponse:
    """Make a thing; refused attempts are recorded."""
    return _make(tx, request)


GROUPS: list[int] = []


def named(request: CreateWarehouseRequest, _caller: Caller) -> CreateWarehouseRequest:
    """The request if its thing has a code."""
    if not request.warehouse.code:
        raise InvalidField("code", "is missing")
    return request


@writes_in_groups(CreateWarehouseResponse, prepare=named)
def create_things(
    tx: Transaction, asked: Sequence[Asked[CreateWarehouseRequest]]
) -> Sequence[CreateWarehouseResponse | KuguanError]:
    """Make many things with one look at what is there."""
    GROUPS.append(len(asked))
    codes = [one.request.warehouse.code for one in asked]
    known = set(tx.connection.scalars(select(THINGS.c.code).where(THINGS.c.code.in_(codes))))
    answers: list[CreateWarehouseResponse | KuguanError] = []
    rows = []
    for one in asked:
        code = one.request.warehouse.code
        if code in known:
            answers.append(Duplicate("thing", code))
            continue
        known.add(code)
        rows.append({"code": code, "owner": one.caller.name})
        tx.publish(WarehouseCreated(warehouse=one.request.warehouse), "shelf")
        answers.append(CreateWarehouseResponse(warehouse=one.request.warehouse))
        if one.request.warehouse.name == "crash":
            raise Crash(code)
    if rows:
        tx.connection.execute(insert(THINGS), rows)
    return answers


@dataclass
class Clock:
    """A clock that stands still until it is turned."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> None:
        self.now += timedelta(**by)


def migrations(folder: Path, metadata: MetaData) -> Path:
    """A migrations folder made for a test."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, dialect in schema.dialects().items():
        (folder / f"0001_{name}.sql").write_text(schema.render(metadata, dialect))
    return folder


class Shelf:
    """The database of the service with as many writers as a test starts on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._steps = {"kit": KIT_MIGRATIONS, "shelf": migrations(folder / "migrations", METADATA)}
        self.database = self.open()
        self.reader = Reader(self.database)
        self.clock = Clock()
        self.commits = 0
        self._writers: list[Writer] = []
        self._opened = [self.database]
        event.listen(self.database.writing, "commit", self._count)

    def open(self) -> Database:
        """The database once more, as another process opens it."""
        database = Database(self.url, "shelf")
        database.migrate(self._steps)
        return database

    def writer(self, limits: Limits | None = None, database: Database | None = None) -> Writer:
        if database is not None:
            self._opened.append(database)
        where = database or self.database
        loop = asyncio.get_running_loop()
        self._writers.append(Writer(where, loop, self.clock, limits or Limits()))
        return self._writers[-1]

    async def make(
        self, writer: Writer, *requests: Message, command: Command[Any, Any] = create_thing
    ) -> list[Any]:
        """Ask for many things at once, on behalf of 李霞."""
        outcomes = await writer.submit_many(command, requests, LIXIA)
        return [
            command.response.FromString(outcome) if isinstance(outcome, bytes) else outcome
            for outcome in outcomes
        ]

    async def things(self) -> set[str]:
        return await self.read(lambda c: set(c.scalars(select(THINGS.c.code))))

    async def events(self) -> list[tuple[str, int]]:
        """Code and sequence of every event, in the order written."""
        rows = await self.read(lambda c: c.execute(select(OUTBOX).order_by(OUTBOX.c.sequence)).all())
        return [
            (WarehouseCreated.FromString(row.payload).warehouse.code, row.aggregate_sequence) for row in rows
        ]

    async def audited(self) -> list[tuple[str, str, str]]:
        query = select(AUDIT.c.actor, AUDIT.c.subject, AUDIT.c.outcome).order_by(AUDIT.c.sequence)
        return await self.read(lambda c: [(row[0], row[1], row[2]) for row in c.execute(query)])

    async def answered(self) -> set[str]:
        return await self.read(lambda c: set(c.scalars(select(REQUESTS.c.request_id))))

    async def read(self, function: Callable[[Connection], Result]) -> Result:
        return await self.reader.look(function)

    async def close(self) -> None:
        for writer in self._writers:
            await writer.stop()
        self.reader.stop()
        for database in self._opened:
            database.dispose()

    def _count(self, _: Any) -> None:
        self.commits += 1


@contextmanager
def held(writer: Writer) -> Iterator[None]:
    """Keep the writer busy while the block runs, so that what is asked meanwhile waits together."""
    taken, gate = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        taken.set()
        assert gate.wait(20), "nobody let the writer go"

    writer.act(hold)
    assert taken.wait(20), "the writer did not start"
    try:
        yield
    finally:
        gate.set()
