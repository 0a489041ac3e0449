"""The declaration of orders: what it offers, hears, stores, does on a timer and promises to hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kuguan.orders.v1 import orders_pb2_grpc

from services.kit.service import Api, Check, Runtime, Service, Timer
from services.orders import commands
from services.orders.api import OrderApi
from services.orders.reactions import REACTIONS
from services.orders.storage import METADATA, checks

EXPIRY_SECONDS = 10.0


def _apis(runtime: Runtime) -> Sequence[Api]:
    return [Api(orders_pb2_grpc.add_OrderServiceServicer_to_server, OrderApi(runtime))]


SERVICE = Service(
    name="orders",
    metadata=METADATA,
    migrations=Path(__file__).parent / "migrations",
    apis=_apis,
    announces="kuguan.orders.v1",
    hears=("kuguan.stock.v1", "kuguan.approvals.v1"),
    reactions=REACTIONS,
    timers=(Timer("expire_orders", EXPIRY_SECONDS, commands.expire_orders),),
    checks=(
        Check("I5", "order numbers have no gaps", checks.gaps_in_numbers),
        Check("I6", "never more carried out than ordered", checks.more_than_ordered),
        Check("I9", "goods move only for a granted version", checks.carried_out_without_grant),
        Check(
            "I12",
            "orders move along the state machine and have a timer until they end",
            checks.states_off_the_machine,
        ),
        Check("I13", "each request made one order", checks.requests_with_two_effects),
        Check("I19", "the kind of an order is the one in its name", checks.kinds_off_their_prefix),
    ),
)
