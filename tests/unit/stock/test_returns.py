"""Returns: what comes back, from whom, and how much of it."""

import pytest

from services.kit.errors import InvalidField, NoSuch
from services.stock.domain.items import Measure
from services.stock.domain.reservations import NotApproved, OwnRequest
from services.stock.domain.returns import (
    Brought,
    ExpectedReturn,
    MoreThanExpected,
    NothingToReturn,
    Outstanding,
    ReturnLine,
    ReturnState,
    ReturnWithoutIssue,
)
from tests.unit.stock.goods import MILK, NOW, PAPER


def expected(measure: Measure = PAPER, quantity: int = 5, *, approved: bool = True) -> ExpectedReturn:
    """A return of the administration."""
    lines = [ReturnLine(1, measure, "ZC", quantity)]
    state = ReturnState.EXPECTED
    return ExpectedReturn("TL1", state, approved, "requisition_return", "行政部", "zhangsan", NOW, lines)


def test_everything_comes_back_when_nothing_else_is_said() -> None:
    back = expected()
    (move,) = back.receive([], {}, "zhaoliu")
    assert (move.quantity, back.state) == (5, ReturnState.RECEIVED)
    with pytest.raises(NothingToReturn):
        back.receive([], {}, "zhaoliu")


def test_parts_come_back_up_to_what_is_expected() -> None:
    back = expected()
    back.receive([Brought(1, 3)], {}, "zhaoliu")
    assert back.state is ReturnState.EXPECTED
    with pytest.raises(MoreThanExpected) as caught:
        back.receive([Brought(1, 3)], {}, "zhaoliu")
    assert (caught.value.wanted, caught.value.expected) == ("3", "2")
    with pytest.raises(MoreThanExpected):
        expected().receive([Brought(1, 3), Brought(1, 3)], {}, "zhaoliu")
    with pytest.raises(NoSuch):
        back.receive([Brought(2, 1)], {}, "zhaoliu")


def test_nothing_comes_back_before_approval_nor_by_the_requester_nor_when_withdrawn() -> None:
    with pytest.raises(NotApproved):
        expected(approved=False).receive([], {}, "zhaoliu")
    with pytest.raises(OwnRequest):
        expected().receive([], {}, "zhangsan")
    back = expected()
    back.withdraw()
    with pytest.raises(NothingToReturn):
        back.receive([], {}, "zhaoliu")


def test_what_is_not_tracked_has_no_lot() -> None:
    with pytest.raises(InvalidField):
        expected().receive([Brought(1, 1, lot="A")], {}, "zhaoliu")


def test_lots_are_those_last_issued_unless_one_is_named() -> None:
    out = {"SP-001": [Outstanding("NEW", "", 2), Outstanding("OLD", "", 9)]}
    moves = expected(MILK).receive([], out, "zhaoliu")
    assert [(move.key.lot, move.quantity) for move in moves] == [("NEW", 2), ("OLD", 3)]
    moves = expected(MILK).receive([Brought(1, 4, lot="OLD")], out, "zhaoliu")
    assert [(move.key.lot, move.quantity) for move in moves] == [("OLD", 4)]


def test_a_lot_comes_back_only_as_far_as_it_went_out() -> None:
    out = {"SP-001": [Outstanding("NEW", "", 2)]}
    for brought in ([Brought(1, 3, lot="NEW")], [Brought(1, 1, lot="X")], [], [Brought(1, 2), Brought(1, 1)]):
        with pytest.raises(ReturnWithoutIssue):
            expected(MILK).receive(brought, out, "zhaoliu")
    with pytest.raises(ReturnWithoutIssue):
        expected(MILK).receive([], {}, "zhaoliu")
