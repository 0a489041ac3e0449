"""Reads of balances, of the ledger and of promises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from kuguan.stock.v1 import stock_pb2

from services.kit import wire
from services.kit.errors import InvalidField, NoSuch
from services.kit.reading import View
from services.kit.texts import plain_text
from services.stock.domain.items import Measure
from services.stock.domain.shelf import expired
from services.stock.domain.texts import document_name, item_code, tracking_code, warehouse_code
from services.stock.messages.requests import sight
from services.stock.messages.stock import (
    amount,
    entry_message,
    figures_message,
    lot_message,
    reservation_message,
)
from services.stock.storage import balances, items, ledger, reservations, warehouses
from services.stock.storage.balances import Figures
from services.stock.storage.ledger import Wanted

MAXIMUM_ITEMS = 1000
MAXIMUM_LOTS = 100
MAXIMUM_COUNTERPART = 500


def get_availability(
    view: View, request: stock_pb2.GetAvailabilityRequest
) -> stock_pb2.GetAvailabilityResponse:
    """How much of an item there is, place by place, with its lots if asked."""
    (availability,) = _availabilities(view, [request.item], request.warehouse)
    if request.include_lots:
        measure = items.measures(view.connection, [request.item])[request.item]
        today = warehouses.today(view.connection, view.now)
        for place in availability.places:
            place.lots.extend(_lots(view, measure, place.warehouse, today[place.warehouse]))
    return stock_pb2.GetAvailabilityResponse(availability=availability)


def batch_get_availability(
    view: View, request: stock_pb2.BatchGetAvailabilityRequest
) -> stock_pb2.BatchGetAvailabilityResponse:
    """How much there is of many items, in the order asked for."""
    if len(request.items) > MAXIMUM_ITEMS:
        raise InvalidField("items", f"at most {MAXIMUM_ITEMS}")
    return stock_pb2.BatchGetAvailabilityResponse(
        availabilities=_availabilities(view, request.items, request.warehouse)
    )


def list_availability(
    view: View, request: stock_pb2.ListAvailabilityRequest
) -> stock_pb2.ListAvailabilityResponse:
    """A page of what is on hand in a warehouse or in all of them, in the order of the items' codes."""
    size, query = wire.page_size(request.page_size), f"availability\0{request.warehouse}"
    position = wire.decode_page_token(request.page_token, query)
    if request.warehouse:
        warehouses.get(view.connection, warehouse_code(request.warehouse))
    after = str(position[0]) if position else ""
    found = balances.items_on_hand(view.connection, request.warehouse, after, size + 1)
    page = found[:size]
    return stock_pb2.ListAvailabilityResponse(
        availabilities=_availabilities(view, page, request.warehouse),
        next_page_token=wire.encode_page_token(query, [page[-1]]) if len(found) > size else "",
        item_count=balances.count_on_hand(view.connection, request.warehouse),
    )


def list_low_stock(view: View, request: stock_pb2.ListLowStockRequest) -> stock_pb2.ListLowStockResponse:
    """A page of the items at or below their reorder point, in the order of their codes."""
    size = wire.page_size(request.page_size)
    position = wire.decode_page_token(request.page_token, "low stock")
    after = str(position[0]) if position else ""
    today = warehouses.today(view.connection, view.now)
    found = balances.low_items(view.connection, after, size + 1, today)
    page = found[:size]
    known = items.find_many(view.connection, [code for code, _ in page])
    low = []
    for code, available in page:
        item = known[code]
        assert item.reorder_point is not None, "only watched items are low"
        low.append(
            stock_pb2.LowStock(
                item=code,
                name=item.name,
                name_en=item.name_en,
                unit=item.base_unit,
                available=amount(available, item.measure),
                reorder_point=amount(item.reorder_point, item.measure),
            )
        )
    more = len(found) > size
    token = wire.encode_page_token("low stock", [page[-1][0]]) if more else ""
    return stock_pb2.ListLowStockResponse(items=low, next_page_token=token)


