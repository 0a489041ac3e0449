"""The database of a service: SQLite embedded or PostgreSQL, with all differences between the two."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from services.kit.bulk import drive

Value = TypeVar("Value")

STATEMENT_SEPARATOR = "\n--\n"
READERS = 4
_GROUP_LOCK = 5_080_001
_RELAY_LOCK = 5_080_002
_MIGRATION_LOCK = 5_080_003
_PARAMETERS_AT_ONCE = 900
# A host that vanished says nothing: without these a connection waits for it for hours. Not for local sockets.
_NOTICE_SILENCE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}
# For each of these the driver would look for an adapter in three places, in vain, and take longer than all
# the rest of the parameter takes.
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(type(None), lambda nothing: nothing)
# Serialisation failure, deadlock, and a turn that did not come in time: the whole group is simply run again.
_RUN_AGAIN = {"40001", "40P01", "55P03"}


class Database:
    """Engines of one service: one writing connection, a few reading ones."""

    def __init__(self, url: str, service: str) -> None:
        parsed = make_url(url)
        self.service = service
        self._writer: Connection | None = None
        self._one_at_a_time = threading.Lock()
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            path = Path(parsed.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path: Path | None = path
            self.writing = _sqlite_engine(path, writing=True)
            self.reading = _sqlite_engine(path, writing=False)
        else:
            self.path = None
            parsed = parsed.set(drivername="postgresql+psycopg")
            self.writing = _postgresql_engine(parsed.render_as_string(hide_password=False), writing=True)
            self.reading = _postgresql_engine(parsed.render_as_string(hide_password=False), writing=False)

    @contextmanager
    def group(self) -> Iterator[Connection]:
        """A writing transaction; on PostgreSQL the groups of all replicas of a service take turns.

        Its connection is kept for the next one: taking it from the pool and giving it back is a good part of
        a small group.
        """
        with self._one_at_a_time:
            if self._writer is None:
                self._writer = self.writing.connect()
            try:
                begun = self._writer.begin()
            except BaseException:
                # Whose turn did not come in time has a transaction that is half begun, and takes no other.
                self._forget_writer()
                raise
            try:
                with begun:
                    yield self._writer
            finally:
                if self._writer.invalidated:
                    self._forget_writer()

    def upsert(self, table: Table, rows: Sequence[Mapping[str, Any]], connection: Connection) -> None:
        """Insert rows; where the primary key is taken, put the given values in its place."""
        if not rows:
            return
        insert: Any = sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)
        keys = [column.name for column in table.primary_key]
        changed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        statement = insert.on_conflict_do_update(index_elements=keys, set_=changed)
        connection.execute(statement, [dict(row) for row in rows])

    @contextmanager
    def relay_lock(self) -> Iterator[bool]:
        """Whether this process may relay: one per service (R9); the single process on SQLite always may."""
        if self.is_sqlite:
            yield True
            return
        with self.reading.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            arguments = {"lock": _RELAY_LOCK}
            scope = "(:lock, hashtext(current_schema()))"
            got = bool(connection.scalar(text(f"SELECT pg_try_advisory_lock{scope}"), arguments))
            try:
                yield got
            finally:
                if got:
                    _unlock(connection, scope, arguments)

    def migrate(self, components: Mapping[str, Path]) -> None:
        """Apply the numbered steps of each component that are not applied yet, under a lock."""
        dialect = "sqlite" if self.is_sqlite else "postgresql"
        with self.writing.begin() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            connection.execute(
                text(
                    "CREATE TABLE IF NOT EXISTS schema_steps"
                    " (component TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (component, step))"
                )
            )
            done = {
                (row.component, row.step)
                for row in connection.execute(text("SELECT component, step FROM schema_steps"))
            }
            for component, directory in components.items():
                for path in sorted(directory.glob(f"[0-9][0-9][0-9][0-9]_{dialect}.sql")):
                    step = int(path.name[:4])
                    if (component, step) not in done:
                        _apply(connection, component, step, path)

    def schema_version(self) -> dict[str, int]:
        """The last step applied of each component."""
        with self.reading.connect() as connection:
            rows = connection.execute(
                text("SELECT component, max(step) AS step FROM schema_steps GROUP BY component")
            )
            return {row.component: row.step for row in rows}

    def dispose(self) -> None:
        """Close every connection."""
        self._forget_writer()
        self.writing.dispose()
        self.reading.dispose()

    def _forget_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def last_step(folder: Path) -> int:
    """The number of the last step that ``migrate`` would apply from a folder; 0 for none."""
    return max((int(path.name[:4]) for path in folder.glob("[0-9][0-9][0-9][0-9]_*.sql")), default=0)


def in_chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    """The values in pieces small enough for the parameters of one statement."""
    for start in range(0, len(values), _PARAMETERS_AT_ONCE):
        yield values[start : start + _PARAMETERS_AT_ONCE]


def should_run_again(error: DBAPIError) -> bool:
    """Whether to run the transaction again from its start: the database asks for it, or its connection is
    gone and a new one may be there. Should it have been committed all the same, its answers are found."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _RUN_AGAIN


