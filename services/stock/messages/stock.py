"""Figures, entries and promises on the wire."""

from __future__ import annotations

from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal
from kuguan.stock.v1 import stock_pb2

from services.kit import wire
from services.kit.quantity import decimal_text
from services.stock.domain.items import Measure
from services.stock.domain.ledger import Entry
from services.stock.domain.reservations import Line, Reservation, State
from services.stock.domain.shelf import Balance

_STATES = {
    State.HELD: stock_pb2.RESERVATION_STATE_HELD,
    State.RESERVED: stock_pb2.RESERVATION_STATE_RESERVED,
    State.ISSUED: stock_pb2.RESERVATION_STATE_ISSUED,
    State.RELEASED: stock_pb2.RESERVATION_STATE_RELEASED,
    State.EXPIRED: stock_pb2.RESERVATION_STATE_EXPIRED,
}


def amount(scaled: int, measure: Measure) -> Decimal:
    """A quantity of an item as decimal text."""
    return Decimal(value=decimal_text(scaled, measure.scale))


def reservation_message(reservation: Reservation) -> stock_pb2.Reservation:
    """A promise as everybody sees it."""
    message = stock_pb2.Reservation()
    write_reservation(reservation, message)
    return message


def write_reservation(reservation: Reservation, message: stock_pb2.Reservation) -> None:
    """Fill in a promise; on the hot path this is half as much work as making messages and copying them."""
    message.document = reservation.document
    message.state = _STATES[reservation.state]
    if reservation.expires_at is not None:
        wire.write_timestamp(reservation.expires_at, message.expire_time)
    live = reservation.is_live
    for line in reservation.lines:
        _write_line(line, live, message)


def entry_message(entry: Entry) -> stock_pb2.Entry:
    """A ledger entry as everybody sees it."""
    move, cause = entry.move, entry.cause
    return stock_pb2.Entry(
        sequence=entry.sequence,
        item=move.key.item,
        warehouse=move.key.warehouse,
        lot=move.key.lot,
        serial=move.key.serial,
        quantity=amount(move.quantity, move.measure),
        movement=cause.movement,
        document=cause.document,
        line=move.line,
        counterpart=cause.counterpart,
        occur_time=wire.timestamp(cause.occurred_at),
        record_time=wire.timestamp(cause.recorded_at),
        actor=cause.actor,
        client=cause.client,
        unit=move.measure.base_unit,
        on_hand_after=amount(entry.on_hand_after, move.measure),
    )


def figures_message(measure: Measure, on_hand: int, held: int, reserved: int) -> stock_pb2.Figures:
    """Figures of a place; available is what is left of on hand."""
    return stock_pb2.Figures(
        on_hand=amount(on_hand, measure),
        held=amount(held, measure),
        reserved=amount(reserved, measure),
        available=amount(on_hand - held - reserved, measure),
    )


def lot_message(balance: Balance, measure: Measure, has_expired: bool) -> stock_pb2.LotFigures:
    """Figures of one lot or serial; what has expired counts as held."""
    held = balance.on_hand - balance.reserved if has_expired else balance.held
    return stock_pb2.LotFigures(
        lot=balance.key.lot,
        serial=balance.key.serial,
        expiry_date=wire.date_message(balance.expiry),
        figures=figures_message(measure, balance.on_hand, held, balance.reserved),
    )


def _write_line(line: Line, live: bool, message: stock_pb2.Reservation) -> None:
    measure = line.measure
    scale = measure.scale
    reserved = line.reserved
    missing = line.wanted - line.issued - reserved if live else 0
    # Field by field: names handed to a message as arguments cost as much again.
    told = message.lines.add()
    told.line = line.number
    told.item = measure.item
    told.warehouse = line.warehouse
    told.unit = measure.base_unit
    wanted_text = decimal_text(line.wanted, scale)
    told.wanted.value = wanted_text
    told.reserved.value = wanted_text if reserved == line.wanted else decimal_text(reserved, scale)
    told.issued.value = decimal_text(line.issued, scale) if line.issued else "0"
    told.short.value = decimal_text(missing, scale) if missing else "0"
    if measure.is_alike:
        if reserved:
            told.allocations.add().quantity.value = told.reserved.value
        return
    for key, quantity, expiry in line.pieces:
        allocation = told.allocations.add()
        allocation.lot = key.lot
        allocation.serial = key.serial
        allocation.quantity.value = decimal_text(quantity, scale)
        if expiry is not None:
            allocation.expiry_date.CopyFrom(wire.date_message(expiry) or Date())
