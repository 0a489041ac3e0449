"""What the life of an order does to stock: hold, promise, expect, release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from kuguan.orders.v1 import events_pb2 as order_events
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import events_pb2

from services.kit.changes import Told, Transaction, reacts_in_groups
from services.kit.errors import NoSuch
from services.stock.commands.filling import announce_promise, fill_waiting
from services.stock.domain.items import Measure
from services.stock.domain.reservations import State
from services.stock.messages import requests
from services.stock.messages.stock import reservation_message
from services.stock.storage import balances, items, reservations, returns, settings, warehouses

OrderEnded = order_events.OrderRejected | order_events.OrderCancelled | order_events.OrderExpired


@reacts_in_groups
def hold_for_order(tx: Transaction, told: Sequence[Told[order_events.OrderPlaced]]) -> None:
    """Hold what is there for new orders until they are decided; note what a return will bring."""
    holding: dict[str, Told[order_events.OrderPlaced]] = {}
    for one in told:
        order = one.message.order
        if order.stock_effect == orders_pb2.STOCK_EFFECT_RECEIVE:
            _expect(tx, order, approved=False)
        elif order.stock_effect == orders_pb2.STOCK_EFFECT_ISSUE and order.holds_stock:
            holding.setdefault(order.name, one)
    taken = reservations.taken(tx.connection, list(holding))
    _promise(tx, [one for name, one in holding.items() if name not in taken], approved=False)


def promise_to_order(tx: Transaction, event: order_events.OrderApproved) -> None:
    """Make an order's hold hard and try again what is missing; let an approved return come back."""
    order = event.order
    if order.stock_effect == orders_pb2.STOCK_EFFECT_RECEIVE:
        _expect(tx, order, approved=True)
        return
    if order.stock_effect != orders_pb2.STOCK_EFFECT_ISSUE:
        return
    reservation = reservations.find(tx.connection, order.name)
    if reservation is None:
        _promise(tx, [Told(event, tx.trace)], approved=True)
        return
    shelf = balances.load(tx.connection, {line.item for line in reservation.lines}, tx.now)
    if reservation.approve(shelf, tx.now):
        balances.save(tx.connection, shelf)
        reservations.save_many(tx.connection, [reservation])
        announce_promise(tx, reservation)


def release_order(tx: Transaction, event: OrderEnded) -> None:
    """Give back what was promised to an order that will not be carried out; expect its return no more."""
    document = event.order.name
    expected = returns.find(tx.connection, document)
    if expected is not None:
        expected.withdraw()
        returns.save(tx.connection, expected)
    reservation = reservations.find(tx.connection, document)
    if reservation is None:
        return
    places = reservation.places
    shelf = balances.load(tx.connection, {place.item for place in places}, tx.now)
    if not reservation.end(shelf, State.RELEASED):
        return
    reservations.save_many(tx.connection, [reservation])
    message = reservation_message(reservation)
    tx.publish(events_pb2.StockReleased(reservation=message), document)
    fill_waiting(tx, shelf, places)
    balances.save(tx.connection, shelf)


def _promise(
    tx: Transaction,
    told: Sequence[Told[order_events.OrderPlaced] | Told[order_events.OrderApproved]],
    *,
    approved: bool,
) -> None:
    """Promise what is there to orders, in their order, from one look at the shelves."""
    if not told:
        return
    orders = [one.message.order for one in told]
    measures = _measures(tx, orders)
    expires_at = None if approved else tx.now + timedelta(hours=settings.hold_hours(tx.connection))
    shelf = balances.load(tx.connection, {line.item for order in orders for line in order.lines}, tx.now)
    promises = [requests.order_promise(order, measures, tx.now, expires_at) for order in orders]
    for reservation in promises:
        if approved:
            reservation.approve(shelf, tx.now)
        else:
            reservation.fill(shelf)
    reservations.insert_many(tx.connection, promises, shelf)
    for one, reservation in zip(told, promises, strict=True):
        tx.trace = one.trace
        announce_promise(tx, reservation)


def _expect(tx: Transaction, order: orders_pb2.Order, *, approved: bool) -> None:
    expected = returns.find(tx.connection, order.name)
    if expected is None:
        expected = requests.order_return(order, _measures(tx, [order]), tx.now)
        returns.insert_one(tx.connection, expected)
    if approved:
        expected.approve()
        returns.save(tx.connection, expected)


def _measures(tx: Transaction, orders: Sequence[orders_pb2.Order]) -> dict[str, Measure]:
    """How the orders' items are counted; an order about things that are not there cannot be promised."""
    lines = [line for order in orders for line in order.lines]
    measures = items.measures(tx.connection, {line.item for line in lines})
    known_places = warehouses.today(tx.connection, tx.now)
    for line in lines:
        if line.item not in measures:
            raise NoSuch("item", line.item)
        if line.warehouse not in known_places:
            raise NoSuch("warehouse", line.warehouse)
    return measures
