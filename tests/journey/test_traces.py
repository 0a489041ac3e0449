"""One trace goes with an order through every part, from the question to what each tells the others."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from time import time

import pytest
from google.type.decimal_pb2 import Decimal
from kuguan.orders.v1 import orders_pb2, orders_pb2_grpc
from kuguan.type.v1.quantity_pb2 import Quantity
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Connection, select

from bot import service as bot_service
from deploy.secrets import ensure_secrets
from deploy.seed import seed
from services.approvals.service import SERVICE as APPROVALS
from services.kit import observe, testing
from services.kit.access import Caller, Signer
from services.kit.clients import WRITE_SECONDS, call, connect
from services.kit.run import Running, start
from services.kit.settings import Settings
from services.kit.tables import OUTBOX
from services.kit.testing import TestBroker
from services.orders.service import SERVICE as ORDERS
from services.stock.service import SERVICE as STOCK
from tests.journey.person import Person, Refused

PAPER = "BG-001"
PLACED = "kuguan.orders.v1.OrderPlaced"
UNTIL_ASKED = {PLACED, "kuguan.stock.v1.StockReserved", "kuguan.approvals.v1.ApprovalRequested"}
ZHANGSAN = Caller(
    person="zhangsan", department="行政部", permissions=frozenset({"orders.create"}), client="bot"
)


class Company:
    """The three services with the demo company, in this process; and who may call them."""

    def __init__(self, parts: dict[str, Running], signer: Signer, environment: dict[str, str]) -> None:
        self.parts = parts
        self.environment = environment
        self._signer = signer

    def token(self, caller: Caller) -> str:
        return self._signer.token(caller, time())[0]

    async def place(self, amount: str) -> str:
        """Zhang San asks for paper; the name of the order."""
        line = orders_pb2.CreateOrderLine(
            item=PAPER, warehouse="ZC", quantity=Quantity(value=Decimal(value=amount))
        )
        request = orders_pb2.CreateOrderRequest(
            request_id=f"trace-test-{amount}",
            lines=[line],
            requisition=orders_pb2.RequisitionEntry(purpose="投标"),
        )
        async with connect(self.parts["orders"].address) as channel:
            stub = orders_pb2_grpc.OrderServiceStub(channel)
            token = self.token(ZHANGSAN)
            answer = await call(stub.CreateOrder, request, token=token, seconds=WRITE_SECONDS)
        return str(answer.order.name)

    async def told(self, trace: str) -> set[str]:
        """The events of a trace, in the outboxes of all parts."""

        def look(connection: Connection) -> set[str]:
            traced = OUTBOX.c.trace.like(f"00-{trace}-%")
            return set(connection.scalars(select(OUTBOX.c.event_type).where(traced)))

        return {event for part in self.parts.values() for event in await part.runtime.reader.look(look)}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[TestBroker]:
    """A broker for the three."""
    with testing.broker(tmp_path / "broker") as started:
        yield started


@pytest.fixture
async def company(broker: TestBroker, tmp_path: Path) -> AsyncIterator[Company]:
    """The demo company at work in this process."""
    data = tmp_path / "data"
    ensure_secrets(data / "secrets")
    services = {"stock": STOCK, "orders": ORDERS, "approvals": APPROVALS}
    hearing = {name: one.hears for name, one in services.items()} | {"bot": bot_service.SERVICE.hears}
    await testing.set_up_streams(broker.url, hearing)
    environment = {
        "KUGUAN_DATA": str(data),
        "KUGUAN_BROKER_URL": broker.url,
        "KUGUAN_LISTEN": "127.0.0.1:0",
    }
    parts: dict[str, Running] = {}
    async with AsyncExitStack() as stack:
        for name, service in services.items():
            parts[name] = await start(service, Settings.of(name, environment))
            stack.push_async_callback(parts[name].stop)
        await asyncio.to_thread(seed, data, lambda name: parts[name].address)
        signer = Signer((data / "secrets" / "access-private.pem").read_text())
        yield Company(parts, signer, environment)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Everything recorded in this process while the test runs."""
    exporter = InMemorySpanExporter()
    observe.record("test", SimpleSpanProcessor(exporter))
    try:
        yield exporter
    finally:
        observe.end()


