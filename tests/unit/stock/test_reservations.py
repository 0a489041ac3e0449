"""Promises: all or nothing from outside, as far as possible for orders, and every way they end."""

from datetime import timedelta

import pytest

from services.kit.errors import InvalidField, NoSuch
from services.stock.domain.items import Measure, Pack, Tracking
from services.stock.domain.reservations import (
    AlreadyIssued,
    InsufficientStock,
    LotExpired,
    MoreThanPromised,
    NotApproved,
    NothingToIssue,
    OwnRequest,
    PromiseEnded,
    State,
    TooManyPieces,
    check_line_numbers,
    promise_all,
)
from services.stock.domain.shelf import MAXIMUM_PICKS
from services.stock.domain.wishes import DocumentOfOrders, Wish, WishLine, check, fulfil
from tests.unit.stock.goods import MILK, NOW, TODAY, line, milk_shelf, paper_shelf, promise


def test_lines_of_one_request_are_summed_before_the_check() -> None:
    shelf = paper_shelf(8)
    with pytest.raises(InsufficientStock) as caught:
        promise_all("D", [line(1, 5), line(2, 5)], shelf)
    assert caught.value.facts == {
        "item": "BG-001",
        "warehouse": "ZC",
        "wanted": "10",
        "available": "8",
        "unit": "包",
    }
    assert shelf.available("BG-001", "ZC") == 8
    assert list(shelf.changes()) == []


def test_all_lines_are_promised_when_there_is_enough() -> None:
    shelf = paper_shelf(8)
    lines = [line(1, 5), line(2, 3)]
    promise_all("D", lines, shelf)
    assert [one.reserved for one in lines] == [5, 3]
    assert shelf.available("BG-001", "ZC") == 0


def test_a_document_takes_a_bounded_number_of_lots() -> None:
    shelf = milk_shelf(*((f"L{n:04}", 1, None) for n in range(MAXIMUM_PICKS + 5)))
    with pytest.raises(TooManyPieces):
        promise_all("D", [line(1, MAXIMUM_PICKS + 1, MILK)], shelf)
    assert list(shelf.changes()) == []
    promise_all("D", [line(1, MAXIMUM_PICKS, MILK)], shelf)


def test_an_order_holds_what_is_there_and_gets_the_rest_on_approval() -> None:
    reservation = promise(line(1, 5), line(2, 5))
    reservation.fill(paper_shelf(7))
    assert [one.reserved for one in reservation.lines] == [5, 2]
    assert reservation.is_short
    assert reservation.approve(paper_shelf(9), NOW)
    assert [one.missing for one in reservation.lines] == [0, 0]
    assert reservation.state is State.RESERVED
    assert reservation.expires_at is None
    assert not reservation.is_short


def test_approval_comes_once() -> None:
    reservation = promise(line(1, 5))
    assert reservation.approve(paper_shelf(9), NOW)
    assert not reservation.approve(paper_shelf(9), NOW + timedelta(hours=1))
    assert reservation.approved_at == NOW


def test_a_hold_that_ran_out_is_promised_anew_by_approval() -> None:
    shelf = paper_shelf(5)
    reservation = promise(line(1, 5))
    reservation.fill(shelf)
    assert reservation.end(shelf, State.EXPIRED)
    assert shelf.available("BG-001", "ZC") == 5
    assert not reservation.end(shelf, State.EXPIRED)
    assert reservation.approve(shelf, NOW)
    assert reservation.lines[0].reserved == 5


def test_a_released_promise_stays_released() -> None:
    shelf = paper_shelf(5)
    reservation = promise(line(1, 5))
    reservation.fill(shelf)
    reservation.release(shelf)
    with pytest.raises(PromiseEnded):
        reservation.release(shelf)
    assert not reservation.approve(shelf, NOW)
    with pytest.raises(NothingToIssue) as caught:
        reservation.issue(shelf, {}, "zhaoliu", NOW)
    assert caught.value.state == "released"


def test_who_may_hand_over_and_when() -> None:
    shelf = paper_shelf(5)
    reservation = promise(line(1, 5))
    reservation.fill(shelf)
    with pytest.raises(NotApproved):
        reservation.issue(shelf, {}, "zhaoliu", NOW)
    reservation.approve(shelf, NOW)
    with pytest.raises(OwnRequest):
        reservation.issue(shelf, {}, "zhangsan", NOW)
    reservation.issue(shelf, {}, "zhaoliu", NOW)
    with pytest.raises(AlreadyIssued):
        reservation.issue(shelf, {}, "zhaoliu", NOW)


