"""Between orders and the contract: requests, resources, our events, and those of stock and approvals."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from google.protobuf.message import Message
from google.type.decimal_pb2 import Decimal
from kuguan.approvals.v1 import approvals_pb2
from kuguan.orders.v1 import events_pb2, orders_pb2
from kuguan.stock.v1 import events_pb2 as stock_events_pb2
from kuguan.stock.v1 import items_pb2, stock_pb2, warehouses_pb2
from kuguan.type.v1 import quantity_pb2

from services.kit import wire
from services.kit.access import Caller
from services.kit.errors import InvalidField
from services.kit.quantity import Quantity, decimal_text, parse_quantity
from services.kit.texts import plain_text
from services.orders.domain.catalogue import CatalogueItem, CatalogueWarehouse, Pack
from services.orders.domain.errors import EntryRequired, UnknownLine
from services.orders.domain.kinds import KIND_BY_ENTRY, OrderKind, StockEffect
from services.orders.domain.order import LineFigures, Order, OrderLine, OrderState
from services.orders.domain.placing import WantedLine, WantedOrder, check_line_count
from services.orders.domain.process import Change

MAXIMUM_TEXT = 200
_PERSON = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)

_STATES: Final = {state: f"ORDER_STATE_{state.value}" for state in OrderState}
_STATE_OF: Final = {orders_pb2.OrderState.Value(name): state for state, name in _STATES.items()}
_EFFECTS: Final = {
    StockEffect.ISSUE: orders_pb2.STOCK_EFFECT_ISSUE,
    StockEffect.RECEIVE: orders_pb2.STOCK_EFFECT_RECEIVE,
}

_UNTRACKED: Final = {items_pb2.TRACKING_UNSPECIFIED, items_pb2.TRACKING_NONE}

EVENTS: Mapping[Change, Callable[..., Message]] = {
    Change.PLACED: events_pb2.OrderPlaced,
    Change.STOCK_CHANGED: events_pb2.OrderStockChanged,
    Change.APPROVED: events_pb2.OrderApproved,
    Change.REJECTED: events_pb2.OrderRejected,
    Change.CANCELLED: events_pb2.OrderCancelled,
    Change.EXPIRED: events_pb2.OrderExpired,
    Change.PARTLY_FULFILLED: events_pb2.OrderPartlyFulfilled,
    Change.FULFILLED: events_pb2.OrderFulfilled,
}


def event(change: Change, order: Order) -> Message:
    """The event that tells a change, with the order as it is after it."""
    return EVENTS[change](order=order_message(order))


def order_message(order: Order) -> orders_pb2.Order:
    """The order as other programs see it."""
    return orders_pb2.Order(
        name=order.name,
        number=order.number,
        kind=order.kind.name,
        stock_effect=_EFFECTS[order.kind.stock_effect],
        movement=order.kind.movement,
        state=_STATES[order.state],
        version=order.version,
        requester=order.requester,
        department=order.department,
        lines=[_line_message(line) for line in order.lines],
        purpose=order.purpose,
        amount=wire.money(order.amount_micros),
        outcome_reason=order.outcome_reason,
        outcome_person=order.outcome_person,
        expire_time=wire.timestamp(order.expire_time),
        create_time=wire.timestamp(order.create_time),
        update_time=wire.timestamp(order.update_time),
        holds_stock=order.kind.holds_stock,
        counterpart=order.counterpart,
    )


def _line_message(line: OrderLine) -> orders_pb2.OrderLine:
    return orders_pb2.OrderLine(
        line=line.line,
        item=line.item,
        warehouse=line.warehouse,
        quantity=quantity_pb2.Quantity(value=wire.decimal(line.entered), unit=line.entered_unit),
        item_name=line.item_name,
        item_name_en=line.item_name_en,
        base_quantity=wire.decimal(line.ordered),
        base_unit=line.base_unit,
        category=line.category,
        amount=wire.money(line.amount_micros),
        reserved=wire.decimal(line.reserved),
        short=wire.decimal(line.short),
        fulfilled=wire.decimal(line.fulfilled),
        unrecorded=wire.decimal(line.unrecorded) if line.unrecorded else None,
    )


def returnable_message(item: CatalogueItem, outstanding: Fraction | None) -> orders_pb2.Returnable:
    """How much of an item can be brought back; None is not bounded."""
    scale = item.quantity_scale
    shown = decimal_text(int((outstanding or Fraction(0)) * 10**scale), scale)
    return orders_pb2.Returnable(
        item=item.code, bounded=outstanding is not None, outstanding=Decimal(value=shown), unit=item.base_unit
    )


def wanted_kind(request: orders_pb2.CreateOrderRequest | orders_pb2.GetReturnableRequest) -> OrderKind:
    """The kind that the filled entry fixes; raises EntryRequired."""
    entry = request.WhichOneof("entry")
    if entry is None:
        raise EntryRequired(", ".join(KIND_BY_ENTRY))
    return KIND_BY_ENTRY[entry]


def wanted_order(request: orders_pb2.CreateOrderRequest, caller: Caller) -> WantedOrder:
    """What the caller asks for; the entry that is filled fixes the kind.

    Raises EntryRequired, LineCountOutOfRange, NotAnAmount, and InvalidField for a text that cannot be one.
    """
    kind = wanted_kind(request)
    # Before any line is looked at: reading a million of them would keep everybody else waiting.
    check_line_count(len(request.lines))
    entry, purpose = kind.entry, getattr(request, kind.entry).purpose
    return WantedOrder(
        kind=kind,
        lines=tuple(
            WantedLine(
                item=line.item,
                warehouse=line.warehouse,
                amount=wire.fraction(line.quantity.value, f"lines[{index}].quantity"),
                unit=line.quantity.unit,
            )
            for index, line in enumerate(request.lines)
        ),
        purpose=words(purpose, f"{entry}.purpose", required=kind.purpose_required and bool(purpose)),
        requester=caller.person,
        department=caller.department,
        request_id=request.request_id,
    )


def words(text: str, field: str, *, required: bool = False) -> str:
    """A person's words on one line, trimmed; at most 200 characters. Raises InvalidField."""
    bounded = text[: 4 * MAXIMUM_TEXT + 1]
    return plain_text(" ".join(bounded.split()), field, MAXIMUM_TEXT, required=required)


