"""Goods that became free or arrived go to the approved documents that have waited longest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kuguan.stock.v1 import events_pb2

from services.kit.changes import Transaction
from services.kit.database import in_chunks
from services.stock.domain.reservations import Reservation
from services.stock.domain.shelf import Place, Shelf
from services.stock.messages.stock import reservation_message
from services.stock.storage import reservations

_AT_ONCE = 200


def announce_promise(tx: Transaction, reservation: Reservation) -> None:
    """Tell whether all of a document is promised, or what is short."""
    message = reservation_message(reservation)
    if reservation.is_short:
        tx.publish(events_pb2.StockShort(reservation=message), reservation.document)
    else:
        tx.publish(events_pb2.StockReserved(reservation=message), reservation.document)


def fill_waiting(tx: Transaction, shelf: Shelf, places: Iterable[Place]) -> None:
    """Promise what is available in these places to whoever waits for it; the shelf is saved by the caller."""
    for some in in_chunks(sorted(set(places))):
        _fill_some(tx, shelf, some)


def _fill_some(tx: Transaction, shelf: Shelf, places: Sequence[Place]) -> None:
    """Go through the documents that wait, the oldest approval first, as long as anything is available."""
    after = None
    while items := sorted({item for item, warehouse in places if shelf.available(item, warehouse) > 0}):
        documents = reservations.waiting(tx.connection, items, after, _AT_ONCE)
        if not documents:
            return
        candidates = reservations.load(tx.connection, documents)
        filled = [reservation for reservation in candidates if reservation.fill(shelf)]
        reservations.save_many(tx.connection, filled)
        for reservation in filled:
            announce_promise(tx, reservation)
        last = candidates[-1]
        assert last.approved_at is not None, "only approved promises wait"
        after = (last.approved_at, last.document)
