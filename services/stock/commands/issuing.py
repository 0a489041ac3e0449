"""Hand-over: promised goods leave."""

from __future__ import annotations

from kuguan.stock.v1 import events_pb2, stock_pb2

from services.kit.changes import Transaction, writes
from services.stock.commands.causes import cause_of
from services.stock.commands.filling import fill_waiting
from services.stock.domain.ledger import Move
from services.stock.domain.texts import document_name
from services.stock.messages import requests
from services.stock.messages.stock import entry_message, reservation_message
from services.stock.storage import balances, ledger, reservations


@writes(audited=True)
def issue_reserved(
    tx: Transaction, request: stock_pb2.IssueReservedRequest
) -> stock_pb2.IssueReservedResponse:
    """Write the goods off that are handed over for a document, and announce it."""
    reservation = reservations.seen(tx.connection, document_name(request.document), requests.sight(tx.caller))
    places = reservation.places
    shelf = balances.load(tx.connection, {place.item for place in places}, tx.now)
    asked = requests.issue_quantities(request, reservation)
    issued = reservation.issue(shelf, asked, tx.caller.person, tx.now)
    cause = cause_of(tx, reservation.document, reservation.movement, reservation.counterpart)
    moves = [Move(pick.key, -pick.quantity, line.number, line.measure) for line, pick in issued]
    entries = ledger.append(tx.connection, cause, moves)
    reservations.save_many(tx.connection, [reservation])
    answer = stock_pb2.IssueReservedResponse(
        reservation=reservation_message(reservation), entries=map(entry_message, entries)
    )
    event = events_pb2.StockIssued(reservation=answer.reservation, entries=answer.entries)
    tx.publish(event, reservation.document)
    fill_waiting(tx, shelf, places)
    balances.save(tx.connection, shelf)
    tx.audit("issue_reserved", reservation.document, entries=str(len(entries)))
    return answer
