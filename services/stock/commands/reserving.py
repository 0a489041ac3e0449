"""Promises that other programs and people ask for: the hottest path, decided in groups."""

from __future__ import annotations

from collections.abc import Sequence

from kuguan.stock.v1 import events_pb2, stock_pb2

from services.kit.changes import Asked, Transaction, writes, writes_in_groups
from services.kit.errors import Duplicate, KuguanError
from services.stock.commands.filling import fill_waiting
from services.stock.domain.reservations import Reservation, Sight
from services.stock.domain.wishes import Wish, fulfil, outside_document
from services.stock.messages import requests
from services.stock.messages.stock import reservation_message, write_reservation
from services.stock.storage import balances, reservations


@writes_in_groups(stock_pb2.ReserveResponse, prepare=requests.wish)
def reserve(
    tx: Transaction, asked: Sequence[Asked[Wish]]
) -> Sequence[stock_pb2.ReserveResponse | KuguanError]:
    """Promise goods to documents, each all or nothing: loaded at once, decided in turn, saved in bulk.

    The answer tells the caller all there is to know, so nothing is announced; what happens to the promise
    later, such as its end, is.
    """
    wishes = [one.request for one in asked]
    codes = {line.item for wish in wishes for line in wish.lines}
    in_packs = {line.item for wish in wishes for line in wish.lines if line.unit}
    measures, shelf = balances.load_measured(tx.connection, codes, tx.now, packs_of=in_packs)
    taken = reservations.taken(tx.connection, {wish.document for wish in wishes})
    made: list[Reservation] = []
    answers: list[stock_pb2.ReserveResponse | KuguanError] = []
    for wish in wishes:
        try:
            if wish.document in taken:
                raise Duplicate("reservation", wish.document)
            reservation = fulfil(wish, measures, shelf, tx.now)
        except KuguanError as refusal:
            answers.append(refusal)
            continue
        taken.add(wish.document)
        made.append(reservation)
        answer = stock_pb2.ReserveResponse()
        write_reservation(reservation, answer.reservation)
        answers.append(answer)
    reservations.insert_many(tx.connection, made, shelf)
    return answers


def batch_answer(answers: Sequence[bytes | KuguanError]) -> stock_pb2.BatchReserveResponse:
    """The answer to a batch: the outcome of each of its requests, in their order."""
    return requests.reserve_outcomes(answers)


@writes(audited=True)
def release(tx: Transaction, request: stock_pb2.ReleaseRequest) -> stock_pb2.ReleaseResponse:
    """Give back what is still promised to the caller's own document; whoever waits gets it."""
    own = Sight(requests.owner(tx.caller))
    reservation = reservations.seen(tx.connection, outside_document(request.document), own)
    places = reservation.places
    shelf = balances.load(tx.connection, {place.item for place in places}, tx.now)
    reservation.release(shelf)
    reservations.save_many(tx.connection, [reservation])
    message = reservation_message(reservation)
    tx.publish(events_pb2.StockReleased(reservation=message), reservation.document)
    fill_waiting(tx, shelf, places)
    balances.save(tx.connection, shelf)
    tx.audit("release", reservation.document)
    return stock_pb2.ReleaseResponse(reservation=message)
