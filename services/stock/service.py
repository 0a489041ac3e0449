"""The declaration of stock: what it offers, hears, stores, does on a timer and promises to hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from kuguan.stock.v1 import items_pb2_grpc, stock_pb2_grpc, warehouses_pb2_grpc

from services.kit.service import Api, Check, Runtime, Service, Timer
from services.stock.api import ItemApi, StockApi, WarehouseApi
from services.stock.commands.expiring import EXPIRED_AT_ONCE, expire_holds
from services.stock.commands.items import announce_items
from services.stock.commands.warehouses import announce_warehouses
from services.stock.queries.finding import ItemFinder
from services.stock.reactions import REACTIONS
from services.stock.storage import METADATA, checks, settings

EXPIRY_SECONDS = 5.0
MAXIMUM_HOLD_HOURS = 24 * 90


async def _keep_settings(runtime: Runtime) -> None:
    """KUGUAN_HOLD_HOURS: how long goods are held for an order that nobody has decided."""
    hours = runtime.settings.number("HOLD_HOURS", settings.DEFAULT_HOLD_HOURS, 1, MAXIMUM_HOLD_HOURS)
    await runtime.writer.act(lambda tx: settings.keep(tx.connection, settings.HOLD_HOURS, hours))


def _apis(runtime: Runtime) -> Sequence[Api]:
    finder = ItemFinder()
    # Begun at once so that the first question does not wait for the whole catalogue; if it fails, the first
    # question reads the catalogue itself and tells what is wrong.
    reading = asyncio.ensure_future(runtime.reader.look(finder.refresh))
    reading.add_done_callback(lambda task: task.cancelled() or task.exception())
    return [
        Api(stock_pb2_grpc.add_StockServiceServicer_to_server, StockApi(runtime)),
        Api(items_pb2_grpc.add_ItemServiceServicer_to_server, ItemApi(runtime, finder)),
        Api(warehouses_pb2_grpc.add_WarehouseServiceServicer_to_server, WarehouseApi(runtime)),
    ]


SERVICE = Service(
    name="stock",
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    apis=_apis,
    announces="kuguan.stock.v1",
    hears=("kuguan.orders.v1",),
    reactions=REACTIONS,
    timers=(Timer("expire_holds", EXPIRY_SECONDS, expire_holds, EXPIRED_AT_ONCE),),
    announcements={"items": announce_items, "warehouses": announce_warehouses},
    checks=(
        Check("I1", "balances are the sums of their entries", checks.balances_are_sums_of_entries),
        Check("I2", "nothing is below zero", checks.figures_are_not_negative),
        Check("I3", "reserved is the sum of promises", checks.reserved_is_sum_of_promises),
        Check("I3", "allocations belong to living promises", checks.lines_agree_with_allocations),
        Check("I5", "entries have no gaps and name their cause", checks.entries_are_numbered_without_gaps),
        Check("I6", "lines say what the ledger says", checks.issued_is_what_the_ledger_says),
        Check("I7", "each serial is in one place", checks.serials_are_in_one_place),
        Check("I14", "every movement is announced", checks.movements_are_announced),
    ),
    at_start=_keep_settings,
)
