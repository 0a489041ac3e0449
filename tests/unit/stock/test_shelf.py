"""The shelf: what can be promised, in which order, and that nothing gets lost."""

from datetime import date, timedelta

import pytest

from services.kit.quantity import MAXIMUM_SCALED
from services.stock.domain.shelf import Key, Pick, Shelf, TooMuchInOnePlace, expired
from tests.unit.stock.goods import DAYS, TODAY, balance, milk_shelf, paper_shelf


def test_a_lot_is_usable_through_the_end_of_its_last_day() -> None:
    assert not expired(TODAY, TODAY)
    assert expired(TODAY - timedelta(days=1), TODAY)
    assert not expired(None, date.max)


def test_lots_are_promised_by_expiry_then_receipt_then_code_and_without_expiry_last() -> None:
    soon, late = TODAY + timedelta(days=2), TODAY + timedelta(days=9)
    shelf = Shelf(
        [
            balance(Key("SP-001", "ZC", "N"), 1),
            balance(Key("SP-001", "ZC", "B"), 1, expiry=late, received=1),
            balance(Key("SP-001", "ZC", "D"), 1, expiry=late, received=2),
            balance(Key("SP-001", "ZC", "C"), 1, expiry=late, received=2),
            balance(Key("SP-001", "ZC", "Z"), 1, expiry=soon, received=9),
            balance(Key("SP-001", "ZC", "X"), 5, expiry=TODAY - timedelta(days=1)),
        ],
        DAYS,
    )
    assert shelf.available("SP-001", "ZC") == 5
    picks = shelf.promise("SP-001", "ZC", 99)
    assert [pick.key.lot for pick in picks] == ["Z", "B", "C", "D", "N"]
    assert shelf.available("SP-001", "ZC") == 0


def test_what_is_held_cannot_be_promised() -> None:
    shelf = Shelf([balance(Key("BG-001", "ZC"), 10, held=4, reserved=3)], DAYS)
    assert shelf.available("BG-001", "ZC") == 3
    assert sum(pick.quantity for pick in shelf.promise("BG-001", "ZC", 10)) == 3


def test_another_warehouse_is_another_place() -> None:
    shelf = paper_shelf(10)
    assert shelf.available("BG-001", "LK") == 0
    assert shelf.promise("BG-001", "LK", 1) == []
    assert shelf.knows("BG-001", "LK")
    assert not shelf.knows("BG-001", "XX")


def test_only_what_changed_is_saved() -> None:
    shelf = milk_shelf(("A", 5, None), ("B", 5, None))
    picks = shelf.promise("SP-001", "ZC", 3)
    assert [change.key.lot for change in shelf.changes()] == ["A"]
    shelf.give_back(picks)
    assert list(shelf.changes()) == []


def test_goods_that_arrive_can_be_promised_unless_they_have_expired() -> None:
    shelf = paper_shelf(0)
    shelf.receive(Pick(Key("BG-001", "ZC"), 4), 1, "TL1")
    shelf.receive(Pick(Key("BG-001", "LK"), 2), 1, "TL1")
    shelf.receive(Pick(Key("SP-001", "LK", "X"), 2, TODAY - timedelta(days=1)), 1, "TL1")
    assert shelf.available("BG-001", "ZC") == 4
    assert shelf.available("BG-001", "LK") == 2
    assert shelf.available("SP-001", "LK") == 0
    assert [change.is_new for change in shelf.changes()] == [False, True, True]


def test_a_place_cannot_hold_more_than_the_ledger_can_count() -> None:
    shelf = paper_shelf(MAXIMUM_SCALED)
    with pytest.raises(TooMuchInOnePlace):
        shelf.receive(Pick(Key("BG-001", "ZC"), 1), 1, "TL1")


def test_more_cannot_leave_or_come_back_than_is_promised() -> None:
    shelf = paper_shelf(5)
    (pick,) = shelf.promise("BG-001", "ZC", 2)
    for operation in (shelf.issue, shelf.give_back):
        with pytest.raises(AssertionError):
            operation([pick._replace(quantity=3)])


def test_a_promise_takes_no_more_pieces_than_allowed() -> None:
    shelf = milk_shelf(*((f"L{n}", 1, None) for n in range(10)))
    assert len(shelf.promise("SP-001", "ZC", 10, at_most=4)) == 4
    assert shelf.available("SP-001", "ZC") == 6
