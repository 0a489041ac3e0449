"""Orders at work with a real broker, and what stock and approvals tell it through their own outboxes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message
from google.type.decimal_pb2 import Decimal
from kuguan.approvals.v1 import approvals_pb2
from kuguan.approvals.v1 import events_pb2 as approval_events
from kuguan.orders.v1 import orders_pb2, orders_pb2_grpc
from kuguan.stock.v1 import events_pb2 as stock_events
from kuguan.stock.v1 import items_pb2, stock_pb2, warehouses_pb2
from kuguan.type.v1.quantity_pb2 import Quantity
from sqlalchemy import Connection, MetaData, select

from services.kit import run, testing, wire
from services.kit.access import Caller
from services.kit.clients import call
from services.kit.run import Running
from services.kit.service import Service
from services.kit.settings import Settings
from services.kit.tables import AUDIT, INBOX, OUTBOX, PARKED
from services.kit.testing import Keys
from services.kit.verify import verify
from services.orders.service import SERVICE

_MAY = frozenset({"orders.create", "orders.read"})
ZHANGSAN = Caller(person="zhangsan", department="行政部", permissions=_MAY, client="bot")
WANGWU = Caller(person="wangwu", department="市场部", permissions=_MAY, client="bot")
AUDITOR = Caller(person="qianwu", permissions=_MAY | {"orders.read_all"}, client="bot")
OFFICE = Caller(person="qianwu", permissions=_MAY | {"orders.cancel_any"}, client="bot")
PROGRAM = Caller(permissions=_MAY, client="shop")

Result = TypeVar("Result")

_ids = count(1)


def request_id() -> str:
    """A request id that was not used yet."""
    return f"test-request-{next(_ids)}"


def paper(amount: str = "5", unit: str = "", **entry: Any) -> orders_pb2.CreateOrderRequest:
    """A request for paper; a requisition unless another entry is given."""
    quantity = Quantity(value=Decimal(value=amount), unit=unit)
    line = orders_pb2.CreateOrderLine(item="BG-001", warehouse="ZC", quantity=quantity)
    entry = entry or {"requisition": orders_pb2.RequisitionEntry(purpose="投标")}
    return orders_pb2.CreateOrderRequest(request_id=request_id(), lines=[line], **entry)


def item(code: str, **changes: Any) -> items_pb2.Item:
    """An item as stock tells it."""
    told = items_pb2.Item(
        code=code,
        name="A4打印纸",
        name_en="A4 copy paper",
        category="办公用品",
        base_unit="包",
        packs=[items_pb2.Pack(unit="箱", numerator=8, denominator=1)],
        reference_cost=wire.money(18_000_000),
        etag="1",
    )
    told.update_time.seconds = 1_700_000_000
    told.MergeFrom(items_pb2.Item(**changes))
    return told


def reservation(document: str, reserved: int, short: int = 0, issued: int = 0) -> stock_pb2.Reservation:
    """A promise for one line, as stock tells it."""
    line = stock_pb2.ReservedLine(
        line=1,
        item="BG-001",
        warehouse="ZC",
        wanted=Decimal(value=str(reserved + short + issued)),
        reserved=Decimal(value=str(reserved)),
        short=Decimal(value=str(short)),
        issued=Decimal(value=str(issued)),
    )
    return stock_pb2.Reservation(document=document, lines=[line])


def task(order: orders_pb2.Order, version: int = 1) -> approvals_pb2.Task:
    """A task about an order, as approvals tells it."""
    return approvals_pb2.Task(name=f"{order.name}-{version}", order=order.name, order_version=version)


@dataclass
class World:
    """Orders at work, and its neighbours' outboxes."""

    at_work: Running
    stock: Running
    approvals: Running
    stub: orders_pb2_grpc.OrderServiceStub
    keys: Keys
    _tokens: dict[Caller, str] = field(default_factory=dict)

    async def ask(self, method: str, request: Message, caller: Caller | None = ZHANGSAN) -> Any:
        """Call a method for a caller, or without a token."""
        token = ""
        if caller is not None:
            token = self._tokens.setdefault(caller, self.keys.token(caller))
        return await call(getattr(self.stub, method), request, token=token, seconds=10)

    async def create(
        self, request: orders_pb2.CreateOrderRequest | None = None, caller: Caller = ZHANGSAN
    ) -> orders_pb2.Order:
        """Place an order; for five packets of paper if nothing else is asked for."""
        order = (await self.ask("CreateOrder", request or paper(), caller)).order
        assert isinstance(order, orders_pb2.Order)
        return order

    async def cancel(self, name: str, caller: Caller = ZHANGSAN, reason: str = "") -> orders_pb2.Order:
        """Take an order back."""
        asked = orders_pb2.CancelOrderRequest(request_id=request_id(), name=name, reason=reason)
        order = (await self.ask("CancelOrder", asked, caller)).order
        assert isinstance(order, orders_pb2.Order)
        return order

    async def get(self, name: str, caller: Caller = AUDITOR) -> orders_pb2.Order:
        """One order as it is now."""
        order = (await self.ask("GetOrder", orders_pb2.GetOrderRequest(name=name), caller)).order
        assert isinstance(order, orders_pb2.Order)
        return order

    async def tell(self, *events: Message, about: str) -> None:
        """Stock or approvals tell something, and orders has heard it."""
        package = events[0].DESCRIPTOR.file.package
        source = self.stock if package == "kuguan.stock.v1" else self.approvals

        def publish(tx: Any) -> None:
            for event in events:
                tx.publish(event, about)

        await source.runtime.writer.act(publish)
        await testing.eventually(lambda: self._heard(package, about, source))

    async def _heard(self, package: str, about: str, source: Running) -> bool:
        newest = await source.runtime.reader.look(
            lambda connection: connection.scalars(
                select(OUTBOX.c.event_id)
                .where(OUTBOX.c.aggregate == about)
                .order_by(OUTBOX.c.sequence.desc())
                .limit(1)
            ).one()
        )

        def applied(connection: Connection) -> bool:
            found = connection.scalars(select(INBOX.c.event_id).where(INBOX.c.event_id == newest)).first()
            parked = connection.scalars(select(PARKED.c.event_id).where(PARKED.c.event_id == newest)).first()
            return found is not None or parked is not None

        return await self.at_work.runtime.reader.look(applied)

    async def events(self, name: str) -> list[str]:
        """What orders announced about an order, in order."""
        query = select(OUTBOX.c.event_type).where(OUTBOX.c.aggregate == name).order_by(OUTBOX.c.sequence)
        types = await self.look(lambda connection: list(connection.scalars(query)))
        return [str(event_type).rpartition(".")[2] for event_type in types]

    async def audit(self, subject: str) -> list[tuple[str, str, str]]:
        """Who did what with which outcome to a subject, in order."""
        query = select(AUDIT.c.actor, AUDIT.c.action, AUDIT.c.outcome).where(AUDIT.c.subject == subject)
        return await self.look(
            lambda connection: [
                (row.actor, row.action, row.outcome)
                for row in connection.execute(query.order_by(AUDIT.c.sequence))
            ]
        )

    async def look(self, function: Callable[[Connection], Result]) -> Result:
        """Read something from the database of orders."""
        return await self.at_work.runtime.reader.look(function)

    async def broken(self) -> dict[str, list[str]]:
        """What the checks of orders find, by invariant."""
        found: dict[str, list[str]] = {}
        for finding in verify(self.at_work.runtime.database, SERVICE):
            if finding.broken:
                found.setdefault(finding.invariant, []).extend(finding.broken)
        return found

    async def approved(self, amount: str = "5") -> orders_pb2.Order:
        """An order that was granted and is promised in full."""
        order = await self.create(paper(amount))
        await self.tell(
            stock_events.StockReserved(reservation=reservation(order.name, int(amount))), about=order.name
        )
        await self.tell(approval_events.ApprovalGranted(task=task(order)), about=f"{order.name}-1")
        return await self.get(order.name)


