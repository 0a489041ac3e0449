"""Orders hold, promise, issue and return stock; each step moves the figures once and tells what happened."""

from datetime import timedelta

import pytest
from google.type.decimal_pb2 import Decimal
from kuguan.orders.v1 import events_pb2 as order_events
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import items_pb2, stock_pb2

from services.kit.access import Caller
from services.kit.changes import Transaction
from services.kit.errors import NoSuch, RemoteError
from services.stock.commands.order_promises import hold_for_order
from tests.service.stock.house import KEEPER, READER, House, order, request_id, today, wish

REQUESTER_WITH_KEYS = Caller(person="zhangsan", permissions=KEEPER.permissions, client="bot")


async def test_a_requisition_goes_from_hold_to_hand_over(house: House) -> None:
    await house.stocked("BG-001", "320")
    told = order("LY1001", ("BG-001", "5"))
    await house.placed(told)
    assert await house.figures("BG-001") == ("320", "0", "5", "315")
    assert (await house.promise("LY1001")).state == stock_pb2.RESERVATION_STATE_HELD
    await house.approved(told)
    assert (await house.promise("LY1001")).state == stock_pb2.RESERVATION_STATE_RESERVED
    answer = await house.issue("LY1001")
    (entry,) = answer.entries
    assert (entry.quantity.value, entry.on_hand_after.value, entry.movement) == (
        "-5",
        "315",
        "requisition_issue",
    )
    assert (entry.document, entry.line, entry.counterpart, entry.actor) == ("LY1001", 1, "行政部", "zhaoliu")
    assert answer.reservation.state == stock_pb2.RESERVATION_STATE_ISSUED
    assert await house.figures("BG-001") == ("315", "0", "0", "315")
    assert await house.events("LY1001") == ["StockReserved", "StockReserved", "StockIssued"]
    assert await house.audit("LY1001") == [("zhaoliu", "issue_reserved", "done")]
    assert await house.broken() == {}


@pytest.mark.parametrize("ending", ["OrderRejected", "OrderCancelled", "OrderExpired"])
async def test_an_order_that_ends_gives_everything_back(house: House, ending: str) -> None:
    await house.stocked("BG-001", "10")
    told = order("LY1001", ("BG-001", "7"))
    await house.placed(told)
    await house.tell(getattr(order_events, ending)(order=told), about="LY1001")
    assert await house.figures("BG-001") == ("10", "0", "0", "10")
    assert await house.events("LY1001") == ["StockReserved", "StockReleased"]
    assert await house.broken() == {}


async def test_what_is_missing_is_promised_as_soon_as_goods_are_free_to_the_oldest_approval(
    house: House,
) -> None:
    await house.stocked("BG-001", "10")
    holder = order("LY1001", ("BG-001", "8"))
    first, second = order("LY1002", ("BG-001", "5")), order("LY1003", ("BG-001", "4"))
    for told in (holder, first, second):
        await house.placed(told)
        await house.approved(told)
    assert (await house.promise("LY1002")).lines[0].short.value == "3"
    assert await house.events("LY1003") == ["StockShort", "StockShort"]
    await house.cancelled(holder)
    assert (await house.promise("LY1002")).lines[0].reserved.value == "5"
    assert (await house.promise("LY1003")).lines[0].reserved.value == "4"
    assert await house.events("LY1002") == ["StockShort", "StockShort", "StockReserved"]
    assert await house.figures("BG-001") == ("10", "0", "9", "1")
    assert await house.broken() == {}


