"""Soft promises whose time has run out."""

from __future__ import annotations

from kuguan.stock.v1 import events_pb2

from services.kit.changes import Transaction
from services.stock.commands.filling import fill_waiting
from services.stock.domain.reservations import State
from services.stock.messages.stock import reservation_message
from services.stock.storage import balances, reservations

EXPIRED_AT_ONCE = 1000


def expire_holds(tx: Transaction) -> int:
    """End holds that are overdue, a bounded number at once; returns how many."""
    overdue = reservations.ran_out(tx.connection, tx.now, EXPIRED_AT_ONCE)
    if not overdue:
        return 0
    places = {place for reservation in overdue for place in reservation.places}
    shelf = balances.load(tx.connection, {place.item for place in places}, tx.now)
    for reservation in overdue:
        reservation.end(shelf, State.EXPIRED)
        message = reservation_message(reservation)
        tx.publish(events_pb2.HoldExpired(reservation=message), reservation.document)
    reservations.save_many(tx.connection, overdue)
    fill_waiting(tx, shelf, places)
    balances.save(tx.connection, shelf)
    return len(overdue)
