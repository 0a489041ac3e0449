"""Encryption between hosts: without a certificate of the authority one gets nothing from anybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from kuguan.stock.v1 import warehouses_pb2, warehouses_pb2_grpc

from deploy.certificates import ensure_certificates
from services.kit import testing
from services.kit.clients import call, connect
from services.kit.errors import RemoteError, Unreachable
from services.kit.events import Broker, BrokerDown
from services.kit.settings import SettingInvalid, SettingMissing, Settings
from services.kit.testing import Keys, TestBroker
from services.kit.tls import Tls
from tests.service.kit.bus import Bus
from tests.service.kit.test_front_door import service

HOSTS = ("localhost", "127.0.0.1")
KEYS = Keys.new()


def environment(folder: Path, part: str) -> dict[str, str]:
    """The settings by which a part finds its certificate."""
    return {
        "KUGUAN_TLS_CERTIFICATE_FILE": str(folder / f"{part}.pem"),
        "KUGUAN_TLS_KEY_FILE": str(folder / f"{part}-key.pem"),
        "KUGUAN_TLS_CA_FILE": str(folder / "authority.pem"),
    }


def files(folder: Path, part: str) -> Tls:
    """The certificate of a part."""
    found = Tls.of(Settings.of(part, environment(folder, part)))
    assert found is not None
    return found


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Certificates of the installation's own authority."""
    folder = tmp_path / "ours"
    folder.mkdir()
    ensure_certificates(folder, {"shelf": HOSTS, "bot": HOSTS, "nats": HOSTS})
    return folder


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Certificates that look the same, of somebody else's authority."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    ensure_certificates(folder, {"bot": HOSTS})
    return folder


@pytest.fixture
async def address(ours: Path, bus: Bus, tmp_path: Path, spoken: dict[str, str]) -> AsyncIterator[str]:
    """A service that takes encrypted calls only."""
    told = environment(ours, "shelf") | spoken
    async with testing.running(service(tmp_path), bus.url, tmp_path / "data", KEYS, told) as (running, _):
        yield running.address


async def ask(channel: grpc.aio.Channel) -> None:
    """Call without a token: whoever gets to the service itself is refused with a reason."""
    stub = warehouses_pb2_grpc.WarehouseServiceStub(channel)
    try:
        await call(stub.GetWarehouse, warehouses_pb2.GetWarehouseRequest(code="a"), seconds=3)
    finally:
        await channel.close()


async def test_a_client_with_a_certificate_of_the_authority_is_heard(ours: Path, address: str) -> None:
    with pytest.raises(RemoteError) as refusal:
        await ask(connect(address, files(ours, "bot")))
    assert refusal.value.reason == "NOT_SIGNED_IN"


async def test_a_client_without_a_certificate_is_not_heard(ours: Path, address: str) -> None:
    authority = (ours / "authority.pem").read_bytes()
    with pytest.raises(Unreachable):
        await ask(grpc.aio.secure_channel(address, grpc.ssl_channel_credentials(authority)))


async def test_a_client_of_another_authority_is_not_heard(ours: Path, foreign: Path, address: str) -> None:
    mixed = Tls(foreign / "bot.pem", foreign / "bot-key.pem", ours / "authority.pem")
    with pytest.raises(Unreachable):
        await ask(connect(address, mixed))


async def test_a_client_without_encryption_is_not_heard(address: str) -> None:
    with pytest.raises(Unreachable):
        await ask(connect(address))


async def test_a_server_of_another_authority_is_not_believed(foreign: Path, address: str) -> None:
    with pytest.raises(Unreachable):
        await ask(connect(address, files(foreign, "bot")))


async def test_health_too_is_asked_with_a_certificate(ours: Path, address: str) -> None:
    async with connect(address, files(ours, "bot")) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("missing", ["CERTIFICATE", "KEY", "CA"])
def test_half_an_encryption_is_refused_at_the_start(ours: Path, missing: str) -> None:
    told = environment(ours, "bot")
    told.pop(f"KUGUAN_TLS_{missing}_FILE")
    with pytest.raises(SettingMissing) as refusal:
        Tls.of(Settings.of("bot", told))
    assert refusal.value.setting == f"KUGUAN_TLS_{missing}_FILE"


def test_a_key_that_does_not_belong_to_the_certificate_is_refused(ours: Path) -> None:
    with pytest.raises(SettingInvalid):
        Tls(ours / "bot.pem", ours / "shelf-key.pem", ours / "authority.pem").for_broker()


@pytest.fixture
def guarded_broker(ours: Path, tmp_path: Path) -> Iterator[TestBroker]:
    """A broker that takes encrypted connections with a certificate only."""
    tls = (
        f'tls {{ cert_file: "{ours / "nats.pem"}", key_file: "{ours / "nats-key.pem"}",'
        f' ca_file: "{ours / "authority.pem"}", verify: true }}\n'
    )
    with testing.broker(tmp_path / "guarded", tls) as broker:
        yield broker


async def test_the_broker_is_reached_with_the_same_files_and_not_without(
    ours: Path, foreign: Path, guarded_broker: TestBroker
) -> None:
    url = guarded_broker.url.replace("nats://", "tls://")
    await testing.set_up_streams(url, {}, files(ours, "bot"))
    broker = Broker("shelf", url, None, files(ours, "shelf"))
    await broker.connect()
    assert broker.is_connected
    await broker.close()
    for tls in (None, files(foreign, "bot")):
        stranger = Broker("shelf", url, None, tls)
        # The client library knocks for ever at a broker that does not let it in.
        with pytest.raises((BrokerDown, TimeoutError)):
            await asyncio.wait_for(stranger.connect(), 2)
        assert not stranger.is_connected
