"""Opening stock 期初: what was there before the ledger began."""

from __future__ import annotations

from kuguan.stock.v1 import events_pb2, stock_pb2

from services.kit.changes import Transaction, writes
from services.kit.errors import InvalidField
from services.kit.moments import microseconds
from services.stock.commands.causes import cause_of
from services.stock.commands.filling import fill_waiting
from services.stock.domain.ledger import OPENING, Move
from services.stock.domain.openings import Opened, judge
from services.stock.domain.shelf import Place
from services.stock.messages import requests
from services.stock.storage import balances, ledger, numbers, openings

MAXIMUM_LINES = 10_000
PREFIX = "QC"


@writes(audited=True)
def open_stock(tx: Transaction, request: stock_pb2.OpenStockRequest) -> stock_pb2.OpenStockResponse:
    """Record opening stock, all rows or none; a dry run only tells the verdicts."""
    if not 1 <= len(request.lines) <= MAXIMUM_LINES:
        raise InvalidField("lines", f"1 to {MAXIMUM_LINES} lines")
    rows = [requests.opening_row(line) for line in request.lines]
    verdicts = judge(rows, openings.known(tx.connection, rows, tx.now))
    answer = stock_pb2.OpenStockResponse(verdicts=map(requests.opening_verdict, rows, verdicts))
    opened = [verdict for verdict in verdicts if isinstance(verdict, Opened)]
    if len(opened) == len(rows) and not request.dry_run:
        answer.document = _record(tx, opened)
        answer.written = True
    outcome = answer.document or "nothing written"
    tx.audit("open_stock", outcome, rows=str(len(rows)), refused=str(len(rows) - len(opened)))
    return answer


def _record(tx: Transaction, opened: list[Opened]) -> str:
    """Write the rows as one numbered document and announce it; whoever waits gets what is there."""
    document = f"{PREFIX}{numbers.take(tx.connection, 'opening', 1)}"
    picks = [row.pick for row in opened]
    balances.add_lots(tx.connection, picks, tx.now)
    shelf = balances.load(tx.connection, {pick.key.item for pick in picks}, tx.now, with_empty=True)
    for pick in picks:
        shelf.receive(pick, microseconds(tx.now), document)
    cause = cause_of(tx, document, OPENING)
    moves = [
        Move(row.pick.key, row.pick.quantity, number, row.measure, row.unit_cost_micros)
        for number, row in enumerate(opened, start=1)
    ]
    entries = ledger.append(tx.connection, cause, moves)
    event = events_pb2.StockOpened(
        document=document,
        entry_count=len(entries),
        first_sequence=entries[0].sequence,
        last_sequence=entries[-1].sequence,
    )
    tx.publish(event, document)
    fill_waiting(tx, shelf, {Place(pick.key.item, pick.key.warehouse) for pick in picks})
    balances.save(tx.connection, shelf)
    return document
