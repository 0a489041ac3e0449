"""The readers: a database that is away is said to be away, so that whoever asks tries again."""

from __future__ import annotations

import socket

import psycopg
import pytest

from services.kit.database import Database
from services.kit.errors import Unreachable
from services.kit.reading import Reader


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_notice_a_host_that_vanished_within_a_minute(database_url: str) -> None:
    database = Database(database_url, "stock")
    for engine in (database.reading, database.writing):
        with engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            told = raw.info.get_parameters()
        idle, interval, count = (int(told[f"keepalives_{name}"]) for name in ("idle", "interval", "count"))
        assert idle + interval * count <= 60
        assert 0 < int(told["tcp_user_timeout"]) <= 60_000
    database.dispose()


async def test_a_query_while_postgresql_is_away_may_be_asked_again() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{reserved.getsockname()[1]}"
        reader = Reader(Database(f"postgresql://nobody:nothing@{address}/nowhere", "stock"))
        with pytest.raises(Unreachable):
            await reader.look(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
        reader.stop()