def test_an_outside_promise_needs_no_approval_but_ends_at_its_time() -> None:
    shelf = paper_shelf(5)
    ends = NOW + timedelta(seconds=5)
    reservation = promise(line(1, 2), of_order=False, approved=True, expires_at=ends, requester="shop")
    reservation.fill(shelf)
    with pytest.raises(NothingToIssue) as caught:
        reservation.issue(shelf, {}, "shop", ends)
    assert caught.value.state == "expired"
    assert [pick.quantity for _, pick in reservation.issue(shelf, {}, "shop", NOW)] == [2]


def test_parts_may_be_handed_over_but_never_more_than_promised() -> None:
    shelf = paper_shelf(5)
    reservation = promise(line(1, 8))
    reservation.approve(shelf, NOW)
    with pytest.raises(MoreThanPromised) as caught:
        reservation.issue(shelf, {1: 6}, "zhaoliu", NOW)
    assert (caught.value.wanted, caught.value.promised) == ("6", "5")
    with pytest.raises(NoSuch):
        reservation.issue(shelf, {2: 1}, "zhaoliu", NOW)
    reservation.issue(shelf, {1: 2}, "zhaoliu", NOW)
    reservation.issue(shelf, {}, "zhaoliu", NOW)
    assert (reservation.lines[0].issued, reservation.state) == (5, State.RESERVED)
    with pytest.raises(NothingToIssue) as nothing:
        reservation.issue(shelf, {}, "zhaoliu", NOW)
    assert nothing.value.state == "reserved"


def test_expired_lots_are_swapped_before_they_are_handed_over() -> None:
    past = TODAY - timedelta(days=1)
    reservation = promise(line(1, 5, MILK))
    reservation.approve(milk_shelf(("A", 5, TODAY), ("B", 5, None)), NOW)
    assert [pick.key.lot for pick in reservation.lines[0].picks] == ["A"]
    shelf = milk_shelf(("A", 5, past), ("B", 5, None))
    shelf.find(reservation.lines[0].picks[0].key).reserved = 5  # type: ignore[union-attr]
    issued = reservation.issue(shelf, {}, "zhaoliu", NOW)
    assert [(pick.key.lot, pick.quantity) for _, pick in issued] == [("B", 5)]
    assert shelf.available("SP-001", "ZC") == 0


def test_an_expired_lot_that_cannot_be_swapped_is_not_handed_over() -> None:
    past = TODAY - timedelta(days=1)
    reservation = promise(line(1, 5, MILK))
    reservation.approve(milk_shelf(("A", 5, TODAY)), NOW)
    shelf = milk_shelf(("A", 5, past), ("B", 2, None))
    shelf.find(reservation.lines[0].picks[0].key).reserved = 5  # type: ignore[union-attr]
    with pytest.raises(LotExpired) as caught:
        reservation.issue(shelf, {}, "zhaoliu", NOW)
    assert caught.value.lot == "A"


@pytest.mark.parametrize("numbers", [[0], [-1], [1, 1], [1_000_001]])
def test_line_numbers_are_positive_and_used_once(numbers: list[int]) -> None:
    with pytest.raises(InvalidField):
        check_line_numbers(numbers)


def wish(document: str = "shop-1", *lines: WishLine, hold_seconds: int = 0) -> Wish:
    """A wish of an outside program."""
    return Wish(document, "request-1", "client:shop", "shop", hold_seconds, list(lines))


ONE = WishLine(1, "BG-001", "ZC", "1", "箱")


@pytest.mark.parametrize("document", ["", "a b", "a.b", "a*", "a>", "../x", "x" * 65, "纸", "a\n"])
def test_a_document_that_cannot_be_named_is_refused(document: str) -> None:
    with pytest.raises(InvalidField):
        check(wish(document, ONE))


@pytest.mark.parametrize("document", ["LY1027", "QC1", "XX0"])
def test_documents_of_the_form_of_our_own_are_refused(document: str) -> None:
    with pytest.raises(DocumentOfOrders):
        check(wish(document, ONE))


@pytest.mark.parametrize("document", ["LY-1027", "ly1027", "L1", "LYX1", "LY1027a"])
def test_other_documents_are_free(document: str) -> None:
    assert check(wish(document, ONE)).document == document


def test_a_wish_has_lines_and_a_bounded_hold() -> None:
    for bad in (wish("a"), wish("a", *([ONE] * 201)), wish("a", ONE, hold_seconds=-1)):
        with pytest.raises(InvalidField):
            check(bad)
    with pytest.raises(InvalidField):
        check(wish("a", ONE, hold_seconds=10**12))


def test_a_wish_in_packs_is_promised_in_base_units() -> None:
    measures = {"BG-001": Measure("BG-001", "包", 0, Tracking.NONE, packs=(Pack("箱", 8),))}
    reservation = fulfil(wish("a", ONE, hold_seconds=60), measures, paper_shelf(10), NOW)
    assert reservation.lines[0].reserved == 8
    assert (reservation.state, reservation.expires_at) == (State.HELD, NOW + timedelta(seconds=60))