def _unlock(connection: Connection, scope: str, arguments: Mapping[str, Any]) -> None:
    try:
        connection.execute(text(f"SELECT pg_advisory_unlock{scope}"), arguments)
    except DBAPIError:
        # The lock ends with its connection; and whoever is being cancelled must not get this error instead.
        connection.invalidate()


def _apply(connection: Connection, component: str, step: int, path: Path) -> None:
    for statement in path.read_text(encoding="utf-8").split(STATEMENT_SEPARATOR):
        if statement.strip():
            connection.exec_driver_sql(statement)
    connection.execute(
        text("INSERT INTO schema_steps (component, step) VALUES (:component, :step)"),
        {"component": component, "step": step},
    )


def _sqlite_engine(path: Path, *, writing: bool) -> Engine:
    """One connection that writes and checkpoints, or a pool of connections that cannot write."""
    options: dict[str, Any] = {"pool_size": 1 if writing else READERS, "max_overflow": 0, "pool_timeout": 5}
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={
            "isolation_level": None,
            "check_same_thread": False,
            "timeout": 5,
            "cached_statements": 512,
        },
        **options,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        # Otherwise a REPLACE would delete rows behind the back of the triggers that forbid it.
        connection.execute("PRAGMA recursive_triggers=ON")
        connection.execute("PRAGMA busy_timeout=5000")
        connection.execute("PRAGMA mmap_size=0")
        connection.execute("PRAGMA cache_size=-16000")
        if not writing:
            connection.execute("PRAGMA query_only=ON")
            connection.execute("PRAGMA wal_autocheckpoint=0")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Deferred BEGIN then write fails with "database is locked" at once, whatever the timeout.
        drive(connection, "BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql_engine(url: str, *, writing: bool) -> Engine:
    """One connection that writes, or a pool of connections that read."""
    settings = "-c lock_timeout=3s -c statement_timeout=10s -c idle_in_transaction_session_timeout=15s"
    if writing:
        # A writer finds its rows by their keys. What a small table, or figures of yesterday, make look
        # cheaper would read the whole table in every group once it has grown.
        settings += " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
    else:
        settings += " -c default_transaction_read_only=on"
    engine = create_engine(
        url,
        # The writer's transactions begin below, in one round trip with their lock; nobody begins them for it.
        # A reader sees one moment, as SQLite's do: what it reads first and last belongs together.
        isolation_level="AUTOCOMMIT" if writing else "REPEATABLE READ",
        pool_size=2 if writing else READERS + 1,
        max_overflow=0,
        # A group whose connection is gone is run again; a reader would have to tell whoever asks.
        pool_pre_ping=not writing,
        pool_timeout=5,
        connect_args={"options": settings, "connect_timeout": 5, **_NOTICE_SILENCE},
    )
    if writing:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            lock = f"pg_advisory_xact_lock({_GROUP_LOCK}, hashtext(current_schema()))"
            drive(connection, f"BEGIN; SELECT {lock}")

    return engine