def wanted_states(request: orders_pb2.ListOrdersRequest) -> frozenset[OrderState]:
    """The states a list is limited to. Raises InvalidField for a state that there is not."""
    unknown = [value for value in request.states if value not in _STATE_OF]
    if unknown:
        raise InvalidField("states", f"there is no state {unknown[0]}")
    return frozenset(_STATE_OF[value] for value in request.states)


def wanted_requester(request: orders_pb2.ListOrdersRequest) -> str:
    """Whose orders a list is limited to, if anybody's. Raises InvalidField for what can be no person's id."""
    if request.requester and not _PERSON.fullmatch(request.requester):
        raise InvalidField("requester", '1 to 40 of a-z, 0-9, "-" and "_"')
    return request.requester


def catalogue_item(item: items_pb2.Item) -> CatalogueItem:
    """What orders keep of an item that stock told."""
    return CatalogueItem(
        code=item.code,
        name=item.name,
        name_en=item.name_en,
        category=item.category,
        base_unit=item.base_unit,
        quantity_scale=item.quantity_scale,
        packs=tuple(Pack(pack.unit, Fraction(pack.numerator, pack.denominator)) for pack in item.packs),
        reference_cost_micros=wire.micros(item.reference_cost, "reference_cost"),
        archived=item.archived,
        tracked=item.tracking not in _UNTRACKED,
        etag=item.etag,
        update_time=wire.moment(item.update_time, "update_time"),
    )


def catalogue_warehouse(warehouse: warehouses_pb2.Warehouse) -> CatalogueWarehouse:
    """What orders keep of a warehouse that stock told."""
    return CatalogueWarehouse(code=warehouse.code, name=warehouse.name, name_en=warehouse.name_en)


def promised_figures(order: Order, reservation: stock_pb2.Reservation) -> tuple[LineFigures, ...]:
    """What stock promises to the order's lines and misses. Raises UnknownLine."""
    return tuple(
        LineFigures(
            line=line.line,
            reserved=_figure(order, line.line, line.reserved.value),
            short=_figure(order, line.line, line.short.value),
        )
        for line in reservation.lines
    )


def issued_figures(order: Order, reservation: stock_pb2.Reservation) -> tuple[LineFigures, ...]:
    """What left for the order's lines so far, and what is still promised. Raises UnknownLine."""
    return tuple(
        LineFigures(
            line=line.line,
            reserved=_figure(order, line.line, line.reserved.value),
            short=_figure(order, line.line, line.short.value),
            fulfilled=_figure(order, line.line, line.issued.value),
        )
        for line in reservation.lines
    )


def returned_figures(order: Order, told: stock_events_pb2.StockReturned) -> tuple[LineFigures, ...]:
    """What came back for the order's lines so far. Raises UnknownLine."""
    return tuple(
        LineFigures(line=line.line, fulfilled=_figure(order, line.line, line.returned.value))
        for line in told.lines
    )


def _figure(order: Order, number: int, amount: str) -> Quantity:
    if not 1 <= number <= len(order.lines):
        raise UnknownLine(order.name, number)
    line = order.lines[number - 1]
    return parse_quantity(amount or "0", line.ordered.scale, line.base_unit, f"lines[{number}]")


def refusal(task: approvals_pb2.Task) -> tuple[str, str]:
    """Who refused the task and what they said with it; empty if nobody is named."""
    votes = [vote for step in task.steps for vote in step.assignments]
    for vote in votes:
        if vote.state == approvals_pb2.ASSIGNMENT_STATE_REFUSED:
            return vote.decided_by or vote.person, vote.comment
    return "", ""