async def _neighbour(name: str, broker_url: str, folder: Path, keys: Keys) -> Running:
    nothing = folder / name
    nothing.mkdir(parents=True)
    (nothing / "access-public.pem").write_text(keys.public)
    settings = {
        "KUGUAN_DATA": str(nothing),
        "KUGUAN_BROKER_URL": broker_url,
        "KUGUAN_ACCESS_PUBLIC_KEYS_FILE": str(nothing / "access-public.pem"),
    }
    return await run.start(Service(name, MetaData(), nothing), Settings.of(name, settings))


@asynccontextmanager
async def orders_at_work(folder: Path) -> AsyncIterator[World]:
    """Orders with a warehouse and an item that stock told it about."""
    keys = Keys.new()
    with testing.broker(folder / "broker") as broker:
        async with testing.running(SERVICE, broker.url, folder / "orders", keys) as (at_work, channel):
            stock = await _neighbour("stock", broker.url, folder, keys)
            approvals = await _neighbour("approvals", broker.url, folder, keys)
            stub = orders_pb2_grpc.OrderServiceStub(channel)
            world = World(at_work, stock, approvals, stub, keys)
            try:
                warehouse = warehouses_pb2.Warehouse(code="ZC", name="主仓")
                await world.tell(stock_events.WarehouseCreated(warehouse=warehouse), about="ZC")
                await world.tell(stock_events.ItemCreated(item=item("BG-001")), about="BG-001")
                yield world
            finally:
                await stock.stop()
                await approvals.stop()
