"""What callers ask for and what orders tell, in the words of the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from google.type.decimal_pb2 import Decimal
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import items_pb2, stock_pb2
from kuguan.type.v1 import imports_pb2

from services.kit import wire
from services.kit.access import Caller
from services.kit.errors import InvalidField, KuguanError, NoSuch
from services.stock.domain.catalogues import Judged, Row
from services.stock.domain.items import Measure
from services.stock.domain.openings import Opened, OpeningRow, check_cost
from services.stock.domain.reservations import Line, Reservation, Sight, State
from services.stock.domain.returns import Brought, ExpectedReturn, ReturnLine, ReturnState
from services.stock.domain.wishes import Wish, WishLine, check
from services.stock.messages.items import item_from

# A verdict's facts are left out once an answer has become this large, so that it still fits into one message.
_FACTS_BYTES = 2_000_000


def wish(request: stock_pb2.ReserveRequest, caller: Caller) -> Wish:
    """What a caller asks to have promised; raises InvalidField or DocumentOfOrders."""
    lines = []
    for line in request.lines:
        quantity = line.quantity
        lines.append(WishLine(line.line, line.item, line.warehouse, quantity.value.value, quantity.unit))
    return check(
        Wish(request.document, request.request_id, owner(caller), caller.name, request.hold_seconds, lines)
    )


def owner(caller: Caller) -> str:
    """Who a promise belongs to: the person who asked, else the program; no program is named like a person."""
    return caller.person or f"client:{caller.client}"


def sight(caller: Caller) -> Sight:
    """Whose promises the caller may see: keepers all of them, programs that hand over those of orders too."""
    hands_over = caller.may("stock.issue")
    return Sight(
        owner(caller),
        orders=hands_over or caller.may("orders.read_all"),
        outside=hands_over and bool(caller.person),
    )


def reserve_outcomes(answers: Sequence[bytes | KuguanError]) -> stock_pb2.BatchReserveResponse:
    """The outcome of each promise of a batch, in their order; an answer is a serialised ReserveResponse."""
    message = stock_pb2.BatchReserveResponse()
    add = message.outcomes.add
    for answer in answers:
        outcome = add()
        if isinstance(answer, KuguanError):
            outcome.refusal.reason = answer.reason
            outcome.refusal.facts.update({name: fact[:300] for name, fact in answer.facts.items()})
        else:
            # The one field of an answer has the same number here.
            outcome.MergeFromString(answer)
    return message


def issue_quantities(
    request: stock_pb2.IssueReservedRequest, reservation: Reservation
) -> dict[int, int | None]:
    """How much of each line is handed over; None means all of it."""
    measures = {line.number: line.measure for line in reservation.lines}
    asked: dict[int, int | None] = {}
    for line in request.lines:
        if line.line in asked:
            raise InvalidField("lines.line", "each line is named once")
        if line.line not in measures:
            raise NoSuch("line", f"{request.document} {line.line}")
        quantity = line.quantity if line.HasField("quantity") else None
        asked[line.line] = _positive(quantity, measures[line.line])
    return asked


def brought(request: stock_pb2.ReturnToStockRequest, expected: ExpectedReturn) -> list[Brought]:
    """What somebody says came back."""
    measures = {line.number: line.measure for line in expected.lines}
    pieces: list[Brought] = []
    for line in request.lines:
        if line.line not in measures:
            raise NoSuch("line", f"{request.document} {line.line}")
        quantity = line.quantity if line.HasField("quantity") else None
        amount = _positive(quantity, measures[line.line])
        pieces.append(Brought(line.line, amount, line.lot, line.serial))
    return pieces


def opening_row(line: stock_pb2.OpeningLine) -> OpeningRow:
    """A row of opening stock; what cannot even be read carries its problem."""
    problem: KuguanError | None = None
    expiry, cost = None, None
    try:
        expiry = wire.date_value(line.expiry_date, "expiry_date")
        cost = check_cost(wire.micros(line.unit_cost, "unit_cost") if line.HasField("unit_cost") else None)
    except KuguanError as refusal:
        problem = refusal
    return OpeningRow(
        line.row,
        line.item,
        line.warehouse,
        line.lot,
        line.serial,
        line.quantity.value.value,
        line.quantity.unit,
        expiry,
        cost,
        problem,
    )


def opening_verdict(row: OpeningRow, verdict: Opened | KuguanError) -> imports_pb2.RowVerdict:
    """The verdict on a row of opening stock."""
    if isinstance(verdict, KuguanError):
        return _refused(row.row, verdict, with_facts=True)
    return imports_pb2.RowVerdict(row=row.row, verdict=imports_pb2.VERDICT_TAKEN)


def catalogue_row(message: items_pb2.ImportItemsRow, now: datetime) -> Row:
    """A row of an import; what cannot even be read carries its problem."""
    try:
        return Row(message.row, item_from(message.item, now))
    except KuguanError as refusal:
        return Row(message.row, None, refusal)


def import_answer(verdicts: list[Judged], *, written: bool) -> items_pb2.ImportItemsResponse:
    """The verdicts on all rows of an import, in their order."""
    answer = items_pb2.ImportItemsResponse(written=written)
    room = _FACTS_BYTES
    for judged in verdicts:
        verdict = _verdict(judged, with_facts=room > 0)
        room -= sum(len(name) + len(fact) * 3 for name, fact in verdict.facts.items())
        answer.verdicts.append(verdict)
    return answer


def order_promise(
    order: orders_pb2.Order, measures: Mapping[str, Measure], now: datetime, expires_at: datetime | None
) -> Reservation:
    """The promise that an order asks for; an order knows its quantities in base units already."""
    return Reservation(
        document=order.name,
        state=State.HELD if expires_at else State.RESERVED,
        lines=[
            Line(line.line, measures[line.item], line.warehouse, _base_quantity(line, measures))
            for line in order.lines
        ],
        of_order=True,
        approved=False,
        created_at=now,
        movement=order.movement,
        counterpart=order.counterpart,
        requester=order.requester,
        expires_at=expires_at,
    )


def order_return(order: orders_pb2.Order, measures: Mapping[str, Measure], now: datetime) -> ExpectedReturn:
    """The return that an order announces."""
    return ExpectedReturn(
        document=order.name,
        state=ReturnState.EXPECTED,
        approved=False,
        movement=order.movement,
        counterpart=order.counterpart,
        requester=order.requester,
        created_at=now,
        lines=[
            ReturnLine(line.line, measures[line.item], line.warehouse, _base_quantity(line, measures))
            for line in order.lines
        ],
    )


def _base_quantity(line: orders_pb2.OrderLine, measures: Mapping[str, Measure]) -> int:
    return measures[line.item].base_quantity(line.base_quantity.value, "", "base_quantity")


def _positive(amount: Decimal | None, measure: Measure) -> int | None:
    return None if amount is None else measure.base_quantity(amount.value, "", "lines.quantity")


def _verdict(judged: Judged, *, with_facts: bool) -> imports_pb2.RowVerdict:
    if judged.refusal is not None:
        return _refused(judged.row, judged.refusal, with_facts)
    if judged.item is None:
        return imports_pb2.RowVerdict(row=judged.row, verdict=imports_pb2.VERDICT_UNCHANGED)
    if not judged.mended:
        return imports_pb2.RowVerdict(row=judged.row, verdict=imports_pb2.VERDICT_TAKEN)
    facts = judged.mended if with_facts else {}
    return imports_pb2.RowVerdict(
        row=judged.row, verdict=imports_pb2.VERDICT_MENDED, reason="TIDIED", facts=facts
    )


def _refused(row: int, refusal: KuguanError, with_facts: bool) -> imports_pb2.RowVerdict:
    facts = {name: fact[:200] for name, fact in refusal.facts.items()} if with_facts else {}
    return imports_pb2.RowVerdict(
        row=row, verdict=imports_pb2.VERDICT_REFUSED, reason=refusal.reason, facts=facts
    )
