"""The process of an order through a real broker: in time, too late, crossing each other."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from kuguan.approvals.v1 import approvals_pb2
from kuguan.approvals.v1 import events_pb2 as approval_events
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import events_pb2 as stock_events
from sqlalchemy import select, text, update

from services.kit.errors import RemoteError
from services.kit.tables import PARKED
from services.orders import commands
from services.orders.storage.tables import ORDER_LINES, ORDERS
from tests.service.orders.neighbours import World, paper, reservation, task


async def issue(world: World, name: str, issued: int, reserved: int = 0) -> None:
    """Stock tells that goods left."""
    told = reservation(name, reserved, issued=issued)
    await world.tell(stock_events.StockIssued(reservation=told), about=name)


async def let_time_pass(world: World, name: str, days: int) -> int:
    """Bring the end of an order's time nearer, then run the timer."""

    def nearer(tx: Any) -> int:
        before = tx.connection.scalar(select(ORDERS.c.expire_time).where(ORDERS.c.name == name))
        statement = update(ORDERS).where(ORDERS.c.name == name)
        tx.connection.execute(statement.values(expire_time=before - timedelta(days=days)))
        return commands.expire_orders(tx)

    return await world.at_work.runtime.writer.act(nearer)


async def test_from_request_to_hand_over_every_step_is_announced_in_order(world: World) -> None:
    order = await world.approved()
    assert (order.state, order.lines[0].reserved.value) == (orders_pb2.ORDER_STATE_APPROVED, "5")
    await issue(world, order.name, 2, reserved=3)
    part = await world.get(order.name)
    assert (part.state, part.lines[0].fulfilled.value, part.lines[0].reserved.value) == (
        orders_pb2.ORDER_STATE_PARTLY_FULFILLED,
        "2",
        "3",
    )
    await issue(world, order.name, 5)
    done = await world.get(order.name)
    assert done.state == orders_pb2.ORDER_STATE_FULFILLED
    assert not done.HasField("expire_time")
    assert await world.events(order.name) == [
        "OrderPlaced",
        "OrderStockChanged",
        "OrderApproved",
        "OrderPartlyFulfilled",
        "OrderFulfilled",
    ]
    assert [action for _, action, _ in await world.audit(order.name)] == [
        "create_order",
        "approve_order",
        "fulfil_order",
        "fulfil_order",
    ]
    assert await world.broken() == {}


async def test_a_return_ends_when_the_goods_are_back(world: World) -> None:
    order = await world.create(paper(return_to_stock=orders_pb2.ReturnToStockEntry()))
    await world.tell(approval_events.ApprovalGranted(task=task(order)), about=f"{order.name}-1")
    line = stock_events.ReturnedLine(line=1)
    line.returned.value = "5"
    await world.tell(stock_events.StockReturned(document=order.name, lines=[line]), about=order.name)
    assert (await world.get(order.name)).state == orders_pb2.ORDER_STATE_FULFILLED


async def test_a_shortage_is_a_fact_beside_the_state(world: World) -> None:
    order = await world.create()
    short = stock_events.StockShort(reservation=reservation(order.name, 3, short=2))
    await world.tell(short, about=order.name)
    await world.tell(short, about=order.name)
    told = await world.get(order.name)
    assert (told.state, told.lines[0].reserved.value, told.lines[0].short.value) == (
        orders_pb2.ORDER_STATE_PENDING_APPROVAL,
        "3",
        "2",
    )
    assert await world.events(order.name) == ["OrderPlaced", "OrderStockChanged"]
    await world.tell(stock_events.HoldExpired(reservation=reservation(order.name, 0)), about=order.name)
    assert (await world.get(order.name)).lines[0].reserved.value == "0"


