"""Many at once: promises in large messages, a catalogue imported, and the events of both sent and heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
from google.type.decimal_pb2 import Decimal
from kuguan.orders.v1 import events_pb2 as order_events
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import items_pb2, items_pb2_grpc
from sqlalchemy import Connection, func, select

from services.kit import outbox
from services.kit.events import Announcement, Broker
from services.kit.ids import new_id
from services.kit.tables import INBOX, PARKED
from tests.load.bench import goods, stockroom
from tests.load.bench.caller import Task, call
from tests.load.bench.calls import BATCH
from tests.load.bench.children import processor_seconds
from tests.load.bench.stockroom import Stockroom
from tests.load.bench.table import Row, Table, at_least, told

ITEMS = 10_000
_MESSAGES_IN_FLIGHT = 4
_ROWS_IN_A_MESSAGE = 1000
_BATCH_GOAL = 30_000
_IMPORT_GOAL = 10_000
_RELAY_GOAL = 10_000
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.02
_EVENTS_AT_ONCE = 256


@dataclass(frozen=True)
class Size:
    """How much is done of each."""

    batch_seconds: float
    batch_messages: int
    rows: int
    imports: int
    events: int


def measure(folder: Path, new_database: Callable[[], str], database: str, size: Size) -> Table:
    """BatchReserve, ImportItems, the relay and the inbox of one stock service."""
    table = Table(f"many at once · {database}")
    with stockroom.at_work(folder, new_database(), ITEMS, gate=True) as (room, _):
        table.add(_batches(room, size))
        table.add(*_imports(room, size))
        table.add(*_hearing(room, size))
        broken = room.broken()
    table.add(Row("invariants afterwards", f"{len(broken)} broken", "0 broken", not broken))
    return table


def _batches(room: Stockroom, size: Size) -> Row:
    task = Task(
        address=room.address,
        kind="batch",
        in_flight=_MESSAGES_IN_FLIGHT,
        seconds=size.batch_seconds,
        prefix="batch",
        token=room.token,
        items=ITEMS,
        most=size.batch_messages,
        server=room.process,
    )
    measured = call(task)
    kept = room.promises()
    assert kept % BATCH == 0, "every promise of every message was made"
    assert kept >= measured.calls * BATCH, "what was answered is there"
    each = measured.server_microseconds / BATCH
    note = f"{measured.calls} messages; service {measured.server_busy:.0%} busy; {each:.0f} µs/command"
    return at_least("BatchReserve, 1,000 in a message", measured.rate * BATCH, _BATCH_GOAL, "/s", note)


def _imports(room: Stockroom, size: Size) -> list[Row]:
    """Import new items, each time watching how fast their events leave afterwards."""
    taken: list[float] = []
    sent: list[float] = []
    busy = processor_seconds(room.process)
    sending_busy = 0.0
    for number in range(size.imports):
        messages = list(_import_messages(number, size.rows))
        began = time.perf_counter()
        with grpc.insecure_channel(room.address) as channel:
            answer = items_pb2_grpc.ItemServiceStub(channel).ImportItems(
                iter(messages),
                timeout=_PATIENCE_SECONDS,
                metadata=(("authorization", f"Bearer {room.token}"),),
            )
        taken.append(size.rows / (time.perf_counter() - began))
        assert answer.written, "the import was refused"
        used = processor_seconds(room.process)
        sent.append(_drained(room))
        sending_busy += processor_seconds(room.process) - used
    all_rows = size.rows * size.imports
    each = (processor_seconds(room.process) - busy - sending_busy) / all_rows * 1e6
    each_event = sending_busy / all_rows * 1e6
    middle = sorted(taken)[len(taken) // 2]
    middle_sent = sorted(sent)[len(sent) // 2]
    return [
        at_least(
            f"ImportItems, {size.rows:,} rows",
            middle,
            _IMPORT_GOAL,
            "rows/s",
            f"{size.imports} imports; {each:.0f} µs/row",
        ),
        at_least(
            "relay, broker with sync always",
            middle_sent,
            _RELAY_GOAL,
            "events/s",
            f"the imports' events, from the answer until all are sent; {each_event:.0f} µs/event",
        ),
    ]


def _drained(room: Stockroom) -> float:
    """How many events a second leave until none is left."""
    waiting, _ = room.look(outbox.backlog)
    began = time.perf_counter()
    ends = began + _PATIENCE_SECONDS
    while room.look(outbox.backlog)[0]:
        assert time.perf_counter() < ends, "the relay does not come to an end"
        time.sleep(_LOOK_SECONDS)
    return waiting / max(time.perf_counter() - began, _LOOK_SECONDS)


def _import_messages(number: int, rows: int) -> Iterator[items_pb2.ImportItemsRequest]:
    header = items_pb2.ImportItemsHeader(request_id=f"import-number-{number}", strict=True)
    yield items_pb2.ImportItemsRequest(header=header)
    first = ITEMS + number * rows
    for start in range(0, rows, _ROWS_IN_A_MESSAGE):
        told_rows = [
            items_pb2.ImportItemsRow(
                row=position + 1,
                item=items_pb2.Item(
                    code=f"X{number}-{position}",
                    name=goods.name(first + position),
                    specification="标准",
                    category="办公用品",
                    base_unit="件",
                ),
            )
            for position in range(start, min(rows, start + _ROWS_IN_A_MESSAGE))
        ]
        yield items_pb2.ImportItemsRequest(rows=items_pb2.ImportItemsRows(rows=told_rows))


def _hearing(room: Stockroom, size: Size) -> list[Row]:
    """Tell of new orders as the orders service does, and watch stock hold goods for them."""
    placed = list(_placed(size.events))
    used = processor_seconds(room.process)
    before = room.look(_applied)
    began = time.perf_counter()
    asyncio.run(_publish(room.broker_url, placed))
    published = time.perf_counter() - began
    ends = began + _PATIENCE_SECONDS
    while (heard := room.look(_applied) - before) < len(placed):
        assert time.perf_counter() < ends, f"only {heard} of {len(placed)} events were applied"
        time.sleep(_LOOK_SECONDS)
    seconds = time.perf_counter() - began
    each = (processor_seconds(room.process) - used) / len(placed) * 1e6
    assert room.look(_parked) == 0, "no event is parked"
    return [
        told(
            "inbox, each event holds goods and announces it",
            len(placed) / seconds,
            "events/s",
            f"{each:.0f} µs/event; told by the neighbour at {len(placed) / published:,.0f}/s",
        )
    ]


def _placed(count: int) -> Iterator[Announcement]:
    now = datetime.now(UTC)
    for number in range(count):
        name = f"LY{1001 + number}"
        order = orders_pb2.Order(
            name=name,
            kind="requisition",
            stock_effect=orders_pb2.STOCK_EFFECT_ISSUE,
            movement="requisition_issue",
            requester="zhangsan",
            department="行政部",
            counterpart="行政部",
            holds_stock=True,
            lines=[
                orders_pb2.OrderLine(
                    line=1,
                    item=goods.code(number % ITEMS),
                    warehouse=goods.WAREHOUSE,
                    base_quantity=Decimal(value="1"),
                )
            ],
        )
        event = order_events.OrderPlaced(order=order)
        yield Announcement(
            row=number,
            event_id=new_id(),
            event_type=event.DESCRIPTOR.full_name,
            aggregate=name,
            aggregate_sequence=1,
            payload=event.SerializeToString(),
            trace="",
            time=now,
        )


async def _publish(url: str, events: list[Announcement]) -> None:
    broker = Broker("orders", url, None)
    await broker.connect()
    try:
        for start in range(0, len(events), _EVENTS_AT_ONCE):
            await broker.publish(events[start : start + _EVENTS_AT_ONCE])
    finally:
        await broker.close()


def _applied(connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).select_from(INBOX)) or 0)


def _parked(connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).select_from(PARKED)) or 0)
