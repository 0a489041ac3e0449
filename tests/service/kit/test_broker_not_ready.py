"""A broker that answers and is not ready: a service that starts waits for it and keeps nothing open."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from pathlib import Path

import nats
import pytest

from services.kit import testing
from services.kit.events import Broker, BrokerDown, StreamDiffers, ensure_streams
from services.kit.testing import eventually

WITHOUT_STREAMS = 'accounts { plain { users: [{ user: plain, password: "" }] } }\nno_auth_user: plain\n'
WATCHED = 'http: "127.0.0.1:-1"\n'
TRIES = 5


async def test_streams_that_are_not_there_yet_are_waited_for(tmp_path: Path) -> None:
    with testing.broker(tmp_path, WITHOUT_STREAMS) as server:
        with pytest.raises(BrokerDown):
            await Broker("shelf", server.url, None).connect()
        connection = await nats.connect(server.url)
        with pytest.raises(BrokerDown):
            await ensure_streams(connection, {})
        await connection.close()


async def test_a_try_that_fails_leaves_no_connection_behind(tmp_path: Path) -> None:
    with testing.broker(tmp_path, WATCHED) as server:
        broker = Broker("shelf", server.url, None)
        for _ in range(TRIES):
            with pytest.raises(StreamDiffers):
                await broker.connect()

        async def none_left() -> bool:
            return await asyncio.to_thread(connections, tmp_path) == 0

        await eventually(none_left)
        assert not broker.closed.done(), "a service would end when it is told so"
        await testing.set_up_streams(server.url, {})
        await broker.connect()
        assert broker.is_connected
        await broker.close()
        assert broker.closed.done()


async def test_an_address_that_is_none_is_said_to_be_the_problem() -> None:
    with pytest.raises(BrokerDown, match="url"):
        await Broker("shelf", "nats://[::1", None).connect()


def connections(folder: Path) -> int:
    """How many connections the broker counts."""
    (ports,) = (folder / "ports").glob("*.ports")
    (address,) = json.loads(ports.read_text())["monitoring"]
    with urllib.request.urlopen(f"{address}/varz", timeout=10) as answer:
        return int(json.load(answer)["connections"])
