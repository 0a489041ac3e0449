"""The readers: a database that is away is said to be away, so that whoever asks tries again."""

from __future__ import annotations

import socket

import pytest

from services.kit.database import Database
from services.kit.errors import Unreachable
from services.kit.reading import Reader


async def test_a_query_while_postgresql_is_away_may_be_asked_again() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{reserved.getsockname()[1]}"
        reader = Reader(Database(f"postgresql://nobody:nothing@{address}/nowhere", "stock"))
        with pytest.raises(Unreachable):
            await reader.look(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
        reader.stop()