async def test_a_refusal_names_the_person_and_the_reason(world: World) -> None:
    order = await world.create()
    refused = task(order)
    vote = refused.steps.add().assignments.add()
    vote.person, vote.comment = "lixia", "预算不足"
    vote.state = approvals_pb2.ASSIGNMENT_STATE_REFUSED
    await world.tell(approval_events.ApprovalRefused(task=refused), about=f"{order.name}-1")
    rejected = await world.get(order.name)
    assert (rejected.state, rejected.outcome_person, rejected.outcome_reason) == (
        orders_pb2.ORDER_STATE_REJECTED,
        "lixia",
        "预算不足",
    )
    assert (await world.events(order.name))[-1] == "OrderRejected"


async def test_a_withdrawal_by_the_requester_cancels_and_one_that_follows_a_cancel_does_not(
    world: World,
) -> None:
    order = await world.create()
    await world.tell(approval_events.ApprovalWithdrawn(task=task(order)), about=f"{order.name}-1")
    assert (await world.get(order.name)).state == orders_pb2.ORDER_STATE_PENDING_APPROVAL
    await world.tell(
        approval_events.ApprovalWithdrawn(task=task(order), by_requester=True), about=f"{order.name}-1"
    )
    cancelled = await world.get(order.name)
    assert (cancelled.state, cancelled.outcome_person) == (orders_pb2.ORDER_STATE_CANCELLED, "zhangsan")


async def test_a_grant_that_comes_after_the_cancel_is_recorded_and_has_no_effect(world: World) -> None:
    order = await world.create()
    await world.cancel(order.name)
    await world.tell(approval_events.ApprovalGranted(task=task(order)), about=f"{order.name}-1")
    assert (await world.get(order.name)).state == orders_pb2.ORDER_STATE_CANCELLED
    assert await world.events(order.name) == ["OrderPlaced", "OrderCancelled"]
    assert (await world.audit(order.name))[-1] == ("system", "approve_order", "ORDER_CLOSED")


async def test_a_grant_of_another_version_or_order_is_recorded_and_has_no_effect(world: World) -> None:
    order = await world.create()
    await world.tell(approval_events.ApprovalGranted(task=task(order, 2)), about=f"{order.name}-2")
    assert (await world.get(order.name)).state == orders_pb2.ORDER_STATE_PENDING_APPROVAL
    assert (await world.audit(order.name))[-1] == ("system", "approve_order", "OTHER_VERSION")
    unknown = approvals_pb2.Task(name="LY9999-1", order="LY9999", order_version=1)
    await world.tell(approval_events.ApprovalGranted(task=unknown), about="LY9999-1")
    assert await world.audit("LY9999") == [("system", "approve_order", "UNKNOWN_ORDER")]


async def test_promises_of_other_programs_are_none_of_our_business(world: World) -> None:
    for name in ("shop-77", "LY9999"):
        await world.tell(stock_events.StockReserved(reservation=reservation(name, 5)), about=name)
        assert await world.events(name) == []
        assert await world.audit(name) == []
    parked = await world.look(lambda connection: connection.execute(select(PARKED)).all())
    assert parked == []


async def test_goods_that_left_before_stock_heard_the_cancel_count(world: World) -> None:
    order = await world.approved()
    await world.cancel(order.name)
    await issue(world, order.name, 5)
    assert (await world.get(order.name)).state == orders_pb2.ORDER_STATE_FULFILLED
    assert (await world.events(order.name))[-2:] == ["OrderCancelled", "OrderFulfilled"]
    assert (await world.audit(order.name))[-1] == ("system", "fulfil_order", "MOVED_AFTER_CLOSE")
    assert await world.broken() == {}


async def test_part_that_left_before_stock_heard_the_cancel_counts_and_the_rest_is_closed(
    world: World,
) -> None:
    order = await world.approved()
    await world.cancel(order.name)
    await issue(world, order.name, 2, reserved=3)
    await world.tell(stock_events.StockReleased(reservation=reservation(order.name, 0)), about=order.name)
    assert (await world.get(order.name)).state == orders_pb2.ORDER_STATE_PARTLY_FULFILLED
    assert await world.at_work.runtime.writer.act(commands.expire_orders) == 1
    closed = await world.get(order.name)
    assert (closed.state, closed.lines[0].fulfilled.value) == (orders_pb2.ORDER_STATE_EXPIRED, "2")
    assert await world.broken() == {}


