"""Every change of orders: one function is one transaction, read → decide → write → announce."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kuguan.approvals.v1 import approvals_pb2
from kuguan.approvals.v1 import events_pb2 as approval_events
from kuguan.orders.v1.orders_pb2 import (
    CancelOrderRequest,
    CancelOrderResponse,
    CreateOrderRequest,
    CreateOrderResponse,
)
from kuguan.stock.v1 import events_pb2 as stock_events

from services.kit.changes import Told, Transaction, reacts_in_groups, writes
from services.kit.errors import NoSuch, PermissionMissing
from services.orders import messages
from services.orders.domain import process
from services.orders.domain.errors import PersonRequired
from services.orders.domain.order import Order
from services.orders.domain.placing import place
from services.orders.domain.process import Change, Remark, Step
from services.orders.storage import catalogue, orders

READ_ALL = "orders.read_all"
CANCEL_ANY = "orders.cancel_any"
EXPIRED_AT_ONCE = 100

Promise = (
    stock_events.StockReserved
    | stock_events.StockShort
    | stock_events.StockReleased
    | stock_events.HoldExpired
)
ItemTold = stock_events.ItemCreated | stock_events.ItemUpdated | stock_events.ItemAnnounced
WarehouseTold = stock_events.WarehouseCreated | stock_events.WarehouseAnnounced


@writes(audited=True)
def create_order(tx: Transaction, request: CreateOrderRequest) -> CreateOrderResponse:
    """Place an order for the person who asks. Names, units and amounts come from what stock told."""
    if not tx.caller.person:
        raise PersonRequired(tx.caller.client)
    wanted = messages.wanted_order(request, tx.caller)
    items = catalogue.load_items(tx.connection, {line.item for line in wanted.lines})
    warehouses = catalogue.load_warehouses(tx.connection, {line.warehouse for line in wanted.lines})
    out = orders.handed_out(tx.connection, wanted.kind, wanted.department, set(items))
    order = place(wanted, orders.next_number(tx.connection), items, warehouses, tx.now, handed_out=out)
    orders.add_order(tx.connection, order)
    tx.publish(messages.event(Change.PLACED, order), order.name)
    unrecorded = {"unrecorded": ",".join(line.item for line in order.lines if line.unrecorded)[:200]}
    facts = unrecorded if any(unrecorded.values()) else {}
    tx.audit("create_order", order.name, kind=order.kind.name, lines=str(len(order.lines)), **facts)
    return CreateOrderResponse(order=messages.order_message(order))


@writes(audited=True)
def cancel_order(tx: Transaction, request: CancelOrderRequest) -> CancelOrderResponse:
    """Take an own order back before anything of it was handed over.

    Whoever may not see the order is told that there is none; whoever may see it, which permission is missing.
    """
    reason = messages.words(request.reason, "reason")
    sees_all = tx.caller.may(READ_ALL) or tx.caller.may(CANCEL_ANY)
    before = orders.find_order(tx.connection, request.name, None if sees_all else tx.caller.person)
    if before is None:
        raise NoSuch("order", request.name[:60])
    if before.requester != tx.caller.person and not tx.caller.may(CANCEL_ANY):
        raise PermissionMissing(CANCEL_ANY)
    after = before.cancel(tx.caller.name, reason, tx.now)
    _take(tx, "cancel_order", before, Step(after, Change.CANCELLED))
    return CancelOrderResponse(order=messages.order_message(after))


def expire_orders(tx: Transaction) -> int:
    """End orders whose time has run out, a bounded number at once; returns how many."""
    overdue = orders.overdue_orders(tx.connection, tx.now, EXPIRED_AT_ONCE)
    for order in overdue:
        _take(tx, "expire_order", order, Step(order.expire(tx.now), Change.EXPIRED))
    return len(overdue)


@reacts_in_groups
def know_items(tx: Transaction, told: Sequence[Told[ItemTold]]) -> None:
    """Keep what stock tells of items; events of one item come in order, so the last one counts."""
    catalogue.put_items(tx.connection, [messages.catalogue_item(one.message.item) for one in told])


def know_warehouse(tx: Transaction, event: WarehouseTold) -> None:
    """Keep what stock tells of a warehouse."""
    catalogue.put_warehouse(tx.connection, messages.catalogue_warehouse(event.warehouse))


def note_promise(tx: Transaction, event: Promise) -> None:
    """Take over what stock promises to an order and what is missing."""
    _hear_stock(
        tx,
        "note_promise",
        event.reservation.document,
        lambda order: process.promised(order, messages.promised_figures(order, event.reservation), tx.now),
    )


def note_issue(tx: Transaction, event: stock_events.StockIssued) -> None:
    """Take over that goods left for an order."""
    _hear_stock(
        tx,
        "fulfil_order",
        event.reservation.document,
        lambda order: process.moved(order, messages.issued_figures(order, event.reservation), tx.now),
    )


def note_return(tx: Transaction, event: stock_events.StockReturned) -> None:
    """Take over that goods of an order came back."""
    _hear_stock(
        tx,
        "fulfil_order",
        event.document,
        lambda order: process.moved(order, messages.returned_figures(order, event), tx.now),
    )


def note_closed_return(tx: Transaction, event: stock_events.ReturnClosed) -> None:
    """End a return of which the keeper expects nothing more."""
    _hear_stock(
        tx,
        "close_order",
        event.document,
        lambda order: process.closed(order, event.actor, event.reason, tx.now),
    )


def note_grant(tx: Transaction, event: approval_events.ApprovalGranted) -> None:
    """Allow an order to be carried out."""
    task = event.task
    _hear_approvals(
        tx,
        "approve_order",
        task,
        lambda order: process.granted(order, task.name, task.order_version, tx.now),
    )


def note_refusal(tx: Transaction, event: approval_events.ApprovalRefused) -> None:
    """End an order that was refused."""
    task = event.task
    person, reason = messages.refusal(task)
    _hear_approvals(
        tx,
        "reject_order",
        task,
        lambda order: process.refused(order, task.order_version, person, reason, tx.now),
    )


def note_withdrawal(tx: Transaction, event: approval_events.ApprovalWithdrawn) -> None:
    """Cancel an order whose requester withdrew the request; a task that ended with its order is no news."""
    if not event.by_requester:
        return
    task = event.task
    _hear_approvals(
        tx,
        "cancel_order",
        task,
        lambda order: process.withdrawn(order, task.order_version, order.requester, tx.now),
    )


def _hear_stock(tx: Transaction, action: str, document: str, decide: Callable[[Order], Step]) -> None:
    # Documents of other programs are stock's business alone.
    before = orders.find_order(tx.connection, document)
    if before is not None:
        _take(tx, action, before, decide(before))


def _hear_approvals(
    tx: Transaction, action: str, task: approvals_pb2.Task, decide: Callable[[Order], Step]
) -> None:
    before = orders.find_order(tx.connection, task.order)
    if before is None:
        tx.audit(action, task.order[:60], "UNKNOWN_ORDER", task=task.name)
        return
    _take(tx, action, before, decide(before), task=task.name)


def _take(tx: Transaction, action: str, before: Order, step: Step, **facts: str) -> None:
    """Write and announce a step; record it if the state changed or an auditor should know."""
    after = step.order
    if step.change is not None:
        orders.update_order(tx.connection, before, after)
        tx.publish(messages.event(step.change, after), after.name)
    if after.state is not before.state or step.remark is not Remark.NONE:
        facts |= {"state_before": before.state.value, "state_after": after.state.value}
        tx.audit(action, after.name, step.remark.value or "done", **facts)
