"""Streams, consumers and lost events of the embedded broker, set up with the deployer's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import nats
from nats.errors import Error as NatsError

from deploy.errors import CommandFailed
from deploy.secrets import read_secret
from services.kit.errors import KuguanError
from services.kit.events import ensure_streams

CONNECT_SECONDS = 5


async def set_up(data: Path, broker_url: str, hears: Mapping[str, Sequence[str]]) -> None:
    """Make the streams and the consumers of those who hear something, or compare what is there.

    Raises CommandFailed when the broker does not answer or a stream has other settings.
    """
    try:
        connection = await nats.connect(
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
    try:
        await ensure_streams(connection, hears)
    except KuguanError as error:
        raise CommandFailed(
            f"消息流的设置与此版本不符:{error}", f"The streams are not set up as this version needs: {error}"
        ) from error
    finally:
        await connection.close()


def events_are_lost(data: Path) -> bool:
    """Whether the broker must be told all events again: its store is gone, or a backup was restored."""
    if republish_mark(data).exists():
        return True
    no_store = not any((data / "broker").glob("jetstream/*"))
    return no_store and any(data.glob("*.sqlite3"))


def republish_mark(data: Path) -> Path:
    """The file by which a restore asks for all events to be sent again at the next start."""
    return data / "republish-at-start"
