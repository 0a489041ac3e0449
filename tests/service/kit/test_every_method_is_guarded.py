"""Every method of every service stands behind the border: nobody calls one without a token that allows it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
import pytest
from kuguan.approvals.v1 import access_pb2, approvals_pb2, people_pb2, rules_pb2
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import items_pb2, stock_pb2, warehouses_pb2

from services.approvals.service import SERVICE as APPROVALS
from services.kit import testing
from services.kit.access import Caller
from services.kit.rpc import PUBLIC, permissions_of
from services.kit.service import Service
from services.kit.testing import Keys
from services.orders.service import SERVICE as ORDERS
from services.stock.service import SERVICE as STOCK
from tests.service.kit.bus import Bus

CONTRACTS: dict[str, tuple[Service, tuple[ModuleType, ...]]] = {
    "stock": (STOCK, (items_pb2, stock_pb2, warehouses_pb2)),
    "orders": (ORDERS, (orders_pb2,)),
    "approvals": (APPROVALS, (access_pb2, approvals_pb2, people_pb2, rules_pb2)),
}
KEYS = Keys.new()


def in_particular_nobody() -> str:
    """A token of somebody without permissions, valid from now on."""
    return KEYS.token(Caller(person="zhangsan", client="bot"))


async def answer(channel: grpc.aio.Channel, method: Any, metadata: tuple[tuple[str, str], ...]) -> Any:
    """The status with which a method answers an empty request."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.client_streaming:
            streaming: Any = channel.stream_unary(path)
            await streaming(iter([b""]), metadata=metadata, timeout=5)
        else:
            calling: Any = channel.unary_unary(path)
            await calling(b"", metadata=metadata, timeout=5)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("name", list(CONTRACTS))
async def test_every_method_refuses_who_may_not(
    name: str, bus: Bus, tmp_path: Path, spoken: dict[str, str]
) -> None:
    service, contracts = CONTRACTS[name]
    described = [one for contract in contracts for one in contract.DESCRIPTOR.services_by_name.values()]
    permissions = permissions_of([one.full_name for one in described])
    clients = tmp_path / "clients.json"
    clients.write_text("[]")
    environment = {"KUGUAN_CLIENTS_FILE": str(clients), **spoken}
    asked = 0
    async with testing.running(service, bus.url, tmp_path / "data", KEYS, environment) as (_, channel):
        for method in (method for one in described for method in one.methods):
            if permissions[f"/{method.containing_service.full_name}/{method.name}"] == PUBLIC:
                continue
            asked += 1
            without = await answer(channel, method, ())
            assert without is grpc.StatusCode.UNAUTHENTICATED, method.full_name
            unpermitted = await answer(
                channel, method, (("authorization", f"Bearer {in_particular_nobody()}"),)
            )
            assert unpermitted is grpc.StatusCode.PERMISSION_DENIED, method.full_name
    assert asked >= len(described)
