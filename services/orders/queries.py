"""Every read of orders; whose orders a caller may see is part of the query."""

from __future__ import annotations

from kuguan.orders.v1.orders_pb2 import (
    GetOrderRequest,
    GetOrderResponse,
    GetReturnableRequest,
    GetReturnableResponse,
    ListOrdersRequest,
    ListOrdersResponse,
)

from services.kit import wire
from services.kit.errors import InvalidField, NoSuch
from services.kit.reading import View
from services.orders import messages
from services.orders.domain.placing import MAXIMUM_LINES, returnable
from services.orders.storage import catalogue, orders

READ_ALL = "orders.read_all"


def get_order(view: View, request: GetOrderRequest) -> GetOrderResponse:
    """One order by its name or number; somebody else's is not there for a caller who sees only their own."""
    order = orders.find_order(view.connection, request.name, _own_only(view))
    if order is None:
        raise NoSuch("order", request.name[:60])
    return GetOrderResponse(order=messages.order_message(order))


def list_orders(view: View, request: ListOrdersRequest) -> ListOrdersResponse:
    """A page of orders, newest first."""
    size = wire.page_size(request.page_size)
    states = messages.wanted_states(request)
    own = _own_only(view)
    wanted = messages.wanted_requester(request) or own
    names = ",".join(sorted(state.value for state in states))
    query = f"orders\0{own}\0{request.requester}\0{names}"
    position = wire.decode_page_token(request.page_token, query)
    if own is not None and wanted != own:
        return ListOrdersResponse()
    found = orders.list_orders(
        view.connection,
        requester=wanted,
        states=states,
        before_number=None if position is None else _number(position),
        count=size + 1,
    )
    more = len(found) > size
    page = found[:size]
    return ListOrdersResponse(
        orders=[messages.order_message(order) for order in page],
        next_page_token=wire.encode_page_token(query, [page[-1].number]) if more else "",
    )


def get_returnable(view: View, request: GetReturnableRequest) -> GetReturnableResponse:
    """How much of some items the caller's department can still bring back."""
    kind = messages.wanted_kind(request)
    if len(request.items) > MAXIMUM_LINES:
        raise InvalidField("items", f"at most {MAXIMUM_LINES}")
    items = catalogue.load_items(view.connection, set(request.items))
    out = orders.handed_out(view.connection, kind, view.caller.department, set(items))
    bounds = returnable(items.values(), out)
    wanted = (items[code] for code in dict.fromkeys(request.items) if code in items)
    return GetReturnableResponse(
        items=[messages.returnable_message(item, bounds[item.code]) for item in wanted]
    )


def _own_only(view: View) -> str | None:
    """The person whose orders alone the caller may see; None for everybody's."""
    return None if view.caller.may(READ_ALL) else view.caller.person


def _number(position: list[str | int]) -> int:
    if len(position) == 1 and isinstance(position[0], int):
        return position[0]
    raise InvalidField("page_token", "not a token of this query; start again without it")
