"""A running service: who may call, how errors cross, how it starts, waits and stops."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import nats
import pytest
from kuguan.stock.v1 import warehouses_pb2, warehouses_pb2_grpc
from sqlalchemy import Connection, select

from services.kit import testing
from services.kit.access import Caller
from services.kit.changes import Transaction
from services.kit.clients import call
from services.kit.errors import NoSuch, RemoteError, Unreachable
from services.kit.events import STREAM, StreamDiffers, ensure_streams, stream_settings
from services.kit.reading import View
from services.kit.run import Running
from services.kit.service import Api, Runtime, Service, Timer
from services.kit.testing import Keys, eventually
from tests.service.kit.bus import HEARS, TYPE, Bus
from tests.service.kit.shelf import METADATA, THINGS, Crash, create_thing, migrations, wanted

KEYS = Keys.new()
WRITER = Caller(person="lixia", permissions=frozenset({"items.write", "items.read"}), client="bot")
READER = Caller(person="zhangsan", permissions=frozenset({"items.read"}), client="bot")


def get_thing(view: View, request: warehouses_pb2.GetWarehouseRequest) -> warehouses_pb2.GetWarehouseResponse:
    """Find a thing of the caller's own."""
    mine = select(THINGS).where(THINGS.c.code == request.code, THINGS.c.owner == view.caller.name)
    if view.connection.execute(mine).first() is None:
        raise NoSuch("thing", request.code)
    return warehouses_pb2.GetWarehouseResponse(warehouse=warehouses_pb2.Warehouse(code=request.code))


