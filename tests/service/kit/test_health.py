"""A service says how it is: to who scrapes figures, and to who decides about restarts and traffic."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from kuguan.stock.v1 import warehouses_pb2_grpc
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from services.kit import audit, health, testing
from services.kit.ending import ended
from services.kit.errors import RemoteError
from services.kit.events import Broker
from services.kit.run import Running
from services.kit.service import Check
from services.kit.settings import SettingInvalid
from services.kit.tables import ATTEMPTS
from services.kit.testing import eventually
from services.kit.verify import verify
from tests.service.kit.bus import Bus
from tests.service.kit.shelf import wanted
from tests.service.kit.test_front_door import KEYS, WRITER, Door, service

WATCHED = {"KUGUAN_METRICS_LISTEN": "127.0.0.1:0"}


class Watched(Door):
    """A running shelf with its port for whoever watches."""

    async def look(self, path: str) -> tuple[int, str]:
        runner: Any = self.running.watched
        host, port = runner.addresses[0]
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}{path}") as answer:
            return answer.status, await answer.text()

    async def figure(self, name: str) -> float:
        """A figure as it is told; there must be one."""
        _, body = await self.look("/metrics")
        (line,) = [line for line in body.splitlines() if line.startswith(name)]
        return float(line.rpartition(" ")[2])

    @property
    def vitals(self) -> health.Vitals:
        assert self.running.vitals is not None
        return self.running.vitals


@pytest.fixture
async def door(bus: Bus, database_url: str, tmp_path: Path) -> AsyncIterator[Watched]:
    """A shelf at work, on each kind of database."""
    told = WATCHED | {"KUGUAN_DATABASE_URL": database_url}
    declared = replace(service(tmp_path), timers=())
    async with testing.running(declared, bus.url, tmp_path / "data", KEYS, told) as (running, channel):
        yield Watched(running, warehouses_pb2_grpc.WarehouseServiceStub(channel))


async def test_a_healthy_service_is_live_and_ready(door: Watched) -> None:
    assert await door.look("/live") == (200, '{"problems": []}')
    assert await door.look("/ready") == (200, '{"problems": []}')


async def test_asking_whether_it_is_ready_leaves_nothing_behind(door: Watched) -> None:
    await door.look("/ready")

    def count(connection: Connection) -> int:
        return connection.execute(select(func.count()).select_from(ATTEMPTS)).scalar_one()

    assert await door.running.runtime.reader.look(count) == 0


async def test_a_service_without_its_broker_is_live_but_not_ready(door: Watched, bus: Bus) -> None:
    bus.stop()

    async def has_noticed() -> bool:
        return not door.running.broker.is_connected

    await eventually(has_noticed)
    await asyncio.sleep(health.READY_KEPT_SECONDS)
    assert await door.look("/ready") == (503, '{"problems": ["broker"]}')
    assert (await door.look("/live"))[0] == 200
    await bus.start_again()

    async def is_ready_again() -> bool:
        return (await door.look("/ready"))[0] == 200

    await eventually(is_ready_again, 20)


async def test_a_service_whose_events_do_not_get_out_is_not_ready(
    door: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "READY_AGE_SECONDS", -1.0)
    assert await door.look("/ready") == (503, '{"problems": ["outbox"]}')


async def test_a_service_without_a_free_connection_is_not_ready_and_goes_on(
    door: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def none_free(*_: Any) -> Any:
        asked.append(None)
        raise NoConnectionInTime

    monkeypatch.setattr(door.running.runtime.database, "schema_version", none_free)
    assert await door.look("/ready") == (503, '{"problems": ["database"]}')
    monkeypatch.setattr(health, "MEASURE_SECONDS", 0.01)
    monkeypatch.setattr(door.vitals, "measure", none_free)
    asked.clear()
    measuring = asyncio.ensure_future(door.vitals._measure())

    async def measured_again() -> bool:
        return measuring.done() or len(asked) > 1

    await eventually(measured_again)
    assert not measuring.done()
    await ended([measuring])


async def test_a_service_on_a_database_that_takes_no_write_is_not_ready(
    door: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot(tx: Any) -> None:
        tx.connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    monkeypatch.setattr(health, "_write_something", cannot)
    assert await door.look("/ready") == (503, '{"problems": ["database"]}')


async def test_a_service_newer_than_its_database_is_not_ready(
    door: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door.vitals, "_steps", {"kit": 9})
    assert await door.look("/ready") == (503, '{"problems": ["schema"]}')


async def test_a_loop_that_was_blocked_is_told_until_it_turns_again(door: Watched) -> None:
    door.vitals._last_pulse = time.monotonic() - 7
    assert await door.look("/live") == (503, '{"problems": ["loop"]}')

    async def turns() -> bool:
        return (await door.look("/live"))[0] == 200

    await eventually(turns)


async def test_a_block_shows_in_the_figures(door: Watched) -> None:
    await asyncio.sleep(0)
    time.sleep(1.5)  # noqa: ASYNC251 - what must never happen is what is tried here

    async def shows() -> bool:
        return await door.figure('kuguan_loop_lag_seconds{service="shelf"}') > 0.2

    await eventually(shows, 3)


async def test_the_figures_of_queues_are_told(door: Watched) -> None:
    await door.create(wanted("a"))
    await door.vitals.measure()
    assert await door.figure('kuguan_outbox_unsent{service="shelf"}') in (0, 1)
    assert await door.figure('kuguan_inbox_pending{service="shelf"}') in (0, 1)
    assert (
        await door.figure('kuguan_commands_total{command="create_thing",outcome="done",service="shelf"}') >= 1
    )

    async def measured() -> bool:
        return 'kuguan_queue_length{queue="writer",service="shelf"} 0.0' in (await door.look("/metrics"))[1]

    await eventually(measured)


async def test_the_broker_is_asked_what_is_pending(door: Watched, bus: Bus) -> None:
    silent = Broker("deaf", bus.url, None)
    await testing.set_up_streams(bus.url, {"deaf": ("kuguan.stock.v1",)})
    await silent.connect()
    await door.create(wanted("a"))

    async def one_waits() -> bool:
        return await silent.pending() == 1

    await eventually(one_waits)
    await silent.close()


async def test_invariants_are_counted_and_the_last_success_is_remembered(door: Watched) -> None:
    before = time.time()
    await door.vitals.verify()
    assert await door.figure('kuguan_invariant_violations{invariant="I16",service="shelf"}') == 0
    assert await door.figure('kuguan_verify_last_success_timestamp_seconds{service="shelf"}') >= before
    broken = Check("I1", "never holds", lambda connection: ["one", "two"])
    declared = replace(door.running.service, checks=(broken, broken))
    door.vitals._service = declared
    success = await door.figure('kuguan_verify_last_success_timestamp_seconds{service="shelf"}')
    await door.vitals.verify()
    assert await door.figure('kuguan_invariant_violations{invariant="I1",service="shelf"}') == 4
    assert await door.figure('kuguan_verify_last_success_timestamp_seconds{service="shelf"}') == success


async def refused(door: Door, code: str) -> RemoteError:
    with pytest.raises(RemoteError) as error:
        await door.create(wanted(code))
    return error.value


async def test_a_full_disk_refuses_changes_and_still_answers_questions(bus: Bus, tmp_path: Path) -> None:
    told = WATCHED | {"KUGUAN_DISK_FREE_MEGABYTES": "900000000"}
    async with testing.running(service(tmp_path), bus.url, tmp_path / "data", KEYS, told) as (
        running,
        channel,
    ):
        door = Watched(running, warehouses_pb2_grpc.WarehouseServiceStub(channel))
        await door.vitals.measure()
        error = await refused(door, "a")
        assert (error.kind, error.reason, error.facts["limit"]) == ("overloaded", "TOO_BUSY", "disk")
        assert await door.look("/ready") == (503, '{"problems": ["disk"]}')
        assert await door.figure('kuguan_disk_free_bytes{service="shelf"}') > 0
        with pytest.raises(RemoteError) as missing:
            await door.get("a", KEYS.token(WRITER))
        assert missing.value.reason == "NO_SUCH"
        # Space was made: the door opens by itself.
        door.vitals._least_bytes = door.vitals._least_percent = 0
        await door.vitals.measure()
        await door.create(wanted("a"))


async def test_too_many_unsent_events_refuse_changes_until_they_are_gone(
    door: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "OUTBOX_ROWS", -1)
    await door.vitals.measure()
    assert (await refused(door, "a")).facts["limit"] == "outbox"
    monkeypatch.setattr(health, "OUTBOX_ROWS", 100)
    await door.vitals.measure()
    await door.create(wanted("a"))


async def test_a_port_that_is_taken_is_told_at_the_start(bus: Bus, door: Watched, tmp_path: Path) -> None:
    runner: Any = door.running.watched
    host, port = runner.addresses[0]
    with pytest.raises(SettingInvalid) as error:
        await health.serve(door.vitals, f"{host}:{port}")
    assert error.value.setting == "KUGUAN_METRICS_LISTEN"


async def test_without_the_setting_no_port_is_open(bus: Bus, tmp_path: Path) -> None:
    async with testing.running(service(tmp_path), bus.url, tmp_path / "data", KEYS) as (running, _):
        assert isinstance(running, Running)
        assert running.watched is None


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9464", 200),
        ("10.2.0.7:9464", 200),
        ("[::1]:9464", 200),
        ("localhost", 200),
        ("stock.kuguan:9464", 200),
        ("rebound.example", 421),
        ("stock.kuguan.rebound.example", 421),
        ("127.0.0.1.rebound.example", 421),
        ("[", 421),
        ("", 421),
    ],
)
async def test_only_who_asks_by_a_known_name_is_told(
    bus: Bus, tmp_path: Path, host: str, status: int
) -> None:
    told = WATCHED | {"KUGUAN_METRICS_HOSTS": "stock.kuguan, other"}
    declared = replace(service(tmp_path), timers=())
    async with testing.running(declared, bus.url, tmp_path / "data", KEYS, told) as (running, _):
        runner: Any = running.watched
        address, port = runner.addresses[0]
        for path in ("/metrics", "/live", "/ready"):
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://{address}:{port}{path}", headers={"Host": host}) as answer,
            ):
                assert answer.status == status, path


async def test_the_audit_chain_is_not_read_again_from_its_start(
    door: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.create(wanted("a"))
    await door.vitals.verify()
    sealed: list[int] = []
    seal = audit.seal

    def watched(previous: bytes, sequence: int, row: Mapping[Any, Any]) -> bytes:
        sealed.append(sequence)
        return seal(previous, sequence, row)

    monkeypatch.setattr(audit, "seal", watched)
    await door.vitals.verify()
    assert sealed == []
    assert await door.figure('kuguan_invariant_violations{invariant="I8",service="shelf"}') == 0
    everything = verify(door.running.runtime.database, door.running.service)
    assert all(not finding.broken for finding in everything)
    assert sealed[0] == 1
