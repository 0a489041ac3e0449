"""Returns: goods come back, or nothing more of them does."""

from __future__ import annotations

from kuguan.stock.v1 import events_pb2, stock_pb2

from services.kit.changes import Transaction, writes
from services.kit.moments import microseconds
from services.kit.quantity import Quantity
from services.kit.texts import plain_text
from services.kit.wire import decimal
from services.stock.commands.causes import cause_of
from services.stock.commands.filling import fill_waiting
from services.stock.domain.shelf import Pick, Place
from services.stock.domain.texts import document_name
from services.stock.messages import requests
from services.stock.messages.stock import entry_message
from services.stock.storage import balances, ledger, returns

MAXIMUM_REASON = 200


@writes(audited=True)
def return_to_stock(
    tx: Transaction, request: stock_pb2.ReturnToStockRequest
) -> stock_pb2.ReturnToStockResponse:
    """Put the goods of an approved return back, give them to whoever waits, and announce it."""
    expected = returns.get(tx.connection, document_name(request.document))
    outstanding = ledger.outstanding(tx.connection, expected.tracked_items, expected.counterpart)
    moves = expected.receive(requests.brought(request, expected), outstanding, tx.caller.person)
    codes = {move.key.item for move in moves}
    shelf = balances.load(tx.connection, codes, tx.now, with_empty=True)
    expiries = balances.lot_expiries(tx.connection, codes)
    for move in moves:
        expiry = expiries.get((move.key.item, move.key.lot))
        shelf.receive(Pick(move.key, move.quantity, expiry), microseconds(tx.now), expected.document)
    cause = cause_of(tx, expected.document, expected.movement, expected.counterpart)
    entries = ledger.append(tx.connection, cause, moves)
    returns.save(tx.connection, expected)
    answer = stock_pb2.ReturnToStockResponse(entries=map(entry_message, entries))
    lines = [
        events_pb2.ReturnedLine(
            line=line.number, returned=decimal(Quantity(line.returned, line.measure.scale))
        )
        for line in expected.lines
    ]
    event = events_pb2.StockReturned(document=expected.document, lines=lines, entries=answer.entries)
    tx.publish(event, expected.document)
    fill_waiting(tx, shelf, {Place(move.key.item, move.key.warehouse) for move in moves})
    balances.save(tx.connection, shelf)
    tx.audit("return_to_stock", expected.document, entries=str(len(entries)))
    return answer


@writes(audited=True)
def close_return(tx: Transaction, request: stock_pb2.CloseReturnRequest) -> stock_pb2.CloseReturnResponse:
    """Expect nothing more of an approved return, and announce it; what came back stays."""
    reason = plain_text(request.reason, "reason", MAXIMUM_REASON)
    expected = returns.get(tx.connection, document_name(request.document))
    expected.close()
    returns.save(tx.connection, expected)
    event = events_pb2.ReturnClosed(document=expected.document, actor=tx.caller.name, reason=reason)
    tx.publish(event, expected.document)
    tx.audit("close_return", expected.document, reason=reason)
    return stock_pb2.CloseReturnResponse(document=expected.document)