async def test_what_was_handed_over_cannot_be_taken_back(world: World) -> None:
    order = await world.approved()
    await issue(world, order.name, 2, reserved=3)
    with pytest.raises(RemoteError) as caught:
        await world.cancel(order.name)
    assert caught.value.facts == {"order": order.name, "state": "PARTLY_FULFILLED", "attempt": "cancel"}


async def test_a_cancel_and_a_grant_at_the_same_instant_end_in_one_of_two_ways(world: World) -> None:
    orders = [await world.create(paper("1")) for _ in range(12)]
    await asyncio.gather(
        *(
            action
            for order in orders
            for action in (
                world.tell(approval_events.ApprovalGranted(task=task(order)), about=f"{order.name}-1"),
                world.cancel(order.name),
            )
        )
    )
    for order in orders:
        assert (await world.get(order.name)).state == orders_pb2.ORDER_STATE_CANCELLED
        assert await world.events(order.name) in (
            ["OrderPlaced", "OrderCancelled"],
            ["OrderPlaced", "OrderApproved", "OrderCancelled"],
        )
    assert await world.broken() == {}


async def test_orders_that_nobody_acts_on_end_by_themselves(world: World) -> None:
    waiting = await world.create()
    assert await let_time_pass(world, waiting.name, 13) == 0
    assert await let_time_pass(world, waiting.name, 1) == 1
    ended = await world.get(waiting.name)
    assert (ended.state, ended.outcome_reason) == (orders_pb2.ORDER_STATE_EXPIRED, "NOT_APPROVED_IN_TIME")
    granted = await world.approved()
    assert await let_time_pass(world, granted.name, 29) == 0
    assert await let_time_pass(world, granted.name, 1) == 1
    assert (await world.get(granted.name)).outcome_reason == "NOT_FULFILLED_IN_TIME"
    assert (await world.events(granted.name))[-1] == "OrderExpired"
    assert (await world.audit(granted.name))[-1] == ("system", "expire_order", "done")


async def test_the_timer_ends_a_bounded_number_at_once(world: World) -> None:
    for _ in range(3):
        await world.create()

    def all_overdue(tx: Any) -> int:
        tx.connection.execute(update(ORDERS).values(expire_time=tx.now))
        commands.EXPIRED_AT_ONCE = 2
        return commands.expire_orders(tx) * 10 + commands.expire_orders(tx)

    bound = commands.EXPIRED_AT_ONCE
    try:
        assert await world.at_work.runtime.writer.act(all_overdue) == 21
    finally:
        commands.EXPIRED_AT_ONCE = bound


DAMAGES = {
    "I5": "DELETE FROM orders WHERE number = 1002",
    "I6": "UPDATE order_lines SET fulfilled = ordered + 1 WHERE number = 1001",
    "I9": "UPDATE orders SET granted_task = '' WHERE number = 1001",
    "I12": "UPDATE orders SET state = 'CANCELLED' WHERE number = 1001",
    "I13": "UPDATE orders SET request_id = '' WHERE number = 1001",
    "I19": "UPDATE orders SET kind = 'sample' WHERE number = 1001",
}


@pytest.mark.parametrize("invariant", DAMAGES)
async def test_a_damaged_database_is_told_by_verify(world: World, invariant: str) -> None:
    first = await world.approved()
    await issue(world, first.name, 5)
    for _ in range(2):
        await world.create()
    assert await world.broken() == {}

    def damage(tx: Any) -> None:
        tx.connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        tx.connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        if invariant == "I5":
            tx.connection.execute(ORDER_LINES.delete().where(ORDER_LINES.c.number == 1002))
            tx.connection.execute(text("DROP TRIGGER order_steps_no_delete"))
            tx.connection.execute(text("DELETE FROM order_steps WHERE number = 1002"))
        tx.connection.execute(text(DAMAGES[invariant]))
        tx.connection.execute(text("PRAGMA ignore_check_constraints = OFF"))

    await world.at_work.runtime.writer.act(damage)
    assert invariant in await world.broken()
