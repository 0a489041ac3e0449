"""The embedded broker: a real one, with the rights of each user."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.errors import TimeoutError as NatsTimeout

from deploy import broker
from deploy.errors import CommandFailed
from deploy.ports import choose
from deploy.secrets import ensure_secrets
from deploy.streams import set_up

HEARS = {"stock": ("kuguan.orders.v1",), "orders": ("kuguan.stock.v1", "kuguan.approvals.v1")}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Path, int, int]]:
    ensure_secrets(tmp_path / "secrets")
    port, monitor = choose([0, 0])
    configuration = broker.write_configuration(tmp_path, port, monitor)
    with (tmp_path / "broker.log").open("wb") as log:
        process = Popen([broker.find_server(), "-c", str(configuration)], stdout=log, stderr=log)
    try:
        yield tmp_path, port, monitor
    finally:
        process.terminate()
        process.wait(timeout=10)


async def _connect(data: Path, port: int, user: str, problems: list[str]) -> Client:
    async def note(error: Exception) -> None:
        problems.append(str(error))

    return await nats.connect(
        f"nats://127.0.0.1:{port}",
        nkeys_seed=str(data / "secrets" / f"{user}.nkey"),
        inbox_prefix=f"_INBOX_{user}".encode(),
        error_cb=note,
        allow_reconnect=False,
    )


async def test_each_service_may_tell_and_hear_only_what_is_its_own(running: tuple[Path, int, int]) -> None:
    data, port, monitor = running
    await broker.wait_until_healthy(monitor)
    await set_up(data, f"nats://127.0.0.1:{port}", HEARS)
    problems: list[str] = []
    stock = await _connect(data, port, "stock", problems)
    orders = await _connect(data, port, "orders", problems)
    try:
        await stock.jetstream().publish("kuguan.stock.v1.ItemCreated.A", b"told")
        await stock.jetstream().publish("dead.stock.kuguan.orders.v1.OrderPlaced", b"parked")
        pull = await orders.jetstream().pull_subscribe_bind("orders", broker.STREAM)
        (heard,) = await pull.fetch(1, timeout=5)
        assert heard.data == b"told"
        await heard.ack_sync()
        assert not problems
        await _refused(stock, "kuguan.orders.v1.OrderPlaced.LY1", problems)
        await _refused(stock, "dead.orders.x", problems)
        await _refused(stock, "$JS.API.STREAM.DELETE.KUGUAN", problems)
        await _refused(stock, "$JS.API.CONSUMER.MSG.NEXT.KUGUAN.orders", problems)
        await stock.subscribe("kuguan.>")
        await stock.flush()
        await asyncio.sleep(0.05)
        assert len(problems) == 5
        assert "subscription" in problems[-1]
    finally:
        await stock.close()
        await orders.close()


async def _refused(connection: Client, subject: str, problems: list[str]) -> None:
    before = len(problems)
    with pytest.raises(NatsTimeout):
        await connection.request(subject, b"", timeout=0.3)
    assert len(problems) == before + 1


async def test_nobody_comes_in_without_a_key(running: tuple[Path, int, int]) -> None:
    _data, port, monitor = running
    await broker.wait_until_healthy(monitor)
    with pytest.raises(Exception, match="Authorization"):
        await nats.connect(f"nats://127.0.0.1:{port}", allow_reconnect=False, error_cb=_ignore)


async def _ignore(_error: Any) -> None:
    return None


async def test_setting_up_twice_is_harmless_and_a_missing_broker_is_named(
    running: tuple[Path, int, int],
) -> None:
    data, port, monitor = running
    await broker.wait_until_healthy(monitor)
    await set_up(data, f"nats://127.0.0.1:{port}", HEARS)
    await set_up(data, f"nats://127.0.0.1:{port}", HEARS)
    (free,) = choose([0])
    with pytest.raises(CommandFailed, match="cannot be reached"):
        await set_up(data, f"nats://127.0.0.1:{free}", HEARS)


def test_the_configuration_never_acknowledges_before_the_disk_has_it() -> None:
    text = broker.configuration(Path("/store"), 4222, 8222, {"stock": "UKEY"})
    assert "sync_interval: always" in text
    assert 'http: "127.0.0.1:8222"' in text
    assert f"max_payload: {256 * 1024}" in text
