"""What news from stock and approvals does to an order, whenever it arrives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from services.orders.domain.order import LineFigures, Order, OrderState


class Change(Enum):
    """What happened to an order; each has its event in the contract."""

    PLACED = "PLACED"
    STOCK_CHANGED = "STOCK_CHANGED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    PARTLY_FULFILLED = "PARTLY_FULFILLED"
    FULFILLED = "FULFILLED"


class Remark(Enum):
    """What is worth an audit row although, or because, news did not find the order as expected."""

    NONE = ""
    OTHER_VERSION = "OTHER_VERSION"
    ORDER_DECIDED = "ORDER_DECIDED"
    ORDER_CLOSED = "ORDER_CLOSED"
    MOVED_AFTER_CLOSE = "MOVED_AFTER_CLOSE"


@dataclass(frozen=True, slots=True)
class Step:
    """The order after the news, what changed (None for nothing), and what an auditor should know."""

    order: Order
    change: Change | None = None
    remark: Remark = Remark.NONE


def granted(order: Order, task: str, version: int, now: datetime) -> Step:
    """Approvals granted a version of the order."""
    if order.granted_task == task and order.granted_version == version:
        return Step(order)
    obstacle = _undecidable(order, version)
    return obstacle or Step(order.approve(task, now), Change.APPROVED)


def refused(order: Order, version: int, person: str, reason: str, now: datetime) -> Step:
    """An approver refused a version of the order."""
    obstacle = _undecidable(order, version)
    return obstacle or Step(order.reject(person, reason, now), Change.REJECTED)


def withdrawn(order: Order, version: int, person: str, now: datetime) -> Step:
    """The requester withdrew the request in approvals, which is the same as cancelling the order."""
    if order.state is OrderState.CANCELLED:
        return Step(order)
    obstacle = _undecidable(order, version)
    return obstacle or Step(order.cancel(person, "", now), Change.CANCELLED)


def _undecidable(order: Order, version: int) -> Step | None:
    if version != order.version:
        return Step(order, remark=Remark.OTHER_VERSION)
    if not order.is_open:
        return Step(order, remark=Remark.ORDER_CLOSED)
    if order.state is not OrderState.PENDING_APPROVAL:
        return Step(order, remark=Remark.ORDER_DECIDED)
    return None


def promised(order: Order, figures: Sequence[LineFigures], now: datetime) -> Step:
    """Stock told what it promises to the order and what is missing."""
    if order.lines_with(figures) == order.lines:
        return Step(order)
    if not order.is_open:
        return Step(order, remark=Remark.ORDER_CLOSED)
    return Step(order.promise(figures, now), Change.STOCK_CHANGED)


def closed(order: Order, person: str, reason: str, now: datetime) -> Step:
    """The keeper expects nothing more of a return."""
    if not order.is_open:
        return Step(order, remark=Remark.ORDER_CLOSED)
    return Step(order.close(person, reason, now), Change.CANCELLED)


def moved(order: Order, figures: Sequence[LineFigures], now: datetime) -> Step:
    """Goods of the order left or arrived; figures tell what was carried out so far.

    Raises as Order.fulfil does.
    """
    lines = order.lines_with(figures)
    if all(after.fulfilled == before.fulfilled for after, before in zip(lines, order.lines, strict=True)):
        return promised(order, figures, now)
    after = order.fulfil(figures, now)
    change = Change.FULFILLED if after.state is OrderState.FULFILLED else Change.PARTLY_FULFILLED
    return Step(after, change, Remark.NONE if order.is_open else Remark.MOVED_AFTER_CLOSE)
