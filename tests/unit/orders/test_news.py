"""News from stock and approvals, in time, too late, twice, and about something else."""

from datetime import timedelta

import pytest

from services.orders.domain import process
from services.orders.domain.errors import OrderStateForbids
from services.orders.domain.order import Order, OrderState
from services.orders.domain.process import Change, Remark, Step
from tests.unit.orders.samples import NOW, figures, order

LATER = NOW + timedelta(hours=1)
TASK = "LY1001-1"


def approved() -> Order:
    """An order that may be carried out."""
    return process.granted(order(), TASK, 1, LATER).order


def cancelled() -> Order:
    """An order that was granted and then taken back."""
    return approved().cancel("zhangsan", "", LATER)


def ended(step: Step) -> tuple[Change | None, Remark]:
    """What a step changed and remarked."""
    return step.change, step.remark


def test_a_grant_of_the_version_approves() -> None:
    assert ended(process.granted(order(), TASK, 1, LATER)) == (Change.APPROVED, Remark.NONE)


def test_a_grant_of_another_version_has_no_effect() -> None:
    step = process.granted(order(), "LY1001-2", 2, LATER)
    assert ended(step) == (None, Remark.OTHER_VERSION)
    assert step.order == order()


def test_the_same_grant_again_says_nothing() -> None:
    assert ended(process.granted(approved(), TASK, 1, LATER)) == (None, Remark.NONE)


def test_a_grant_after_the_cancel_has_no_effect() -> None:
    withdrawn = order().cancel("zhangsan", "", LATER)
    assert ended(process.granted(withdrawn, TASK, 1, LATER)) == (None, Remark.ORDER_CLOSED)


def test_a_refusal_after_the_grant_has_no_effect() -> None:
    assert ended(process.refused(approved(), 1, "lixia", "", LATER)) == (None, Remark.ORDER_DECIDED)


def test_a_refusal_rejects_with_person_and_reason() -> None:
    step = process.refused(order(), 1, "lixia", "太多", LATER)
    assert (step.change, step.order.outcome_person, step.order.outcome_reason) == (
        Change.REJECTED,
        "lixia",
        "太多",
    )


def test_a_withdrawal_cancels_and_a_second_one_says_nothing() -> None:
    step = process.withdrawn(order(), 1, "zhangsan", LATER)
    assert ended(step) == (Change.CANCELLED, Remark.NONE)
    assert ended(process.withdrawn(step.order, 1, "zhangsan", LATER)) == (None, Remark.NONE)


def test_a_promise_changes_the_lines_and_not_the_state() -> None:
    step = process.promised(order(), figures(reserved=3, short=2), LATER)
    assert (step.change, step.order.state) == (Change.STOCK_CHANGED, OrderState.PENDING_APPROVAL)
    assert (str(step.order.lines[0].reserved), str(step.order.lines[0].short)) == ("3", "2")


def test_a_promise_that_changes_nothing_is_not_announced() -> None:
    told = process.promised(order(), figures(reserved=5, short=0), LATER).order
    assert ended(process.promised(told, figures(reserved=5, short=0), LATER)) == (None, Remark.NONE)


def test_a_promise_for_a_closed_order_has_no_effect() -> None:
    step = process.promised(cancelled(), figures(reserved=5, short=0), LATER)
    assert ended(step) == (None, Remark.ORDER_CLOSED)


def test_the_release_that_follows_a_cancel_is_no_news() -> None:
    assert ended(process.promised(cancelled(), figures(reserved=0, short=0), LATER)) == (None, Remark.NONE)


def test_goods_move_the_order_on() -> None:
    part = process.moved(approved(), figures(reserved=3, short=0, fulfilled=2), LATER)
    assert ended(part) == (Change.PARTLY_FULFILLED, Remark.NONE)
    rest = process.moved(part.order, figures(reserved=0, short=0, fulfilled=5), LATER)
    assert ended(rest) == (Change.FULFILLED, Remark.NONE)


def test_the_same_goods_told_twice_count_once() -> None:
    told = figures(reserved=0, short=0, fulfilled=5)
    once = process.moved(approved(), told, LATER).order
    assert process.moved(once, told, LATER) == Step(once)


def test_goods_that_moved_after_the_close_are_remarked() -> None:
    step = process.moved(cancelled(), figures(reserved=0, short=0, fulfilled=5), LATER)
    assert ended(step) == (Change.FULFILLED, Remark.MOVED_AFTER_CLOSE)


def test_goods_of_an_order_that_nobody_granted_are_an_alarm() -> None:
    with pytest.raises(OrderStateForbids):
        process.moved(order(), figures(fulfilled=5), LATER)
