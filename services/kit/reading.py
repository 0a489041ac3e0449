"""The readers: every query of a service, each on one consistent view, in a small pool of threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import structlog
from google.protobuf.message import Message
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from services.kit import telemetry
from services.kit.access import SYSTEM, Caller
from services.kit.database import READERS, Database
from services.kit.errors import TooBusy, Unreachable

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Result = TypeVar("Result")

log = structlog.get_logger("kuguan.reader")

_WAITING = 512


@dataclass(frozen=True, slots=True)
class View:
    """What a query gets: a connection that sees one moment of the database, and who asks."""

    connection: Connection
    now: datetime
    caller: Caller


Query = Callable[[View, Request], Response]


class Reader:
    """A few threads that answer queries; more than a bounded number of waiting ones are refused."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._clock = clock
        self._waiting = 0
        self._pool = ThreadPoolExecutor(READERS, thread_name_prefix=f"{database.service}-reader")

    async def ask(self, query: Query[Request, Response], request: Request, caller: Caller) -> Response:
        """Answer a query for a caller."""
        return await self._run(lambda connection: query(View(connection, self._clock(), caller), request))

    async def look(self, function: Callable[[Connection], Result]) -> Result:
        """Read something for the service itself."""
        return await self._run(function)

    async def view(self, function: Callable[[View], Result], caller: Caller = SYSTEM) -> Result:
        """Read something that depends on who asks or when."""
        return await self._run(lambda connection: function(View(connection, self._clock(), caller)))

    async def _run(self, function: Callable[[Connection], Result]) -> Result:
        if self._waiting >= _WAITING:
            telemetry.SHED.labels(reason="reader_queue").inc()
            raise TooBusy("reader_queue", 0.5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._in_thread, function)
        finally:
            self._waiting -= 1

    def _in_thread(self, function: Callable[[Connection], Result]) -> Result:
        try:
            with self._database.reading.begin() as connection:
                return function(connection)
        except (OperationalError, InterfaceError, NoConnectionInTime) as error:
            # On SQLite these are faults of a query as well; nobody takes its file away.
            if self._database.is_sqlite:
                raise
            log.warning("the database did not answer", service=self._database.service, error=repr(error))
            raise Unreachable from error

    @property
    def waiting(self) -> int:
        """How many queries are at work or wait for a thread."""
        return self._waiting

    def stop(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)
