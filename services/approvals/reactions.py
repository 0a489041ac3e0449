"""What approvals do when they hear of orders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.approvals.commands import course
from services.kit.changes import Transaction

REACTIONS: Mapping[str, Callable[[Transaction, Any], None]] = {
    "kuguan.orders.v1.OrderPlaced": course.open_task,
    "kuguan.orders.v1.OrderCancelled": course.end_task,
    "kuguan.orders.v1.OrderExpired": course.end_task,
    "kuguan.orders.v1.OrderRejected": course.end_task,
    "kuguan.orders.v1.OrderPartlyFulfilled": course.end_task,
    "kuguan.orders.v1.OrderFulfilled": course.end_task,
}
