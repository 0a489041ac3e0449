"""The gRPC methods of orders: each asks one command or one query."""

from __future__ import annotations

from typing import Any

from kuguan.orders.v1 import orders_pb2, orders_pb2_grpc

from services.kit.service import Runtime
from services.orders import commands, queries


class OrderApi(orders_pb2_grpc.OrderServiceServicer):
    """Order documents of every kind."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def CreateOrder(
        self, request: orders_pb2.CreateOrderRequest, context: Any
    ) -> orders_pb2.CreateOrderResponse:
        """Places an order."""
        return await self._runtime.write(commands.create_order, request)

    async def GetOrder(
        self, request: orders_pb2.GetOrderRequest, context: Any
    ) -> orders_pb2.GetOrderResponse:
        """Gets one order."""
        return await self._runtime.read(queries.get_order, request)

    async def ListOrders(
        self, request: orders_pb2.ListOrdersRequest, context: Any
    ) -> orders_pb2.ListOrdersResponse:
        """Lists orders, newest first."""
        return await self._runtime.read(queries.list_orders, request)

    async def GetReturnable(
        self, request: orders_pb2.GetReturnableRequest, context: Any
    ) -> orders_pb2.GetReturnableResponse:
        """Tells how much of some items the caller's department can still bring back."""
        return await self._runtime.read(queries.get_returnable, request)

    async def CancelOrder(
        self, request: orders_pb2.CancelOrderRequest, context: Any
    ) -> orders_pb2.CancelOrderResponse:
        """Takes an order back."""
        return await self._runtime.write(commands.cancel_order, request)
