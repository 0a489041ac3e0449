"""Streams, consumers and lost events of the embedded broker, set up with the deployer's key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.errors import CommandFailed
from deploy.secrets import read_secret
from services.kit.errors import KuguanError
from services.kit.events import ensure_streams, events_waiting
from services.kit.nats_library import Client, NatsError, nats

CONNECT_SECONDS = 5
HEARD_SECONDS = 20.0
_CALM_ROUNDS = 3
_ROUND_SECONDS = 0.1


async def set_up(data: Path, broker_url: str, hears: Mapping[str, Sequence[str]]) -> None:
    """Make the streams and the consumers of those who hear something, or compare what is there.

    Raises CommandFailed when the broker does not answer or a stream has other settings.
    """
    connection = await _connect(data, broker_url)
    try:
        await ensure_streams(connection, hears)
    except KuguanError as error:
        raise CommandFailed(
            f"消息流的设置与此版本不符:{error}", f"The streams are not set up as this version needs: {error}"
        ) from error
    finally:
        await connection.close()


async def wait_until_heard(data: Path, broker_url: str, services: Sequence[str]) -> bool:
    """Wait a bounded time until nobody has anything left to hear; False if that did not come.

    What has just been announced may still be on its way to the broker, so calm has to last a little.
    """
    connection = await _connect(data, broker_url)
    try:
        ends = time.monotonic() + HEARD_SECONDS
        calm = 0
        while calm < _CALM_ROUNDS and time.monotonic() < ends:
            waiting = [await events_waiting(connection, service) for service in services]
            calm = 0 if any(waiting) else calm + 1
            await asyncio.sleep(_ROUND_SECONDS)
        return calm >= _CALM_ROUNDS
    except KuguanError:
        return False
    finally:
        await connection.close()


async def _connect(data: Path, broker_url: str) -> Client:
    """A connection with the deployer's key; raises CommandFailed when the broker does not answer."""
    try:
        return await nats.connect(
            broker_url,
            name="kuguan-deployer",
            nkeys_seed_str=read_secret(data / "secrets" / "deployer.nkey"),
            inbox_prefix=b"_INBOX_deployer",
            connect_timeout=CONNECT_SECONDS,
            allow_reconnect=False,
            max_reconnect_attempts=2,
            reconnect_time_wait=0.2,
        )
    except (NatsError, OSError, TimeoutError) as error:
        raise CommandFailed(
            f"无法连接消息服务器 {broker_url}。", f"The broker at {broker_url} cannot be reached: {error}."
        ) from error


def events_are_lost(data: Path) -> bool:
    """Whether the broker must be told all events again: its store is gone, or a backup was restored."""
    if republish_mark(data).exists():
        return True
    no_store = not any((data / "broker").glob("jetstream/*"))
    return no_store and any(data.glob("*.sqlite3"))


def republish_mark(data: Path) -> Path:
    """The file by which a restore asks for all events to be sent again at the next start."""
    return data / "republish-at-start"
