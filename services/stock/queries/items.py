"""Reads of the catalogue and of the warehouses."""

from __future__ import annotations

from kuguan.stock.v1 import items_pb2, warehouses_pb2

from services.kit import wire
from services.kit.reading import View
from services.kit.texts import plain_text
from services.stock.domain.texts import item_code, warehouse_code
from services.stock.messages.items import item_message, warehouse_message
from services.stock.storage import items, warehouses


def get_item(view: View, request: items_pb2.GetItemRequest) -> items_pb2.GetItemResponse:
    """One item by its code."""
    item = items.get(view.connection, item_code(request.code, "code"))
    return items_pb2.GetItemResponse(item=item_message(item))


def list_items(view: View, request: items_pb2.ListItemsRequest) -> items_pb2.ListItemsResponse:
    """A page of items in the order of their codes."""
    size = wire.page_size(request.page_size)
    category = plain_text(request.category, "category", 80)
    query = f"items|{category}|{request.include_archived}"
    position = wire.decode_page_token(request.page_token, query)
    after = str(position[0]) if position else ""
    found = items.page(view.connection, after, category, request.include_archived, size + 1)
    page = found[:size]
    more = len(found) > size
    return items_pb2.ListItemsResponse(
        items=map(item_message, page),
        next_page_token=wire.encode_page_token(query, [page[-1].code]) if more else "",
    )


def get_warehouse(
    view: View, request: warehouses_pb2.GetWarehouseRequest
) -> warehouses_pb2.GetWarehouseResponse:
    """One warehouse by its code."""
    warehouse = warehouses.get(view.connection, warehouse_code(request.code, "code"))
    return warehouses_pb2.GetWarehouseResponse(warehouse=warehouse_message(warehouse))


def list_warehouses(
    view: View, request: warehouses_pb2.ListWarehousesRequest
) -> warehouses_pb2.ListWarehousesResponse:
    """A page of warehouses, oldest first."""
    size = wire.page_size(request.page_size)
    position = wire.decode_page_token(request.page_token, "warehouses")
    after = position[0] if position else 0
    found = warehouses.page(view.connection, after if isinstance(after, int) else 0, size + 1)
    page = found[:size]
    more = len(found) > size
    return warehouses_pb2.ListWarehousesResponse(
        warehouses=[warehouse_message(warehouse) for _, warehouse in page],
        next_page_token=wire.encode_page_token("warehouses", [page[-1][0]]) if more else "",
    )