async def test_a_hold_ends_by_itself_and_approval_promises_it_anew(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("LY1001", ("BG-001", "6"))
    await house.placed(told)
    assert await house.let_holds_end() == 1
    assert await house.figures("BG-001") == ("10", "0", "0", "10")
    await house.approved(told)
    assert await house.figures("BG-001") == ("10", "0", "6", "4")
    assert await house.events("LY1001") == ["StockReserved", "HoldExpired", "StockReserved"]
    assert await house.let_holds_end() == 0
    assert await house.broken() == {}


async def test_nothing_is_handed_over_before_approval_nor_by_the_requester_nor_twice(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("LY1001", ("BG-001", "6"))
    await house.placed(told)
    for caller, reason in (
        (KEEPER, "NOT_APPROVED"),
        (REQUESTER_WITH_KEYS, "OWN_REQUEST"),
        (KEEPER, "ALREADY_ISSUED"),
    ):
        with pytest.raises(RemoteError) as caught:
            await house.issue("LY1001", caller=caller)
        assert caught.value.reason == reason
        assert caught.value.facts["document"] == "LY1001"
        if reason == "NOT_APPROVED":
            await house.approved(told)
        elif reason == "OWN_REQUEST":
            await house.issue("LY1001")
    assert await house.figures("BG-001") == ("4", "0", "0", "4")


async def test_a_hand_over_in_parts_ends_when_all_is_gone(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("LY1001", ("BG-001", "6"), ("BG-001", "2"))
    await house.placed(told)
    await house.approved(told)
    answer = await house.issue("LY1001", (1, "2"))
    assert answer.reservation.state == stock_pb2.RESERVATION_STATE_RESERVED
    with pytest.raises(RemoteError) as caught:
        await house.issue("LY1001", (1, "5"))
    assert caught.value.reason == "MORE_THAN_PROMISED"
    assert caught.value.facts == {
        "document": "LY1001",
        "line": "1",
        "wanted": "5",
        "promised": "4",
        "unit": "包",
    }
    answer = await house.issue("LY1001")
    assert [line.issued.value for line in answer.reservation.lines] == ["6", "2"]
    assert answer.reservation.state == stock_pb2.RESERVATION_STATE_ISSUED
    assert [entry.on_hand_after.value for entry in await house.entries(item="BG-001")] == [
        "2",
        "4",
        "8",
        "10",
    ]
    assert await house.broken() == {}


async def test_an_order_about_something_else_has_no_effect(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("LY1001", ("BG-001", "6"), stock_effect=orders_pb2.STOCK_EFFECT_UNSPECIFIED)
    told.stock_effect = orders_pb2.STOCK_EFFECT_UNSPECIFIED
    await house.placed(told)
    await house.approved(told)
    await house.cancelled(told)
    assert await house.figures("BG-001") == ("10", "0", "0", "10")
    assert await house.events("LY1001") == []


async def test_lots_leave_in_the_order_in_which_they_expire_and_expired_ones_are_held(house: House) -> None:
    await house.create_item("SP-1", tracking=items_pb2.TRACKING_LOT)
    for lot, days, much in (
        ("L-LATE", 90, "5"),
        ("L-SOON", 3, "4"),
        ("L-NEVER", None, "9"),
        ("L-OLD", -1, "7"),
    ):
        expiry = None if days is None else today() + timedelta(days=days)
        assert (await house.open("SP-1", much, lot=lot, expiry=expiry)).written
    assert await house.figures("SP-1") == ("25", "7", "0", "18")
    told = order("LY1001", ("SP-1", "10"))
    await house.placed(told)
    await house.approved(told)
    (line,) = (await house.promise("LY1001")).lines
    assert [(part.lot, part.quantity.value) for part in line.allocations] == [
        ("L-SOON", "4"),
        ("L-LATE", "5"),
        ("L-NEVER", "1"),
    ]
    await house.let_lot_expire("L-SOON")
    answer = await house.issue("LY1001")
    assert [(entry.lot, entry.quantity.value) for entry in answer.entries] == [
        ("L-LATE", "-5"),
        ("L-NEVER", "-5"),
    ]
    assert await house.figures("SP-1") == ("15", "11", "0", "4")
    assert await house.broken() == {}


async def test_an_expired_lot_that_nothing_can_replace_is_not_handed_over(house: House) -> None:
    await house.create_item("SP-1", tracking=items_pb2.TRACKING_LOT)
    await house.open("SP-1", "4", lot="L1", expiry=today())
    told = order("LY1001", ("SP-1", "3"))
    await house.placed(told)
    await house.approved(told)
    await house.let_lot_expire("L1")
    with pytest.raises(RemoteError) as caught:
        await house.issue("LY1001")
    assert caught.value.reason == "LOT_EXPIRED"
    assert caught.value.facts["lot"] == "L1"
    await house.open("SP-1", "9", lot="L2")
    assert [entry.lot for entry in (await house.issue("LY1001")).entries] == ["L2"]
    assert await house.broken() == {}


async def test_goods_come_back_once_and_never_more_than_expected(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("TL1002", ("BG-001", "3"))
    await house.placed(told)
    with pytest.raises(RemoteError, match="NOT_APPROVED"):
        await house.bring_back("TL1002")
    await house.approved(told)
    with pytest.raises(RemoteError, match="OWN_REQUEST"):
        await house.bring_back("TL1002", caller=REQUESTER_WITH_KEYS)
    with pytest.raises(RemoteError, match="MORE_THAN_EXPECTED"):
        await house.bring_back("TL1002", stock_pb2.ReturnLine(line=1, quantity=Decimal(value="4")))
    await house.bring_back("TL1002", stock_pb2.ReturnLine(line=1, quantity=Decimal(value="1")))
    answer = await house.bring_back("TL1002")
    assert [entry.quantity.value for entry in answer.entries] == ["2"]
    with pytest.raises(RemoteError, match="NOTHING_TO_RETURN"):
        await house.bring_back("TL1002")
    assert await house.figures("BG-001") == ("13", "0", "0", "13")
    assert await house.events("TL1002") == ["StockReturned", "StockReturned"]
    assert await house.broken() == {}


async def test_lots_come_back_to_where_they_were_last_issued_from_and_strangers_do_not(house: House) -> None:
    await house.create_item("SP-1", tracking=items_pb2.TRACKING_LOT)
    await house.open("SP-1", "4", lot="L1", expiry=today() + timedelta(days=3))
    await house.open("SP-1", "4", lot="L2", expiry=today() + timedelta(days=9))
    issue = order("LY1001", ("SP-1", "6"))
    await house.placed(issue)
    await house.approved(issue)
    await house.issue("LY1001")
    back = order("TL1002", ("SP-1", "3"))
    await house.placed(back)
    await house.approved(back)
    with pytest.raises(RemoteError, match="RETURN_WITHOUT_ISSUE"):
        await house.bring_back("TL1002", stock_pb2.ReturnLine(line=1, lot="L9"))
    answer = await house.bring_back("TL1002")
    assert [(entry.lot, entry.quantity.value) for entry in answer.entries] == [("L2", "2"), ("L1", "1")]
    stranger = order("TL1003", ("SP-1", "1"), counterpart="市场部")
    await house.placed(stranger)
    await house.approved(stranger)
    with pytest.raises(RemoteError, match="RETURN_WITHOUT_ISSUE"):
        await house.bring_back("TL1003")
    assert await house.broken() == {}


async def test_returned_goods_go_to_whoever_waits(house: House) -> None:
    await house.stocked("BG-001", "2")
    waiting, back = order("LY1001", ("BG-001", "5")), order("TL1002", ("BG-001", "3"))
    for told in (waiting, back):
        await house.placed(told)
        await house.approved(told)
    assert (await house.promise("LY1001")).lines[0].short.value == "3"
    await house.bring_back("TL1002")
    assert (await house.promise("LY1001")).lines[0].reserved.value == "5"
    assert await house.events("LY1001") == ["StockShort", "StockShort", "StockReserved"]


async def test_numbers_of_orders_are_refused_from_outside(house: House) -> None:
    await house.stocked("BG-001", "2")
    with pytest.raises(RemoteError, match="DOCUMENT_OF_ORDERS"):
        await house.reserve(wish("LY1001", ("BG-001", "1")))


async def test_a_kind_that_holds_nothing_is_promised_when_it_is_approved(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("LY1001", ("BG-001", "4"))
    told.holds_stock = False
    await house.placed(told)
    assert await house.figures("BG-001") == ("10", "0", "0", "10")
    await house.approved(told)
    assert await house.figures("BG-001") == ("10", "0", "4", "6")
    await house.issue("LY1001")
    assert await house.events("LY1001") == ["StockReserved", "StockIssued"]


async def test_a_withdrawn_return_brings_nothing(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("TL1001", ("BG-001", "4"))
    await house.placed(told)
    await house.cancelled(told)
    with pytest.raises(RemoteError) as caught:
        await house.bring_back("TL1001")
    assert (caught.value.reason, caught.value.facts["state"]) == ("NOTHING_TO_RETURN", "withdrawn")
    for document in ("TL9999", "BG 1"):
        with pytest.raises(RemoteError, match=r"NO_SUCH|INVALID_FIELD"):
            await house.bring_back(document)


async def close(house: House, document: str, reason: str = "", caller: Caller = KEEPER) -> str:
    """Close a return; answers with its document."""
    request = stock_pb2.CloseReturnRequest(request_id=request_id(), document=document, reason=reason)
    return str((await house.ask("CloseReturn", request, caller)).document)


async def test_the_keeper_closes_a_return_whose_goods_never_come(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("TL1001", ("BG-001", "4"))
    await house.placed(told)
    with pytest.raises(RemoteError, match="NOT_APPROVED"):
        await close(house, "TL1001")
    await house.approved(told)
    with pytest.raises(RemoteError, match="INVALID_FIELD"):
        await close(house, "TL1001", "没有\u200b送来")
    with pytest.raises(RemoteError, match="PERMISSION_MISSING"):
        await close(house, "TL1001", caller=READER)
    await house.bring_back("TL1001", stock_pb2.ReturnLine(line=1, quantity=Decimal(value="1")))
    assert await close(house, "TL1001", "其余没有送来") == "TL1001"
    for asking in (close(house, "TL1001"), house.bring_back("TL1001")):
        with pytest.raises(RemoteError) as caught:
            await asking
        assert (caught.value.reason, caught.value.facts["state"]) == ("NOTHING_TO_RETURN", "withdrawn")
    with pytest.raises(RemoteError, match="NO_SUCH"):
        await close(house, "TL9999")
    assert await house.events("TL1001") == ["StockReturned", "ReturnClosed"]
    assert ("zhaoliu", "close_return", "done") in await house.audit("TL1001")
    assert await house.figures("BG-001") == ("11", "0", "0", "11")
    assert await house.broken() == {}


async def test_an_ending_after_the_end_changes_nothing(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("LY1001", ("BG-001", "4"))
    await house.placed(told)
    await house.approved(told)
    await house.issue("LY1001")
    await house.cancelled(told)
    assert (await house.promise("LY1001")).state == stock_pb2.RESERVATION_STATE_ISSUED
    assert await house.events("LY1001") == ["StockReserved", "StockReserved", "StockIssued"]


async def test_an_order_about_things_that_are_not_there_is_an_error_and_not_ignored(house: House) -> None:
    await house.stocked("BG-001", "10")
    for told in (order("LY1001", ("XX-1", "4")), order("LY1002", ("BG-001", "4"), warehouse="XX")):

        def hear(tx: Transaction, told: orders_pb2.Order = told) -> None:
            hold_for_order(tx, order_events.OrderPlaced(order=told))

        with pytest.raises(NoSuch):
            await house.at_work.runtime.writer.act(hear)