class ShelfApi(warehouses_pb2_grpc.WarehouseServiceServicer):
    """The front door; it names a method for each thing that can be asked."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def CreateWarehouse(self, request: Any, context: Any) -> Any:
        return await self._runtime.write(create_thing, request)

    async def GetWarehouse(self, request: Any, context: Any) -> Any:
        return await self._runtime.read(get_thing, request)

    async def ListWarehouses(self, request: Any, context: Any) -> Any:
        raise RuntimeError("a secret that nobody outside may read")


HEARD: list[str] = []
TICKS: list[int] = []


def hear(tx: Transaction, event: Any) -> None:
    """A shelf that hears itself."""
    HEARD.append(event.warehouse.code)


def tick(tx: Transaction) -> int:
    """A timer that goes wrong at its second and third time."""
    TICKS.append(len(TICKS))
    if len(TICKS) == 2:
        raise NoSuch("thing", "of the second tick")
    if len(TICKS) == 3:
        raise Crash("a fault that its author did not think of")
    return 0


def service(folder: Path) -> Service:
    return Service(
        "shelf",
        METADATA,
        migrations(folder / "migrations", METADATA),
        apis=lambda runtime: [
            Api(warehouses_pb2_grpc.add_WarehouseServiceServicer_to_server, ShelfApi(runtime))
        ],
        hears=HEARS,
        reactions={TYPE: hear},
        timers=(Timer("tick", 0.05, tick),),
    )


@dataclass
class Door:
    """A running shelf and a stub to call it with."""

    running: Running
    stub: Any

    async def create(self, request: Any, caller: Caller | None = WRITER, seconds: float = 5.0) -> Any:
        token = "" if caller is None else KEYS.token(caller)
        return await call(self.stub.CreateWarehouse, request, token=token, seconds=seconds)

    async def get(self, code: str, token: str) -> Any:
        request = warehouses_pb2.GetWarehouseRequest(code=code)
        return await call(self.stub.GetWarehouse, request, token=token)

    async def things(self) -> set[str]:
        def find(connection: Connection) -> set[str]:
            return set(connection.scalars(select(THINGS.c.code)))

        return await self.running.runtime.reader.look(find)


@pytest.fixture
async def door(bus: Bus, tmp_path: Path, spoken: dict[str, str]) -> AsyncIterator[Door]:
    """A shelf at work."""
    HEARD.clear()
    TICKS.clear()
    at_work = testing.running(service(tmp_path), bus.url, tmp_path / "data", KEYS, spoken)
    async with at_work as (running, channel):
        yield Door(running, warehouses_pb2_grpc.WarehouseServiceStub(channel))


async def refused(asking: Any) -> RemoteError:
    with pytest.raises(RemoteError) as error:
        await asking
    return error.value


async def test_a_change_is_answered_told_and_heard(door: Door) -> None:
    answer = await door.create(wanted("a"))
    assert answer.warehouse.code == "a"
    assert await door.create(wanted("a")) == answer
    await eventually(lambda: _equal(HEARD, ["a"]), 3)


async def _equal(found: list[str], expected: list[str]) -> bool:
    return found == expected


@pytest.mark.parametrize(
    ("token_of", "reason"),
    [
        (lambda: "", "NOT_SIGNED_IN"),
        (lambda: "x", "NOT_SIGNED_IN"),
        (lambda: Keys.new().token(WRITER), "NOT_SIGNED_IN"),
        (lambda: KEYS.token(READER), "PERMISSION_MISSING"),
        (lambda: KEYS.token(Caller(person="lixia", client="bot")), "PERMISSION_MISSING"),
    ],
)
async def test_nobody_changes_anything_without_the_permission(
    door: Door, token_of: Callable[[], str], reason: str
) -> None:
    # Made now: before a long run comes here, a token that was made when it began is out of date.
    error = await refused(call(door.stub.CreateWarehouse, wanted("a"), token=token_of()))
    assert (error.kind, error.reason) == ("denied", reason)
    assert await door.things() == set()


async def test_what_belongs_to_somebody_else_is_not_there(door: Door) -> None:
    await door.create(wanted("a"))
    assert (await door.get("a", KEYS.token(WRITER))).warehouse.code == "a"
    error = await refused(door.get("a", KEYS.token(READER)))
    assert (error.kind, error.reason, error.facts) == (
        "not_found",
        "NO_SUCH",
        {"thing": "thing", "name": "a"},
    )


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [("refused", "already_exists", "DUPLICATE"), ("crash", "internal", "INTERNAL_FAULT")],
)
async def test_errors_cross_with_kind_and_reason(door: Door, name: str, kind: str, reason: str) -> None:
    error = await refused(door.create(wanted("a", name)))
    assert (error.kind, error.reason) == (kind, reason)


async def test_the_words_of_a_fault_stay_inside(door: Door) -> None:
    request = warehouses_pb2.ListWarehousesRequest()
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await door.stub.ListWarehouses(
            request, metadata=(("authorization", f"Bearer {KEYS.token(WRITER)}"),), timeout=5
        )
    assert error.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in repr(error.value)


async def test_a_caller_out_of_patience_knows_nothing_and_may_ask_again(door: Door) -> None:
    with pytest.raises(Unreachable):
        await door.create(wanted("a"), seconds=0.0001)
    assert (await door.create(wanted("a"))).warehouse.code == "a"
    assert await door.things() == {"a"}


async def test_many_callers_at_once_are_all_answered(door: Door) -> None:
    answers = await asyncio.gather(*[door.create(wanted(f"t{number:03}")) for number in range(300)])
    assert len({answer.warehouse.code for answer in answers}) == 300
    await eventually(lambda: _equal(sorted(HEARD), [f"t{number:03}" for number in range(300)]))


async def test_a_timer_goes_on_after_a_refusal_and_after_a_fault(door: Door) -> None:
    async def ticked() -> bool:
        return len(TICKS) >= 5

    await eventually(ticked)
    assert not [task for task in door.running.tasks if task.done()]


async def test_stopping_is_quick_and_what_was_answered_is_there_after_the_start(
    bus: Bus, tmp_path: Path, spoken: dict[str, str]
) -> None:
    def at_work() -> Any:
        return testing.running(service(tmp_path), bus.url, tmp_path / "data", KEYS, spoken)

    async with at_work() as (running, channel):
        door = Door(running, warehouses_pb2_grpc.WarehouseServiceStub(channel))
        await asyncio.gather(*[door.create(wanted(f"t{number}")) for number in range(20)])
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 5
    async with at_work() as (running, channel):
        door = Door(running, warehouses_pb2_grpc.WarehouseServiceStub(channel))
        assert len(await door.things()) == 20
        assert (await door.create(wanted("t0"))).warehouse.code == "t0"
        assert len(await door.things()) == 20


async def test_a_service_refuses_a_stream_that_is_not_set_up_as_it_needs(tmp_path: Path) -> None:
    with testing.broker(tmp_path / "broker") as broker:
        connection = await nats.connect(broker.url)
        try:
            await ensure_streams(connection, {})
            await ensure_streams(connection, {"shelf": HEARS})
            other = stream_settings(STREAM, ["kuguan.*.v1.>"]) | {"max_age": 3600 * 1_000_000_000}
            await connection.request(f"$JS.API.STREAM.UPDATE.{STREAM}", json.dumps(other).encode())
            with pytest.raises(StreamDiffers) as differs:
                await ensure_streams(connection, {"shelf": HEARS})
            assert set(differs.value.facts) == {"max_age"}
        finally:
            await connection.close()
        with pytest.raises(StreamDiffers):
            async with testing.running(service(tmp_path), broker.url, tmp_path / "data", KEYS):
                pass
