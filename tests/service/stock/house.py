"""Stock at work with a real broker, and an orders service beside it that only tells things."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import grpc
from google.protobuf.message import Message
from google.type.decimal_pb2 import Decimal
from kuguan.orders.v1 import events_pb2 as order_events
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import (
    items_pb2,
    items_pb2_grpc,
    stock_pb2,
    stock_pb2_grpc,
    warehouses_pb2,
    warehouses_pb2_grpc,
)
from kuguan.type.v1.quantity_pb2 import Quantity
from sqlalchemy import Connection, MetaData, select, update

from services.kit import run, testing, wire
from services.kit.access import Caller
from services.kit.clients import call
from services.kit.rpc import from_call_error
from services.kit.run import Running
from services.kit.service import Service
from services.kit.settings import Settings
from services.kit.tables import AUDIT, INBOX, OUTBOX, PARKED
from services.kit.testing import Keys
from services.kit.verify import verify
from services.stock.commands.expiring import expire_holds
from services.stock.service import SERVICE
from services.stock.storage.tables import LOTS, RESERVATIONS

_ALL = frozenset({"stock.read", "stock.open", "stock.reserve", "stock.issue", "items.read", "items.write"})
KEEPER = Caller(person="zhaoliu", department="仓储部", permissions=_ALL, client="bot")
SHOP = Caller(permissions=frozenset({"stock.read", "stock.reserve", "stock.issue"}), client="shop")
READER = Caller(person="zhangsan", permissions=frozenset({"stock.read", "items.read"}), client="bot")

_ids = count(1)


def request_id() -> str:
    """A request id that was not used yet."""
    return f"test-request-{next(_ids)}"


def today() -> date:
    """The day it is in the warehouse of the tests."""
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()


def amount(value: str, unit: str = "") -> Quantity:
    """An amount of goods."""
    return Quantity(value=Decimal(value=value), unit=unit)


def wish(
    document: str, *lines: tuple[str, str], warehouse: str = "ZC", **more: Any
) -> stock_pb2.ReserveRequest:
    """A promise to ask for: item and amount for each line, with its unit behind a blank if not in 包."""
    return stock_pb2.ReserveRequest(
        request_id=request_id(),
        document=document,
        lines=[
            stock_pb2.ReserveLine(
                line=number, item=item, warehouse=warehouse, quantity=amount(*text.split(" "))
            )
            for number, (item, text) in enumerate(lines, start=1)
        ],
        **more,
    )


def order(name: str, *lines: tuple[str, str], warehouse: str = "ZC", **more: Any) -> orders_pb2.Order:
    """A requisition, or a return if its name says so, as orders tells it."""
    brings = name.startswith("TL")
    told = orders_pb2.Order(
        name=name,
        kind="return_to_stock" if brings else "requisition",
        stock_effect=orders_pb2.STOCK_EFFECT_RECEIVE if brings else orders_pb2.STOCK_EFFECT_ISSUE,
        movement="requisition_return" if brings else "requisition_issue",
        requester="zhangsan",
        department="行政部",
        counterpart="行政部",
        holds_stock=not brings,
        lines=[
            orders_pb2.OrderLine(
                line=number, item=item, warehouse=warehouse, base_quantity=Decimal(value=text)
            )
            for number, (item, text) in enumerate(lines, start=1)
        ],
    )
    told.MergeFrom(orders_pb2.Order(**more))
    return told


@dataclass
class House:
    """Stock at work, and the outbox of its neighbour."""

    at_work: Running
    orders: Running
    channel: Any
    keys: Keys
    _tokens: dict[Caller, str] = field(default_factory=dict)

    async def ask(
        self, method: str, request: Message, caller: Caller | None = KEEPER, seconds: float = 10
    ) -> Any:
        """Call a method of any of the three APIs for a caller, or without a token."""
        for stub in (
            stock_pb2_grpc.StockServiceStub(self.channel),
            items_pb2_grpc.ItemServiceStub(self.channel),
            warehouses_pb2_grpc.WarehouseServiceStub(self.channel),
        ):
            if hasattr(stub, method):
                return await call(
                    getattr(stub, method),
                    request,
                    token=self.token(caller) if caller else "",
                    seconds=seconds,
                )
        raise AssertionError(f"no method {method}")

    def token(self, caller: Caller) -> str:
        """A token of the caller, made once."""
        return self._tokens.setdefault(caller, self.keys.token(caller))

    async def create_item(self, code: str, **facts: Any) -> items_pb2.Item:
        """A new item, counted in whole 包 unless the facts say otherwise."""
        item = items_pb2.Item(**{"code": code, "name": f"物料{code}", "base_unit": "包", **facts})
        request = items_pb2.CreateItemRequest(request_id=request_id(), item=item)
        answer = (await self.ask("CreateItem", request)).item
        assert isinstance(answer, items_pb2.Item)
        return answer

    async def open(
        self, item: str, text: str, warehouse: str = "ZC", **more: Any
    ) -> stock_pb2.OpenStockResponse:
        """Record opening stock of one item."""
        expiry = more.pop("expiry", None)
        line = stock_pb2.OpeningLine(
            row=1,
            item=item,
            warehouse=warehouse,
            quantity=amount(*text.split(" ")),
            expiry_date=wire.date_message(expiry),
            **more,
        )
        answer = await self.ask(
            "OpenStock", stock_pb2.OpenStockRequest(request_id=request_id(), lines=[line])
        )
        assert isinstance(answer, stock_pb2.OpenStockResponse)
        return answer

    async def stocked(self, code: str, text: str, **facts: Any) -> None:
        """A new item with so much of it in ZC."""
        await self.create_item(code, **facts)
        assert (await self.open(code, text)).written

    async def reserve(self, request: stock_pb2.ReserveRequest) -> stock_pb2.Reservation:
        """Ask for a promise as an outside program."""
        answer = (await self.ask("Reserve", request, SHOP)).reservation
        assert isinstance(answer, stock_pb2.Reservation)
        return answer

    async def issue(self, document: str, *lines: tuple[int, str], caller: Caller = KEEPER) -> Any:
        """Hand over what is promised to a document, or so much of some lines."""
        asked = [stock_pb2.IssueLine(line=line, quantity=Decimal(value=text)) for line, text in lines]
        request = stock_pb2.IssueReservedRequest(request_id=request_id(), document=document, lines=asked)
        return await self.ask("IssueReserved", request, caller)

    async def bring_back(self, document: str, *lines: stock_pb2.ReturnLine, caller: Caller = KEEPER) -> Any:
        """Take back the goods of a return."""
        request = stock_pb2.ReturnToStockRequest(request_id=request_id(), document=document, lines=lines)
        return await self.ask("ReturnToStock", request, caller)

    async def figures(self, item: str, warehouse: str = "") -> tuple[str, str, str, str]:
        """On hand, held, reserved and available."""
        request = stock_pb2.GetAvailabilityRequest(item=item, warehouse=warehouse)
        total = (await self.ask("GetAvailability", request)).availability.total
        return total.on_hand.value, total.held.value, total.reserved.value, total.available.value

    async def promise(self, document: str) -> stock_pb2.Reservation:
        """The promise of a document as it is now."""
        answer = await self.ask("GetReservation", stock_pb2.GetReservationRequest(document=document))
        assert isinstance(answer.reservation, stock_pb2.Reservation)
        return answer.reservation

    async def entries(self, **wanted: Any) -> list[stock_pb2.Entry]:
        """Ledger entries, newest first."""
        answer = await self.ask("ListEntries", stock_pb2.ListEntriesRequest(**wanted))
        return list(answer.entries)

    async def placed(self, told: orders_pb2.Order) -> None:
        """Orders tell that an order was placed, and stock has heard it."""
        await self.tell(order_events.OrderPlaced(order=told), about=told.name)

    async def approved(self, told: orders_pb2.Order) -> None:
        """Orders tell that an order was approved, and stock has heard it."""
        await self.tell(order_events.OrderApproved(order=told), about=told.name)

    async def cancelled(self, told: orders_pb2.Order) -> None:
        """Orders tell that an order was taken back, and stock has heard it."""
        await self.tell(order_events.OrderCancelled(order=told), about=told.name)

    async def tell(self, event: Message, about: str) -> None:
        """Orders tell something through the broker, and stock has applied or parked it."""
        await self.orders.runtime.writer.act(lambda tx: tx.publish(event, about))
        newest = await self.orders.runtime.reader.look(
            lambda connection: connection.scalars(
                select(OUTBOX.c.event_id)
                .where(OUTBOX.c.aggregate == about)
                .order_by(OUTBOX.c.sequence.desc())
                .limit(1)
            ).one()
        )

        def applied(connection: Connection) -> bool:
            tables = (INBOX, PARKED)
            queries = (select(table.c.event_id).where(table.c.event_id == newest) for table in tables)
            return any(connection.execute(query).first() is not None for query in queries)

        await testing.eventually(lambda: self.look(applied))

    async def events(self, about: str) -> list[str]:
        """What stock announced about something, in order."""
        query = select(OUTBOX.c.event_type).where(OUTBOX.c.aggregate == about).order_by(OUTBOX.c.sequence)
        types = await self.look(lambda connection: list(connection.scalars(query)))
        return [str(event_type).rpartition(".")[2] for event_type in types]

    async def audit(self, subject: str) -> list[tuple[str, str, str]]:
        """Who did what with which outcome to a subject, in order."""
        query = select(AUDIT.c.actor, AUDIT.c.action, AUDIT.c.outcome).where(AUDIT.c.subject == subject)
        rows = await self.look(lambda connection: connection.execute(query.order_by(AUDIT.c.sequence)).all())
        return [(row.actor, row.action, row.outcome) for row in rows]

    async def look(self, function: Callable[[Connection], Any]) -> Any:
        """Read something from the database of stock."""
        return await self.at_work.runtime.reader.look(function)

    async def broken(self) -> dict[str, list[str]]:
        """What the checks of stock find, by invariant."""
        found: dict[str, list[str]] = {}
        for finding in verify(self.at_work.runtime.database, SERVICE):
            if finding.broken:
                found.setdefault(finding.invariant, []).extend(finding.broken)
        return found

    async def let_holds_end(self) -> int:
        """As if the time of every hold had run out; returns how many the timer then ended."""
        past = datetime.now(UTC) - timedelta(seconds=1)
        change = update(RESERVATIONS).where(RESERVATIONS.c.state == "held").values(expires_at=past)
        await self.at_work.runtime.writer.act(lambda tx: tx.connection.execute(change).rowcount)
        return await self.at_work.runtime.writer.act(expire_holds)

    async def let_lot_expire(self, lot: str) -> None:
        """As if the last day of a lot had been yesterday."""
        change = update(LOTS).where(LOTS.c.lot == lot).values(expiry=today() - timedelta(days=1))
        await self.at_work.runtime.writer.act(lambda tx: tx.connection.execute(change).rowcount)


async def import_items(
    house: House, items: Iterable[items_pb2.Item], **header: Any
) -> items_pb2.ImportItemsResponse:
    """Send a file of items, a thousand rows a message."""
    rows = [items_pb2.ImportItemsRow(row=number, item=item) for number, item in enumerate(items, start=1)]
    start = items_pb2.ImportItemsHeader(**{"request_id": request_id(), **header})

    async def messages() -> AsyncIterator[items_pb2.ImportItemsRequest]:
        yield items_pb2.ImportItemsRequest(header=start)
        for first in range(0, len(rows), 1000):
            yield items_pb2.ImportItemsRequest(
                rows=items_pb2.ImportItemsRows(rows=rows[first : first + 1000])
            )

    return await stream(house, messages())


async def stream(
    house: House, messages: AsyncIterator[items_pb2.ImportItemsRequest]
) -> items_pb2.ImportItemsResponse:
    """Send an import as it is given."""
    stub = items_pb2_grpc.ItemServiceStub(house.channel)
    metadata = (("authorization", f"Bearer {house.token(KEEPER)}"),)
    try:
        answer = await stub.ImportItems(messages, timeout=60, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        raise from_call_error(error) from error
    assert isinstance(answer, items_pb2.ImportItemsResponse)
    return answer


async def _neighbour(broker_url: str, folder: Path, keys: Keys) -> Running:
    keys.write(folder)
    settings = {
        "KUGUAN_DATA": str(folder),
        "KUGUAN_BROKER_URL": broker_url,
        "KUGUAN_ACCESS_PUBLIC_KEYS_FILE": str(folder / "access-public.pem"),
    }
    return await run.start(Service("orders", MetaData(), folder), Settings.of("orders", settings))


@asynccontextmanager
async def stock_at_work(folder: Path, database_url: str) -> AsyncIterator[House]:
    """Stock with one warehouse, ZC."""
    keys = Keys.new()
    environment = {"KUGUAN_DATABASE_URL": database_url}
    with testing.broker(folder / "broker") as broker:
        async with testing.running(SERVICE, broker.url, folder / "stock", keys, environment) as (
            at_work,
            channel,
        ):
            orders = await _neighbour(broker.url, folder / "orders", keys)
            house = House(at_work, orders, channel, keys)
            try:
                warehouse = warehouses_pb2.Warehouse(code="ZC", name="主仓", name_en="Main warehouse")
                request = warehouses_pb2.CreateWarehouseRequest(request_id=request_id(), warehouse=warehouse)
                await house.ask("CreateWarehouse", request)
                yield house
            finally:
                await orders.stop()
