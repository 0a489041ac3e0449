"""Returns: never more than went out, flagged where nothing is on record, closed where nothing comes."""

import asyncio

import pytest
from kuguan.approvals.v1 import events_pb2 as approval_events
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import events_pb2 as stock_events
from kuguan.stock.v1 import items_pb2
from sqlalchemy import select

from services.kit.errors import RemoteError
from services.kit.tables import AUDIT
from tests.service.orders.neighbours import ZHANGSAN, World, item, paper, reservation, task


def back(amount: str) -> orders_pb2.CreateOrderRequest:
    """A return of paper."""
    return paper(amount, return_to_stock=orders_pb2.ReturnToStockEntry())


async def handed_out(world: World, amount: int) -> None:
    """So much paper went out to the requester's department."""
    order = await world.approved(str(amount))
    issued = stock_events.StockIssued(reservation=reservation(order.name, 0, issued=amount))
    await world.tell(issued, about=order.name)


async def returned(world: World, order: str, amount: int) -> None:
    """So much of a return is back."""
    line = stock_events.ReturnedLine(line=1)
    line.returned.value = str(amount)
    await world.tell(stock_events.StockReturned(document=order, lines=[line]), about=order)


async def granted(world: World, amount: str) -> orders_pb2.Order:
    """A return that may come."""
    order = await world.create(back(amount))
    await world.tell(approval_events.ApprovalGranted(task=task(order)), about=f"{order.name}-1")
    return await world.get(order.name)


async def refused(world: World, amount: str) -> RemoteError:
    with pytest.raises(RemoteError) as caught:
        await world.create(back(amount))
    return caught.value


async def test_no_more_comes_back_than_went_out(world: World) -> None:
    await handed_out(world, 5)
    error = await refused(world, "6")
    assert (error.kind, error.reason) == ("rule_broken", "MORE_THAN_OUTSTANDING")
    assert error.facts == {
        "line": "1",
        "item": "BG-001",
        "counterpart": ZHANGSAN.department,
        "wanted": "6",
        "outstanding": "5",
        "unit": "包",
    }
    first = await granted(world, "3")
    assert not first.lines[0].HasField("unrecorded")
    assert (await refused(world, "3")).facts["outstanding"] == "2"
    await returned(world, first.name, 3)
    assert (await refused(world, "3")).facts["outstanding"] == "2"
    rest = await world.create(back("2"))
    assert (await refused(world, "1")).facts["outstanding"] == "0"
    await world.cancel(rest.name)
    await world.create(back("2"))
    assert await world.broken() == {}


async def test_two_returns_at_once_do_not_share_what_is_out(world: World) -> None:
    await handed_out(world, 5)
    answers = await asyncio.gather(*(world.create(back("2")) for _ in range(16)), return_exceptions=True)
    assert sum(isinstance(answer, orders_pb2.Order) for answer in answers) == 2
    assert {answer.reason for answer in answers if isinstance(answer, RemoteError)} == {
        "MORE_THAN_OUTSTANDING"
    }


async def test_what_was_never_handed_out_on_record_is_flagged(world: World) -> None:
    order = await world.create(back("4"))
    assert (await world.get(order.name)).lines[0].unrecorded.value == "4"
    query = select(AUDIT.c.facts).where(AUDIT.c.subject == order.name)
    (facts,) = await world.look(lambda connection: list(connection.scalars(query)))
    assert '"unrecorded":"BG-001"' in facts
    assert not (await world.create()).lines[0].HasField("unrecorded")


async def test_what_is_tracked_and_never_went_out_is_refused_at_once(world: World) -> None:
    tracked = item("BG-001", tracking=items_pb2.TRACKING_LOT)
    await world.tell(stock_events.ItemUpdated(item=tracked), about="BG-001")
    error = await refused(world, "1")
    assert (error.reason, error.facts["outstanding"]) == ("MORE_THAN_OUTSTANDING", "0")


@pytest.mark.parametrize("came", [0, 2])
async def test_a_return_that_the_keeper_closed_ends(world: World, came: int) -> None:
    await handed_out(world, 5)
    order = await granted(world, "5")
    if came:
        await returned(world, order.name, came)
    closed = stock_events.ReturnClosed(document=order.name, actor="zhaoliu", reason="没有送来")
    await world.tell(closed, about=order.name)
    await world.tell(closed, about=order.name)
    ended = await world.get(order.name)
    assert ended.state == orders_pb2.ORDER_STATE_CANCELLED
    assert (ended.outcome_person, ended.outcome_reason) == ("zhaoliu", "没有送来")
    assert ended.lines[0].fulfilled.value == str(came)
    assert (await world.events(order.name))[-1] == "OrderCancelled"
    assert (await world.audit(order.name))[-2:] == [
        ("system", "close_order", "done"),
        ("system", "close_order", "ORDER_CLOSED"),
    ]
    assert (await refused(world, "6")).facts["outstanding"] == str(5 - came)
    assert await world.broken() == {}


async def test_what_can_be_brought_back_is_told_before_it_is_announced(world: World) -> None:
    tracked = item("WJ-001", tracking=items_pb2.TRACKING_LOT)
    await world.tell(stock_events.ItemCreated(item=tracked), about="WJ-001")
    request = orders_pb2.GetReturnableRequest(
        items=["BG-001", "WJ-001", "NO-1", "BG-001"], return_to_stock=orders_pb2.ReturnToStockEntry()
    )

    async def told() -> list[tuple[str, bool, str]]:
        answer = await world.ask("GetReturnable", request)
        return [(one.item, one.bounded, one.outstanding.value) for one in answer.items]

    assert await told() == [("BG-001", False, "0"), ("WJ-001", True, "0")]
    await handed_out(world, 5)
    await world.create(back("2"))
    assert await told() == [("BG-001", True, "3"), ("WJ-001", True, "0")]


async def test_what_brings_it_back_has_to_be_said_and_only_so_many_items(world: World) -> None:
    many = orders_pb2.GetReturnableRequest(items=["A"] * 101, return_to_stock=orders_pb2.ReturnToStockEntry())
    for request, reason in (
        (orders_pb2.GetReturnableRequest(items=["BG-001"]), "ENTRY_REQUIRED"),
        (many, "INVALID_FIELD"),
    ):
        with pytest.raises(RemoteError) as caught:
            await world.ask("GetReturnable", request)
        assert caught.value.reason == reason
