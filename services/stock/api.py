"""The gRPC methods of stock: each asks one command or one query."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from kuguan.stock.v1 import (
    items_pb2,
    items_pb2_grpc,
    stock_pb2,
    stock_pb2_grpc,
    warehouses_pb2,
    warehouses_pb2_grpc,
)

from services.kit.errors import InvalidField
from services.kit.service import Runtime
from services.stock.commands import importing, issuing, opening, reserving, returning
from services.stock.commands import items as item_commands
from services.stock.commands import warehouses as warehouse_commands
from services.stock.queries import items as item_queries
from services.stock.queries import stock as stock_queries
from services.stock.queries.finding import ItemFinder

MAXIMUM_BATCH = 1000


class StockApi(stock_pb2_grpc.StockServiceServicer):
    """The ledger, its balances and the promises made on them."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def GetAvailability(
        self, request: stock_pb2.GetAvailabilityRequest, context: Any
    ) -> stock_pb2.GetAvailabilityResponse:
        """Tells how much of an item there is, place by place."""
        return await self._runtime.read(stock_queries.get_availability, request)

    async def BatchGetAvailability(
        self, request: stock_pb2.BatchGetAvailabilityRequest, context: Any
    ) -> stock_pb2.BatchGetAvailabilityResponse:
        """Tells how much there is of many items at once."""
        return await self._runtime.read(stock_queries.batch_get_availability, request)

    async def ListAvailability(
        self, request: stock_pb2.ListAvailabilityRequest, context: Any
    ) -> stock_pb2.ListAvailabilityResponse:
        """Lists what lies in a warehouse, or in all of them, by the items' codes."""
        return await self._runtime.read(stock_queries.list_availability, request)

    async def ListLowStock(
        self, request: stock_pb2.ListLowStockRequest, context: Any
    ) -> stock_pb2.ListLowStockResponse:
        """Lists the items at or below their reorder point."""
        return await self._runtime.read(stock_queries.list_low_stock, request)

    async def ListEntries(
        self, request: stock_pb2.ListEntriesRequest, context: Any
    ) -> stock_pb2.ListEntriesResponse:
        """Lists ledger entries, newest first."""
        return await self._runtime.read(stock_queries.list_entries, request)

    async def GetMovementTotals(
        self, request: stock_pb2.GetMovementTotalsRequest, context: Any
    ) -> stock_pb2.GetMovementTotalsResponse:
        """Adds up an item's ledger entries of a time, one total for each kind of movement."""
        return await self._runtime.read(stock_queries.get_movement_totals, request)

    async def GetReservation(
        self, request: stock_pb2.GetReservationRequest, context: Any
    ) -> stock_pb2.GetReservationResponse:
        """Gets the reservation of a document."""
        return await self._runtime.read(stock_queries.get_reservation, request)

    async def OpenStock(
        self, request: stock_pb2.OpenStockRequest, context: Any
    ) -> stock_pb2.OpenStockResponse:
        """Records opening stock."""
        return await self._runtime.write(opening.open_stock, request)

    async def Reserve(self, request: stock_pb2.ReserveRequest, context: Any) -> stock_pb2.ReserveResponse:
        """Promises goods to a document: all lines or none."""
        return await self._runtime.write(reserving.reserve, request)

    async def BatchReserve(
        self, request: stock_pb2.BatchReserveRequest, context: Any
    ) -> stock_pb2.BatchReserveResponse:
        """Makes up to 1,000 independent promises."""
        if not 1 <= len(request.requests) <= MAXIMUM_BATCH:
            raise InvalidField("requests", f"1 to {MAXIMUM_BATCH} requests")
        answers = await self._runtime.write_many(reserving.reserve, request.requests)
        return reserving.batch_answer(answers)

    async def Release(self, request: stock_pb2.ReleaseRequest, context: Any) -> stock_pb2.ReleaseResponse:
        """Gives back what is still promised to a document."""
        return await self._runtime.write(reserving.release, request)

    async def IssueReserved(
        self, request: stock_pb2.IssueReservedRequest, context: Any
    ) -> stock_pb2.IssueReservedResponse:
        """Hands over what is promised to a document."""
        return await self._runtime.write(issuing.issue_reserved, request)

    async def ReturnToStock(
        self, request: stock_pb2.ReturnToStockRequest, context: Any
    ) -> stock_pb2.ReturnToStockResponse:
        """Takes back the goods of an approved return."""
        return await self._runtime.write(returning.return_to_stock, request)

    async def CloseReturn(
        self, request: stock_pb2.CloseReturnRequest, context: Any
    ) -> stock_pb2.CloseReturnResponse:
        """Expects nothing more of a return."""
        return await self._runtime.write(returning.close_return, request)


class ItemApi(items_pb2_grpc.ItemServiceServicer):
    """The catalogue of items."""

    def __init__(self, runtime: Runtime, finder: ItemFinder) -> None:
        self._runtime = runtime
        self._finder = finder

    async def GetItem(self, request: items_pb2.GetItemRequest, context: Any) -> items_pb2.GetItemResponse:
        """Gets one item by its code."""
        return await self._runtime.read(item_queries.get_item, request)

    async def ListItems(
        self, request: items_pb2.ListItemsRequest, context: Any
    ) -> items_pb2.ListItemsResponse:
        """Lists items in the order of their codes."""
        return await self._runtime.read(item_queries.list_items, request)

    async def FindItems(
        self, request: items_pb2.FindItemsRequest, context: Any
    ) -> items_pb2.FindItemsResponse:
        """Finds items by what people call them."""
        return await self._runtime.read(self._finder.find, request)

    async def CreateItem(
        self, request: items_pb2.CreateItemRequest, context: Any
    ) -> items_pb2.CreateItemResponse:
        """Creates an item."""
        return await self._runtime.write(item_commands.create_item, request)

    async def UpdateItem(
        self, request: items_pb2.UpdateItemRequest, context: Any
    ) -> items_pb2.UpdateItemResponse:
        """Changes the fields of an item that the mask names."""
        return await self._runtime.write(item_commands.update_item, request)

    async def ImportItems(
        self, request_iterator: AsyncIterator[items_pb2.ImportItemsRequest], context: Any
    ) -> items_pb2.ImportItemsResponse:
        """Imports many items."""
        batch = await importing.collect_import(request_iterator)
        return await self._runtime.write(importing.import_items, batch)


class WarehouseApi(warehouses_pb2_grpc.WarehouseServiceServicer):
    """The places that own stock."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def GetWarehouse(
        self, request: warehouses_pb2.GetWarehouseRequest, context: Any
    ) -> warehouses_pb2.GetWarehouseResponse:
        """Gets one warehouse by its code."""
        return await self._runtime.read(item_queries.get_warehouse, request)

    async def ListWarehouses(
        self, request: warehouses_pb2.ListWarehousesRequest, context: Any
    ) -> warehouses_pb2.ListWarehousesResponse:
        """Lists all warehouses."""
        return await self._runtime.read(item_queries.list_warehouses, request)

    async def CreateWarehouse(
        self, request: warehouses_pb2.CreateWarehouseRequest, context: Any
    ) -> warehouses_pb2.CreateWarehouseResponse:
        """Creates a warehouse."""
        return await self._runtime.write(warehouse_commands.create_warehouse, request)
