"""Requests, events and figures cross the border between contract and rules without losing anything."""

import pytest
from google.type.decimal_pb2 import Decimal
from kuguan.approvals.v1 import approvals_pb2
from kuguan.approvals.v1 import events_pb2 as approval_events
from kuguan.orders.v1 import events_pb2, orders_pb2
from kuguan.stock.v1 import events_pb2 as stock_events
from kuguan.stock.v1 import items_pb2, stock_pb2
from kuguan.type.v1.quantity_pb2 import Quantity as AskedQuantity

from services.kit.access import Caller
from services.kit.errors import InvalidField
from services.kit.quantity import NotAnAmount, Quantity, TooFine
from services.orders import messages
from services.orders.domain.errors import EntryRequired, LineCountOutOfRange, UnknownLine
from services.orders.domain.order import OrderState
from services.orders.domain.placing import MAXIMUM_LINES
from services.orders.domain.process import Change
from services.orders.reactions import REACTIONS
from tests.unit.orders.samples import NOW, order

ZHANGSAN = Caller(person="zhangsan", department="行政部", client="bot")


def request(amount: str = "5", unit: str = "") -> orders_pb2.CreateOrderRequest:
    """A request for paper."""
    quantity = AskedQuantity(value=Decimal(value=amount), unit=unit)
    return orders_pb2.CreateOrderRequest(
        request_id="request-0001",
        lines=[orders_pb2.CreateOrderLine(item="BG-001", warehouse="ZC", quantity=quantity)],
        requisition=orders_pb2.RequisitionEntry(purpose="  投标\n用 "),
    )


def test_every_event_of_stock_and_approvals_that_concerns_orders_exists_under_its_name() -> None:
    names = {
        message.full_name
        for file in (stock_events, approval_events)
        for message in file.DESCRIPTOR.message_types_by_name.values()
    }
    assert set(REACTIONS) <= names


def test_every_change_has_its_event_and_every_event_its_change() -> None:
    told = {type(messages.event(change, order())).DESCRIPTOR.name for change in Change}
    assert told == set(events_pb2.DESCRIPTOR.message_types_by_name)


def test_every_state_of_the_rules_is_a_state_of_the_contract() -> None:
    names = {f"ORDER_STATE_{state.value}" for state in OrderState} | {"ORDER_STATE_UNSPECIFIED"}
    assert names == set(orders_pb2.OrderState.keys())


def test_the_entry_fixes_the_kind_and_the_caller_the_requester() -> None:
    wanted = messages.wanted_order(request(), ZHANGSAN)
    assert (wanted.kind.entry, wanted.requester, wanted.department) == (
        "requisition",
        "zhangsan",
        "行政部",
    )
    assert wanted.purpose == "投标 用"


def test_a_request_without_entry_is_refused_with_the_entries_there_are() -> None:
    with pytest.raises(EntryRequired) as caught:
        messages.wanted_order(orders_pb2.CreateOrderRequest(request_id="request-0001"), ZHANGSAN)
    assert caught.value.facts == {"entries": "requisition, return_to_stock, sample"}


def test_too_many_lines_are_counted_and_not_read() -> None:
    asked = request("no amount")
    asked.lines.extend([asked.lines[0]] * MAXIMUM_LINES)
    with pytest.raises(LineCountOutOfRange) as caught:
        messages.wanted_order(asked, ZHANGSAN)
    assert caught.value.facts == {"count": "101", "maximum": "100"}


@pytest.mark.parametrize("amount", ["", "５", "1e5", "1,000", "NaN", "五", "+1", " 1", "0x1", "1." + "0" * 7])
def test_an_amount_that_is_not_plain_is_refused(amount: str) -> None:
    with pytest.raises(NotAnAmount):
        messages.wanted_order(request(amount), ZHANGSAN)


@pytest.mark.parametrize(
    "text", ["a\x00b", "a\x1bb", "\u202eabc", "\u200b", "展\u2060会", "\u3164", "x" * 201, "x" * 1_000_000]
)
def test_texts_that_nobody_should_see_are_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        messages.words(text, "purpose")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", ""),
        ("  \n\t ", ""),
        ("a  b\r\nc", "a b c"),
        ("=1+1 <@all> '; --", "=1+1 <@all> '; --"),
        ("😀", "😀"),
    ],
)
def test_texts_of_people_stay_as_they_are_on_one_line(text: str, kept: str) -> None:
    assert messages.words(text, "purpose") == kept


def test_a_list_cannot_ask_for_a_state_that_there_is_not() -> None:
    asked = orders_pb2.ListOrdersRequest(states=[orders_pb2.ORDER_STATE_UNSPECIFIED])
    with pytest.raises(InvalidField):
        messages.wanted_states(asked)
    asked = orders_pb2.ListOrdersRequest(states=[orders_pb2.ORDER_STATE_APPROVED])
    assert messages.wanted_states(asked) == {OrderState.APPROVED}


def test_figures_of_stock_are_read_on_the_scale_of_the_line() -> None:
    made = order(("SP-001", "2.5", ""))
    line = stock_pb2.ReservedLine(
        line=1, reserved=Decimal(value="1.25"), short=Decimal(value="1.25"), issued=Decimal(value="0")
    )
    told = messages.issued_figures(made, stock_pb2.Reservation(document="LY1001", lines=[line]))[0]
    assert (told.reserved, told.short, told.fulfilled) == (
        Quantity(1250, 3),
        Quantity(1250, 3),
        Quantity(0, 3),
    )


def test_a_figure_finer_than_the_line_is_an_alarm() -> None:
    line = stock_pb2.ReservedLine(line=1, reserved=Decimal(value="1.5"))
    with pytest.raises(TooFine):
        messages.promised_figures(order(), stock_pb2.Reservation(lines=[line]))


def test_a_figure_of_a_line_that_is_not_there_is_an_alarm() -> None:
    told = stock_events.StockReturned(lines=[stock_events.ReturnedLine(line=2)])
    with pytest.raises(UnknownLine):
        messages.returned_figures(order(), told)


def test_a_refusal_names_who_decided_and_what_they_said() -> None:
    vote = approvals_pb2.Assignment(
        person="lixia",
        decided_by="zhengba",
        state=approvals_pb2.ASSIGNMENT_STATE_REFUSED,
        comment="预算不足",
    )
    agreed = approvals_pb2.Assignment(person="qianwu", state=approvals_pb2.ASSIGNMENT_STATE_APPROVED)
    task = approvals_pb2.Task(steps=[approvals_pb2.TaskStep(assignments=[agreed, vote])])
    assert messages.refusal(task) == ("zhengba", "预算不足")
    assert messages.refusal(approvals_pb2.Task()) == ("", "")


def test_an_item_keeps_its_packs_as_exact_fractions() -> None:
    told = items_pb2.Item(
        code="A", base_unit="kg", packs=[items_pb2.Pack(unit="磅", numerator=4536, denominator=10000)]
    )
    told.update_time.FromDatetime(NOW)
    told.reference_cost.units, told.reference_cost.nanos = 1, 200_000_000
    known = messages.catalogue_item(told)
    assert (known.packs[0].factor.numerator, known.packs[0].factor.denominator) == (567, 1250)
    assert (known.reference_cost_micros, known.update_time) == (1_200_000, NOW)


def test_an_order_message_shows_both_what_was_asked_and_what_is_counted() -> None:
    line = messages.order_message(order(("BG-001", "2", "箱"))).lines[0]
    assert (line.quantity.value.value, line.quantity.unit) == ("2", "箱")
    assert (line.base_quantity.value, line.base_unit, line.amount.units) == ("16", "包", 288)