def by_trace(spans: InMemorySpanExporter) -> dict[str, set[str]]:
    """The names of finished spans by trace."""
    found: dict[str, set[str]] = defaultdict(set)
    for span in spans.get_finished_spans():
        assert span.context is not None
        found[f"{span.context.trace_id:032x}"].add(span.name)
    return found


async def test_an_order_is_one_trace_through_all_services(
    company: Company, spans: InMemorySpanExporter
) -> None:
    with observe.span("chat click") as place:
        await company.place("5")
    trace = place.split("-")[1]

    async def heard_by_all() -> bool:
        return await company.told(trace) >= UNTIL_ASKED

    await testing.eventually(heard_by_all)

    async def recorded() -> bool:
        names = by_trace(spans)[trace]
        return {f"hear {event}" for event in UNTIL_ASKED - {PLACED}} <= names

    await testing.eventually(recorded)
    names = by_trace(spans)[trace]
    assert {
        "chat click",
        "kuguan.orders.v1.OrderService/CreateOrder",
        "write create_order",
        f"hear {PLACED}",
    } <= names


async def test_one_trace_leads_from_the_tap_to_what_is_told(
    company: Company, spans: InMemorySpanExporter, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    addresses = {f"KUGUAN_{name.upper()}_ADDRESS": part.address for name, part in company.parts.items()}
    environment = {**company.environment, **addresses, "KUGUAN_WEB_LISTEN": listen}
    bot = await start(bot_service.declaration(), Settings.of("bot", environment))
    try:
        console = (data / "secrets" / "console.secret").read_text().strip()
        zhangsan, lixia = (Person(name, f"http://{listen}", console) for name in ("zhangsan", "lixia"))

        async def known() -> bool:
            try:
                return bool(await asyncio.to_thread(lixia.meaning, "A4打印纸 BG-001"))
            except Refused:
                return False

        await testing.eventually(known)
        order = await asyncio.to_thread(zhangsan.orders, "领5包A4纸 用于投标")
        card = await asyncio.to_thread(lixia.gets, order, "approve")
        await asyncio.to_thread(lixia.taps, card, "approve")
        await asyncio.to_thread(zhangsan.hears, f"{order} 已批准")

        async def told() -> bool:
            return any({"chat click", "chat tell"} <= names for names in by_trace(spans).values())

        await testing.eventually(told)
        wanted = {"chat click", "chat tell", "kuguan.approvals.v1.ApprovalService/Decide"}
        (names,) = [names for names in by_trace(spans).values() if wanted <= names]
        assert {"hear kuguan.approvals.v1.ApprovalGranted", "hear kuguan.orders.v1.OrderApproved"} <= names
    finally:
        await bot.stop()


async def test_each_step_hangs_on_the_one_before(company: Company, spans: InMemorySpanExporter) -> None:
    with observe.span("chat click") as place:
        await company.place("6")
    trace = place.split("-")[1]

    async def heard() -> bool:
        return "hear kuguan.stock.v1.StockReserved" in by_trace(spans)[trace]

    await testing.eventually(heard)
    steps = {span.context.span_id: span for span in spans.get_finished_spans() if span.context is not None}
    (last,) = [
        span
        for span in steps.values()
        if span.name == "hear kuguan.stock.v1.StockReserved"
        and span.context is not None
        and f"{span.context.trace_id:032x}" == trace
    ]
    way = [last.name]
    while last.parent is not None:
        last = steps[last.parent.span_id]
        way.append(last.name)
    call_, served = way[-2], way[-3]
    assert call_ == served == "kuguan.orders.v1.OrderService/CreateOrder"
    assert way[-1] == "chat click"
    assert way[:3] == ["hear kuguan.stock.v1.StockReserved", f"hear {PLACED}", "write create_order"]


async def test_a_trace_from_outside_is_handed_on_where_nothing_is_recorded(company: Company) -> None:
    assert not observe.is_recording()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with observe.span("a call of another company", f"00-{trace}-00f067aa0ba902b7-01"):
        await company.place("7")

    async def heard_by_all() -> bool:
        return await company.told(trace) >= UNTIL_ASKED

    await testing.eventually(heard_by_all)


async def test_without_a_collector_no_trace_begins(company: Company) -> None:
    await company.place("8")

    def look(connection: Connection) -> set[str]:
        return set(connection.scalars(select(OUTBOX.c.trace)))

    assert await company.parts["orders"].runtime.reader.look(look) == {""}
