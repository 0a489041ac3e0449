"""Each transition of an order: where it may start, what it leaves, and what it refuses."""

from datetime import timedelta

import pytest

from services.orders.domain.errors import MoreThanOrdered, OrderStateForbids, UnknownLine
from services.orders.domain.order import (
    NOT_APPROVED_IN_TIME,
    NOT_FULFILLED_IN_TIME,
    REST_NOT_FULFILLED_IN_TIME,
    Order,
    OrderState,
)
from tests.unit.orders.samples import NOW, figures, order

LATER = NOW + timedelta(hours=1)


def approved() -> Order:
    """An order that may be carried out."""
    return order().approve("LY1001-1", LATER)


def partly() -> Order:
    """An order of which two of five were handed over."""
    return approved().fulfil(figures(reserved=3, fulfilled=2), LATER)


def fulfilled() -> Order:
    """An order that was handed over."""
    return approved().fulfil(figures(reserved=0, fulfilled=5), LATER)


def test_a_new_order_waits_two_weeks_for_approval() -> None:
    assert order().state is OrderState.PENDING_APPROVAL
    assert order().expire_time == NOW + timedelta(days=14)


def test_a_grant_is_recorded_with_its_task_and_version() -> None:
    assert (approved().state, approved().granted_task, approved().granted_version) == (
        OrderState.APPROVED,
        "LY1001-1",
        1,
    )
    assert approved().expire_time == LATER + timedelta(days=30)


def test_a_rejection_names_the_person_and_the_reason() -> None:
    rejected = order().reject("lixia", "预算不足", LATER)
    assert (rejected.outcome_person, rejected.outcome_reason) == ("lixia", "预算不足")
    assert (rejected.state, rejected.expire_time) == (OrderState.REJECTED, None)


def test_every_change_counts_and_has_its_time() -> None:
    assert (approved().revision, approved().update_time) == (2, LATER)


def test_an_approved_order_can_still_be_cancelled() -> None:
    promised = approved().promise(figures(reserved=5, short=0), LATER)
    cancelled = promised.cancel("zhangsan", "不需要了", LATER)
    assert cancelled.state is OrderState.CANCELLED
    assert not cancelled.lines[0].reserved


@pytest.mark.parametrize("start", [partly(), fulfilled()])
def test_what_was_handed_over_cannot_be_cancelled(start: Order) -> None:
    with pytest.raises(OrderStateForbids) as caught:
        start.cancel("zhangsan", "", LATER)
    assert caught.value.facts == {"order": "LY1001", "state": start.state.value, "attempt": "cancel"}


@pytest.mark.parametrize("start", [approved(), partly(), fulfilled(), order().reject("lixia", "", LATER)])
def test_only_a_pending_order_is_decided(start: Order) -> None:
    with pytest.raises(OrderStateForbids):
        start.approve("LY1001-1", LATER)
    with pytest.raises(OrderStateForbids):
        start.reject("lixia", "", LATER)


def test_goods_never_move_without_a_grant() -> None:
    for start in (order(), order().reject("lixia", "", LATER), order().cancel("zhangsan", "", LATER)):
        with pytest.raises(OrderStateForbids):
            start.fulfil(figures(fulfilled=5), LATER)


def test_part_of_the_goods_renews_the_timer() -> None:
    much_later = LATER + timedelta(days=3)
    part = approved().fulfil(figures(reserved=3, fulfilled=2), much_later)
    assert (part.state, part.expire_time) == (OrderState.PARTLY_FULFILLED, much_later + timedelta(days=30))


def test_the_last_goods_end_the_order() -> None:
    assert (fulfilled().state, fulfilled().expire_time) == (OrderState.FULFILLED, None)


def test_all_lines_have_to_be_carried_out() -> None:
    two = order(("BG-001", "5", ""), ("BG-003", "2", "")).approve("LY1001-1", LATER)
    first = two.fulfil(figures(1, fulfilled=5), LATER)
    assert first.state is OrderState.PARTLY_FULFILLED
    assert first.fulfil(figures(2, fulfilled=2), LATER).state is OrderState.FULFILLED


def test_more_than_ordered_is_refused() -> None:
    with pytest.raises(MoreThanOrdered):
        approved().fulfil(figures(fulfilled=6), LATER)


def test_a_line_that_the_order_does_not_have_is_refused() -> None:
    with pytest.raises(UnknownLine):
        approved().promise(figures(2, reserved=1), LATER)


def test_what_was_carried_out_never_shrinks() -> None:
    assert str(partly().promise(figures(reserved=0, fulfilled=1), LATER).lines[0].fulfilled) == "2"


def test_goods_that_left_before_stock_heard_the_cancel_count() -> None:
    cancelled = approved().cancel("zhangsan", "不需要了", LATER)
    assert cancelled.fulfil(figures(fulfilled=5), LATER).state is OrderState.FULFILLED
    part = cancelled.fulfil(figures(fulfilled=2), LATER)
    assert (part.state, part.expire_time) == (OrderState.PARTLY_FULFILLED, LATER)
    assert part.expire(LATER).state is OrderState.EXPIRED


def test_goods_that_left_before_stock_heard_the_expiry_count() -> None:
    late = LATER + timedelta(days=31)
    expired = approved().expire(late)
    assert expired.fulfil(figures(fulfilled=5), late).state is OrderState.FULFILLED


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (order(), NOT_APPROVED_IN_TIME),
        (approved(), NOT_FULFILLED_IN_TIME),
        (partly(), REST_NOT_FULFILLED_IN_TIME),
    ],
)
def test_an_order_whose_time_ran_out_says_why(start: Order, reason: str) -> None:
    expired = start.expire(LATER + timedelta(days=31))
    assert (expired.state, expired.outcome_reason) == (OrderState.EXPIRED, reason)
    assert expired.lines[0].fulfilled == start.lines[0].fulfilled


def test_an_order_does_not_expire_before_its_time() -> None:
    with pytest.raises(OrderStateForbids):
        order().expire(NOW + timedelta(days=13))


def test_an_ended_order_does_not_expire() -> None:
    with pytest.raises(OrderStateForbids):
        fulfilled().expire(LATER + timedelta(days=100))
