"""What stock does when it hears of orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.kit.changes import Transaction
from services.stock.commands import order_promises

REACTIONS: Mapping[str, Callable[[Transaction, Any], None]] = {
    "kuguan.orders.v1.OrderPlaced": order_promises.hold_for_order,
    "kuguan.orders.v1.OrderApproved": order_promises.promise_to_order,
    "kuguan.orders.v1.OrderRejected": order_promises.release_order,
    "kuguan.orders.v1.OrderCancelled": order_promises.release_order,
    "kuguan.orders.v1.OrderExpired": order_promises.release_order,
}
