"""Calls through a gate and without one: streams, sizes, bounds, cancellation and faults are the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from kuguan.stock.v1 import items_pb2, items_pb2_grpc, warehouses_pb2, warehouses_pb2_grpc

from services.kit import testing
from services.kit.access import Caller
from services.kit.errors import InvalidInput, RemoteError, Unreachable
from services.kit.rpc import from_call_error
from services.kit.run import Running
from services.kit.service import Api, Service
from services.kit.settings import SettingInvalid
from services.kit.testing import Keys, eventually
from tests.service.kit.bus import Bus
from tests.service.kit.shelf import METADATA, held, migrations, wanted
from tests.service.kit.test_front_door import WRITER, ShelfApi

MEBIBYTE = 1024 * 1024
KEYS = Keys.new()
CALLER = Caller(client="shop", permissions=frozenset({"items.write", "items.read"}))


class Stopped(InvalidInput):
    """The import was given up before its end."""


@dataclass
class Desk(items_pb2_grpc.ItemServiceServicer):
    """Answers as a test wants it, and notes what it saw."""

    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[str] = field(default_factory=list)
    at_work: int = 0

    async def ImportItems(self, request_iterator: Any, context: Any) -> Any:
        try:
            async for message in request_iterator:
                self.seen.append(message.header.request_id)
                if message.header.request_id == "stop":
                    raise Stopped
                if message.header.strict:
                    await self.may_go_on.wait()
        except asyncio.CancelledError:
            self.seen.append("cancelled")
            raise
        self.seen.append("whole")
        return items_pb2.ImportItemsResponse()

    async def CreateItem(self, request: Any, context: Any) -> Any:
        self.at_work += 1
        try:
            await self.may_go_on.wait()
        finally:
            self.at_work -= 1
        return items_pb2.CreateItemResponse()

    async def GetItem(self, request: Any, context: Any) -> Any:
        # Three times as long as what was asked.
        return items_pb2.GetItemResponse(item=items_pb2.Item(code=request.code, name=request.code * 2))

    async def ListItems(self, request: Any, context: Any) -> Any:
        return "this is no message"

    FindItems = UpdateItem = ListItems


@dataclass
class Place:
    """A running shelf with a desk."""

    running: Running
    channel: grpc.aio.Channel
    desk: Desk

    def ask(self, method: str, request: Any, **options: Any) -> Any:
        """Call a method of the desk."""
        stub: Any = items_pb2_grpc.ItemServiceStub(self.channel)
        told = (("authorization", f"Bearer {KEYS.token(CALLER)}"),)
        return getattr(stub, method)(request, metadata=told, **{"timeout": 20, **options})

    async def saw(self, *expected: str) -> None:
        """Wait until the desk saw this and nothing else."""

        async def so() -> bool:
            return self.desk.seen == list(expected)

        await eventually(so)


def service(folder: Path, desk: Desk) -> Service:
    return Service(
        "shelf",
        METADATA,
        migrations(folder / "migrations", METADATA),
        apis=lambda runtime: [
            Api(warehouses_pb2_grpc.add_WarehouseServiceServicer_to_server, ShelfApi(runtime)),
            Api(items_pb2_grpc.add_ItemServiceServicer_to_server, desk),
        ],
    )


@pytest.fixture
def start(bus: Bus, tmp_path: Path, spoken: dict[str, str]) -> Callable[..., Any]:
    """Starts the shelf; more settings may be given."""

    def at_work(desk: Desk, **more: str) -> Any:
        made = service(tmp_path, desk)
        return testing.running(made, bus.url, tmp_path / "data", KEYS, {**spoken, **more})

    return at_work


@pytest.fixture
async def place(start: Callable[..., Any]) -> AsyncIterator[Place]:
    """A shelf with a desk at work."""
    desk = Desk()
    async with start(desk) as (running, channel):
        yield Place(running, channel, desk)


def part(name: str, *, waits: bool = False, rows: int = 0) -> items_pb2.ImportItemsRequest:
    """A message of an import; of about a mebibyte for each of the rows."""
    request = items_pb2.ImportItemsRequest(
        header=items_pb2.ImportItemsHeader(request_id=name, strict=waits or None)
    )
    if rows:
        return items_pb2.ImportItemsRequest(
            rows=items_pb2.ImportItemsRows(
                rows=[items_pb2.ImportItemsRow(item=items_pb2.Item(name="名" * (rows * MEBIBYTE // 3)))]
            )
        )
    return request


async def refused(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value


# ------------------------------------------------------------ streams


async def test_a_stream_arrives_in_order_and_whole(place: Place) -> None:
    names = [f"part-{number}" for number in range(200)]
    await place.ask("ImportItems", iter([part(name) for name in names]))
    assert place.desk.seen == [*names, "whole"]


async def test_an_empty_stream_is_a_stream(place: Place) -> None:
    await place.ask("ImportItems", iter([]))
    assert place.desk.seen == ["whole"]


async def test_whoever_sends_faster_than_is_worked_waits(place: Place) -> None:
    taken = 0

    async def parts() -> AsyncIterator[Any]:
        nonlocal taken
        yield part("first", waits=True)
        for _ in range(40):
            taken += 1
            yield part("", rows=1)

    call = place.ask("ImportItems", parts())
    await place.saw("first")
    before = -1
    while before != taken:
        before = taken
        await asyncio.sleep(0.5)
    assert taken < 20, "the rest waits with its sender"
    place.desk.may_go_on.set()
    await call
    assert place.desk.seen == ["first", *[""] * 40, "whole"]


async def test_a_stream_that_is_cut_is_not_taken_for_whole(place: Place) -> None:
    for number in range(20):
        name = f"part-{number}"

        async def parts(name: str = name) -> AsyncIterator[Any]:
            yield part(name)
            await asyncio.sleep(60)

        call = place.ask("ImportItems", parts())
        await place.saw(name)
        call.cancel()
        await place.saw(name, "cancelled")
        place.desk.seen.clear()


async def test_a_message_that_is_too_large_ends_a_stream_that_is_not_taken_for_whole(place: Place) -> None:
    async def parts() -> AsyncIterator[Any]:
        yield part("first")
        await place.saw("first")
        yield part("", rows=5)

    error = await refused(place.ask("ImportItems", parts()))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    await place.saw("first", "cancelled")


async def test_a_stream_may_be_refused_before_its_end(place: Place) -> None:
    async def parts() -> AsyncIterator[Any]:
        yield part("stop")
        for _ in range(1000):
            yield part("more")
        await asyncio.sleep(60)

    error = await refused(place.ask("ImportItems", parts()))
    assert from_call_error(error).reason == "STOPPED"
    assert place.desk.seen == ["stop"]


# ------------------------------------------------------------ cancellation


async def test_work_ends_with_its_caller(place: Place) -> None:
    async def working(number: int) -> bool:
        return place.desk.at_work == number

    cancelled = place.ask("CreateItem", items_pb2.CreateItemRequest())
    impatient = place.ask("CreateItem", items_pb2.CreateItemRequest(), timeout=1)
    await eventually(lambda: working(2))
    cancelled.cancel()
    await eventually(lambda: working(1))
    assert (await refused(impatient)).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await eventually(lambda: working(0))


async def test_a_change_that_was_asked_for_goes_on_without_its_caller(place: Place) -> None:
    stub: Any = warehouses_pb2_grpc.WarehouseServiceStub(place.channel)
    told = (("authorization", f"Bearer {KEYS.token(WRITER)}"),)
    with held(place.running.runtime.writer):
        error = await refused(stub.CreateWarehouse(wanted("a"), metadata=told, timeout=1))
        assert isinstance(from_call_error(error), Unreachable)
    # The writer takes one after the other, so the first was done when the second is answered.
    await stub.CreateWarehouse(wanted("b"), metadata=told, timeout=20)
    asked = warehouses_pb2.GetWarehouseRequest(code="a")
    assert (await stub.GetWarehouse(asked, metadata=told, timeout=20)).warehouse.code == "a"


async def test_what_is_at_work_is_finished_and_answered_when_the_service_stops(place: Place) -> None:
    call = place.ask("CreateItem", items_pb2.CreateItemRequest())

    async def working() -> bool:
        return place.desk.at_work == 1

    await eventually(working)
    assert place.running.server is not None
    stopping = asyncio.ensure_future(place.running.server.stop(20))
    await asyncio.sleep(0.2)
    place.desk.may_go_on.set()
    assert await call == items_pb2.CreateItemResponse()
    await stopping


# ------------------------------------------------------------ bounds and faults


async def test_requests_and_answers_have_a_largest_size(place: Place) -> None:
    name = "x" * (MEBIBYTE + MEBIBYTE // 4)
    answer = await place.ask("GetItem", items_pb2.GetItemRequest(code=name))
    assert answer.item.code == name
    for too_much in (2 * MEBIBYTE, 4 * MEBIBYTE):
        error = await refused(place.ask("GetItem", items_pb2.GetItemRequest(code="x" * too_much)))
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert (await place.ask("GetItem", items_pb2.GetItemRequest(code="x"))).item.code == "x"


async def test_more_calls_than_the_bound_are_refused_with_a_time_to_come_again(place: Place) -> None:
    # So many at once that the library would begin to cancel some by chance.
    calls = [place.ask("CreateItem", items_pb2.CreateItemRequest()) for _ in range(1024 + 1500)]
    answers = [asyncio.ensure_future(_outcome(call)) for call in calls]

    async def refused_are_answered() -> bool:
        return sum(1 for answer in answers if answer.done()) == 1500

    await eventually(refused_are_answered, 30)
    assert place.desk.at_work == 1024
    place.desk.may_go_on.set()
    outcomes = await asyncio.gather(*answers)
    errors = [error for error in outcomes if isinstance(error, grpc.aio.AioRpcError)]
    assert {from_call_error(error).reason for error in errors} == {"TOO_BUSY"}
    status: Any = rpc_status.from_call(errors[0])  # type: ignore[arg-type]
    retry = error_details_pb2.RetryInfo()
    assert any(detail.Unpack(retry) for detail in status.details)
    assert retry.retry_delay.ToTimedelta().total_seconds() == 0.2


async def _outcome(call: Any) -> Any:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        return error


@pytest.mark.parametrize("spoken", ["gate"], indirect=True)
async def test_what_is_no_answer_is_a_fault_and_the_next_call_is_answered(place: Place) -> None:
    error = await refused(place.ask("ListItems", items_pb2.ListItemsRequest()))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert (await place.ask("GetItem", items_pb2.GetItemRequest(code="x"))).item.code == "x"


async def test_a_method_that_there_is_not_is_unknown(place: Place) -> None:
    for path in ("/kuguan.stock.v1.ItemService/Nothing", "/nothing.Service/Nothing"):
        method: Any = place.channel.unary_unary(path)
        error = await refused(method(b"", timeout=5))
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_health_is_told_of_what_is_served(place: Place) -> None:
    stub: Any = health_pb2_grpc.HealthStub(place.channel)
    for name in ("", "kuguan.stock.v1.ItemService"):
        answer = await stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
    error = await refused(stub.Check(health_pb2.HealthCheckRequest(service="nothing"), timeout=5))
    assert error.code() is grpc.StatusCode.NOT_FOUND


# ------------------------------------------------------------ its start


async def test_a_port_that_is_taken_is_told(place: Place, start: Callable[..., Any]) -> None:
    with pytest.raises(SettingInvalid) as error:
        async with start(Desk(), KUGUAN_LISTEN=place.running.address):
            pass
    assert error.value.facts == {
        "setting": "KUGUAN_LISTEN",
        "value": place.running.address,
        "hint": "the port is taken or the address is wrong",
    }


@pytest.mark.parametrize("spoken", ["gate"], indirect=True)
async def test_a_gate_cannot_describe_messages(start: Callable[..., Any]) -> None:
    with pytest.raises(SettingInvalid) as error:
        async with start(Desk(), KUGUAN_REFLECTION="on"):
            pass
    assert error.value.setting == "KUGUAN_REFLECTION"


async def test_who_calls_is_known(place: Place) -> None:
    stub: Any = items_pb2_grpc.ItemServiceStub(place.channel)
    for told in ((), (("authorization", "Bearer x"),)):
        error = await refused(stub.GetItem(items_pb2.GetItemRequest(code="x"), metadata=told, timeout=5))
        assert isinstance(from_call_error(error), RemoteError)
        assert from_call_error(error).reason == "NOT_SIGNED_IN"
