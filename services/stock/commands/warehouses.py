"""Changes of the warehouses."""

from __future__ import annotations

from dataclasses import replace

from kuguan.stock.v1 import events_pb2, warehouses_pb2

from services.kit.changes import Transaction, writes
from services.kit.errors import Duplicate
from services.stock.domain.warehouses import checked
from services.stock.messages.items import warehouse_from, warehouse_message
from services.stock.storage import warehouses

_EVERY_WAREHOUSE = 1_000_000


@writes(audited=True)
def create_warehouse(
    tx: Transaction, request: warehouses_pb2.CreateWarehouseRequest
) -> warehouses_pb2.CreateWarehouseResponse:
    """Create a warehouse and announce it."""
    warehouse = replace(checked(warehouse_from(request.warehouse)), created_at=tx.now)
    if warehouses.find(tx.connection, warehouse.code) is not None:
        raise Duplicate("warehouse", warehouse.code)
    warehouses.insert_one(tx.connection, warehouse, request.request_id)
    message = warehouse_message(warehouse)
    tx.publish(events_pb2.WarehouseCreated(warehouse=message), warehouse.code)
    tx.audit("create_warehouse", warehouse.code)
    return warehouses_pb2.CreateWarehouseResponse(warehouse=message)


def announce_warehouses(tx: Transaction) -> int:
    """Tell all warehouses again as they are now, so that projections can be rebuilt."""
    known = warehouses.page(tx.connection, after=0, limit=_EVERY_WAREHOUSE)
    for _, warehouse in known:
        message = warehouse_message(warehouse)
        tx.publish(events_pb2.WarehouseAnnounced(warehouse=message), warehouse.code)
    return len(known)