def list_entries(view: View, request: stock_pb2.ListEntriesRequest) -> stock_pb2.ListEntriesResponse:
    """A page of ledger entries, newest first."""
    size = wire.page_size(request.page_size)
    wanted = _wanted(request)
    query = f"entries|{wanted}"
    position = wire.decode_page_token(request.page_token, query)
    before = int(position[0]) if position and isinstance(position[0], int) else None
    found = ledger.page(view.connection, wanted, before, size + 1)
    page = found[:size]
    token = wire.encode_page_token(query, [page[-1].sequence]) if len(found) > size else ""
    return stock_pb2.ListEntriesResponse(entries=map(entry_message, page), next_page_token=token)


def get_movement_totals(
    view: View, request: stock_pb2.GetMovementTotalsRequest
) -> stock_pb2.GetMovementTotalsResponse:
    """What an item's movements of a time come to, one total for each kind of movement."""
    code = item_code(request.item)
    measure = items.measures(view.connection, [code]).get(code)
    if measure is None:
        raise NoSuch("item", code)
    if request.warehouse:
        warehouses.get(view.connection, warehouse_code(request.warehouse))
    start, end = _span(request)
    wanted = Wanted(code, request.warehouse, counterpart=_counterpart(request), start=start, end=end)
    totals = [
        stock_pb2.MovementTotal(
            movement=total.movement, quantity=amount(total.quantity, measure), document_count=total.documents
        )
        for total in ledger.totals(view.connection, wanted)
    ]
    return stock_pb2.GetMovementTotalsResponse(totals=totals, unit=measure.base_unit)


def get_reservation(view: View, request: stock_pb2.GetReservationRequest) -> stock_pb2.GetReservationResponse:
    """The promise of a document, with the lots and serials to pick; somebody else's is not there."""
    reservation = reservations.seen(view.connection, document_name(request.document), sight(view.caller))
    return stock_pb2.GetReservationResponse(reservation=reservation_message(reservation))


def _availabilities(view: View, codes: Sequence[str], warehouse: str) -> list[stock_pb2.Availability]:
    for code in codes:
        item_code(code)
    if warehouse:
        warehouses.get(view.connection, warehouse_code(warehouse))
    measures = items.measures(view.connection, codes)
    today = warehouses.today(view.connection, view.now)
    places: dict[str, list[Figures]] = {}
    for figures in balances.figures(view.connection, codes, warehouse, today):
        places.setdefault(figures.item, []).append(figures)
    return [_availability(code, measures.get(code), places.get(code, [])) for code in codes]


def _availability(code: str, measure: Measure | None, places: list[Figures]) -> stock_pb2.Availability:
    if measure is None:
        raise NoSuch("item", code)
    return stock_pb2.Availability(
        item=code,
        unit=measure.base_unit,
        total=figures_message(
            measure,
            sum(place.on_hand for place in places),
            sum(place.held for place in places),
            sum(place.reserved for place in places),
        ),
        places=[
            stock_pb2.PlaceFigures(
                warehouse=place.warehouse,
                figures=figures_message(measure, place.on_hand, place.held, place.reserved),
            )
            for place in places
        ],
    )


def _lots(view: View, measure: Measure, warehouse: str, today: date) -> list[stock_pb2.LotFigures]:
    found = balances.lots(view.connection, measure.item, warehouse, MAXIMUM_LOTS)
    return [
        lot_message(balance, measure, expired(balance.expiry, today))
        for balance in found
        if balance.key.lot or balance.key.serial
    ]


def _wanted(request: stock_pb2.ListEntriesRequest) -> Wanted:
    start, end = _span(request)
    return Wanted(
        item=item_code(request.item) if request.item else "",
        warehouse=warehouse_code(request.warehouse) if request.warehouse else "",
        lot=tracking_code(request.lot, "lot") if request.lot else "",
        document=document_name(request.document) if request.document else "",
        counterpart=_counterpart(request),
        start=start,
        end=end,
    )


def _counterpart(request: stock_pb2.ListEntriesRequest | stock_pb2.GetMovementTotalsRequest) -> str:
    return plain_text(request.counterpart, "counterpart", MAXIMUM_COUNTERPART)


def _span(
    request: stock_pb2.ListEntriesRequest | stock_pb2.GetMovementTotalsRequest,
) -> tuple[datetime | None, datetime | None]:
    """The bounds of a time; None where none was given."""
    start = wire.moment(request.start_time, "start_time") if request.HasField("start_time") else None
    end = wire.moment(request.end_time, "end_time") if request.HasField("end_time") else None
    return start, end
