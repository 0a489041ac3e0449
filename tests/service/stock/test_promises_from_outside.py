"""Outside programs ask for promises: all or nothing, never oversold, once for each request id."""

import asyncio

import pytest
from kuguan.stock.v1 import stock_pb2

from services.kit.access import Caller
from services.kit.errors import RemoteError
from tests.service.stock.house import KEEPER, READER, SHOP, House, order, request_id, wish


async def refused(house: House, request: stock_pb2.ReserveRequest) -> tuple[str, dict[str, str]]:
    """Reason and facts of the refusal."""
    with pytest.raises(RemoteError) as caught:
        await house.reserve(request)
    return caught.value.reason, caught.value.facts


async def test_sixty_four_at_once_for_the_last_five_pieces(house: House) -> None:
    await house.stocked("BG-001", "5")
    wishes = [wish(f"shop-{number}", ("BG-001", "1")) for number in range(64)]
    answers = await asyncio.gather(*(house.reserve(one) for one in wishes), return_exceptions=True)
    assert sum(isinstance(answer, stock_pb2.Reservation) for answer in answers) == 5
    reasons = {answer.reason for answer in answers if isinstance(answer, RemoteError)}
    assert reasons == {"INSUFFICIENT_STOCK"}
    assert await house.figures("BG-001") == ("5", "0", "5", "0")
    assert await house.broken() == {}


async def test_the_same_request_at_the_same_time_and_later_has_one_effect(house: House) -> None:
    await house.stocked("BG-001", "50")
    same = wish("shop-1", ("BG-001", "3"))
    answers = await asyncio.gather(*(house.reserve(same) for _ in range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert await house.figures("BG-001") == ("50", "0", "3", "47")
    same.lines[0].quantity.value.value = "4"
    assert (await refused(house, same))[0] == "REQUEST_ID_REUSED"
    other = wish("shop-1", ("BG-001", "3"))
    assert await refused(house, other) == ("DUPLICATE", {"thing": "reservation", "name": "shop-1"})
    assert await house.figures("BG-001") == ("50", "0", "3", "47")


async def test_a_refused_request_may_be_asked_again_when_there_is_stock(house: House) -> None:
    await house.create_item("BG-001")
    same = wish("shop-1", ("BG-001", "3"))
    assert (await refused(house, same))[0] == "INSUFFICIENT_STOCK"
    await house.open("BG-001", "9")
    assert (await house.reserve(same)).lines[0].reserved.value == "3"


async def test_all_lines_or_none_and_lines_of_one_item_are_summed(house: House) -> None:
    await house.stocked("BG-001", "10")
    await house.stocked("BG-002", "10")
    reason, facts = await refused(house, wish("shop-1", ("BG-001", "6"), ("BG-002", "1"), ("BG-001", "5")))
    assert reason == "INSUFFICIENT_STOCK"
    assert facts == {"item": "BG-001", "warehouse": "ZC", "wanted": "11", "available": "10", "unit": "包"}
    assert await house.figures("BG-002") == ("10", "0", "0", "10")


async def test_a_batch_has_one_outcome_for_each_request_in_their_order(house: House) -> None:
    await house.stocked("BG-001", "5")
    requests = [wish(f"shop-{number}", ("BG-001", "2")) for number in range(4)]
    requests.append(wish("shop-0", ("BG-001", "1")))
    requests.append(wish("shop-9", ("BG-001", "x")))
    requests.append(stock_pb2.ReserveRequest(document="shop-8"))
    requests.append(wish("shop-7", ("BG-001", "1")))
    batch = stock_pb2.BatchReserveRequest(requests=requests)
    outcomes = (await house.ask("BatchReserve", batch, SHOP)).outcomes
    assert [outcome.refusal.reason or outcome.reservation.document for outcome in outcomes] == [
        "shop-0",
        "shop-1",
        "INSUFFICIENT_STOCK",
        "INSUFFICIENT_STOCK",
        "DUPLICATE",
        "NOT_AN_AMOUNT",
        "INVALID_FIELD",
        "shop-7",
    ]
    assert await house.figures("BG-001") == ("5", "0", "5", "0")
    again = (await house.ask("BatchReserve", batch, SHOP)).outcomes
    assert again[0] == outcomes[0]
    assert await house.figures("BG-001") == ("5", "0", "5", "0")
    assert await house.broken() == {}


async def test_a_batch_has_a_bound(house: House) -> None:
    for requests in ([], [wish(f"shop-{n}", ("BG-001", "1")) for n in range(1001)]):
        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await house.ask("BatchReserve", stock_pb2.BatchReserveRequest(requests=requests), SHOP)


async def test_packs_become_base_units_and_what_does_not_fit_names_its_neighbours(house: House) -> None:
    pack = [{"unit": "箱", "numerator": 8, "denominator": 1}]
    await house.stocked("BG-001", "3 箱", packs=pack)
    assert (await house.reserve(wish("shop-1", ("BG-001", "1.5 箱")))).lines[0].wanted.value == "12"
    reason, facts = await refused(house, wish("shop-2", ("BG-001", "0.3 箱")))
    assert reason == "TOO_FINE"
    assert (facts["lower"], facts["upper"], facts["unit"]) == ("2", "3", "包")
    reason, facts = await refused(house, wish("shop-3", ("BG-001", "1 瓶")))
    assert (reason, facts["known"]) == ("UNKNOWN_UNIT", "包, 箱")


async def test_a_promise_can_be_given_back_once_and_whoever_waits_gets_it(house: House) -> None:
    await house.stocked("BG-001", "5")
    await house.reserve(wish("shop-1", ("BG-001", "4")))
    told = order("LY1001", ("BG-001", "3"))
    await house.placed(told)
    await house.approved(told)
    request = stock_pb2.ReleaseRequest(request_id=request_id(), document="shop-1")
    answer = await house.ask("Release", request, SHOP)
    assert answer.reservation.state == stock_pb2.RESERVATION_STATE_RELEASED
    assert await house.ask("Release", request, SHOP) == answer
    assert (await house.promise("LY1001")).lines[0].reserved.value == "3"
    for document, reason in (("shop-1", "PROMISE_ENDED"), ("LY1001", "DOCUMENT_OF_ORDERS"), ("x", "NO_SUCH")):
        with pytest.raises(RemoteError, match=reason):
            await house.ask(
                "Release", stock_pb2.ReleaseRequest(request_id=request_id(), document=document), SHOP
            )
    assert await house.events("shop-1") == ["StockReleased"]
    assert await house.broken() == {}


async def test_an_outside_hold_ends_by_itself_and_is_not_handed_over_afterwards(house: House) -> None:
    await house.stocked("BG-001", "5")
    held = await house.reserve(wish("shop-1", ("BG-001", "4"), hold_seconds=3600))
    assert held.state == stock_pb2.RESERVATION_STATE_HELD
    assert held.HasField("expire_time")
    assert await house.let_holds_end() == 1
    assert await house.figures("BG-001") == ("5", "0", "0", "5")
    with pytest.raises(RemoteError) as caught:
        await house.issue("shop-1", caller=SHOP)
    assert (caught.value.reason, caught.value.facts["state"]) == ("NOTHING_TO_ISSUE", "expired")
    assert await house.events("shop-1") == ["HoldExpired"]


async def test_an_outside_promise_is_handed_over_once(house: House) -> None:
    await house.stocked("BG-001", "5")
    await house.reserve(wish("shop-1", ("BG-001", "4")))
    request = stock_pb2.IssueReservedRequest(request_id=request_id(), document="shop-1")
    first, second = await asyncio.gather(
        house.ask("IssueReserved", request, SHOP), house.ask("IssueReserved", request, SHOP)
    )
    assert first == second
    (entry,) = await house.entries(document="shop-1")
    assert (entry.movement, entry.counterpart, entry.actor) == ("other_issue", "shop", "shop")
    assert await house.figures("BG-001") == ("1", "0", "0", "1")
    assert await house.broken() == {}


async def test_serials_leave_piece_by_piece_and_are_in_one_place(house: House) -> None:
    await house.create_item("DZ-001", tracking=3)
    for serial in ("S1", "S2", "S3"):
        assert (await house.open("DZ-001", "1", serial=serial)).written
    assert not (await house.open("DZ-001", "1", serial="S1")).written
    reservation = await house.reserve(wish("shop-1", ("DZ-001", "2")))
    assert [part.serial for part in reservation.lines[0].allocations] == ["S1", "S2"]
    await house.issue("shop-1", (1, "1"), caller=SHOP)
    assert [part.serial for part in (await house.promise("shop-1")).lines[0].allocations] == ["S2"]
    assert await house.broken() == {}


async def test_archived_items_and_unknown_things_cannot_be_promised(house: House) -> None:
    await house.stocked("BG-001", "5")
    await house.create_item("BG-009", archived=True)
    cases = [
        (wish("shop-1", ("BG-009", "1")), "ITEM_ARCHIVED"),
        (wish("shop-1", ("NO-1", "1")), "NO_SUCH"),
        (wish("shop-1", ("bg-001", "1")), "INVALID_FIELD"),
        (wish("shop-1", ("BG-001", "1"), warehouse="XX"), "NO_SUCH"),
        (wish("shop-1", ("BG-001", "1"), warehouse=""), "NO_SUCH"),
        (wish("shop-1"), "INVALID_FIELD"),
        (wish("shop-1", *([("BG-001", "1")] * 201)), "INVALID_FIELD"),
        (wish("a/../b", ("BG-001", "1")), "INVALID_FIELD"),
        (wish("*", ("BG-001", "1")), "INVALID_FIELD"),
        (wish("shop-1", ("BG-001", "1"), hold_seconds=-1), "INVALID_FIELD"),
        (wish("shop-1", ("B" * 10_000, "1")), "INVALID_FIELD"),
        (wish("shop-1", ("BG-001\x00", "1")), "INVALID_FIELD"),
        (wish("shop-1", ("BG-001", "1"), warehouse="Z\x00C"), "NO_SUCH"),
    ]
    for request, reason in cases:
        assert (await refused(house, request))[0] == reason
    assert await house.figures("BG-001") == ("5", "0", "0", "5")


async def test_each_method_asks_for_its_permission(house: House) -> None:
    await house.stocked("BG-001", "5")
    with pytest.raises(RemoteError, match="PERMISSION_MISSING"):
        await house.ask("Reserve", wish("shop-1", ("BG-001", "1")), READER)
    with pytest.raises(RemoteError, match="NOT_SIGNED_IN"):
        await house.ask("Reserve", wish("shop-1", ("BG-001", "1")), None)
    with pytest.raises(RemoteError, match="PERMISSION_MISSING"):
        await house.issue("shop-1", caller=READER)
    await house.ask("Reserve", wish("shop-1", ("BG-001", "1")), KEEPER)


RIVAL = Caller(permissions=SHOP.permissions, client="rival")
NAMESAKE = Caller(person="shop", permissions=SHOP.permissions - {"stock.issue"}, client="bot")


@pytest.mark.parametrize("caller", [RIVAL, NAMESAKE])
async def test_the_promise_of_another_program_is_not_there(house: House, caller: Caller) -> None:
    await house.stocked("BG-001", "5")
    await house.reserve(wish("shop-1", ("BG-001", "4")))
    release = stock_pb2.ReleaseRequest(request_id=request_id(), document="shop-1")
    for method, request in (
        ("Release", release),
        ("GetReservation", stock_pb2.GetReservationRequest(document="shop-1")),
        ("IssueReserved", stock_pb2.IssueReservedRequest(request_id=request_id(), document="shop-1")),
    ):
        if method == "IssueReserved" and not caller.may("stock.issue"):
            continue
        with pytest.raises(RemoteError) as caught:
            await house.ask(method, request, caller)
        assert (caught.value.kind, caught.value.reason) == ("not_found", "NO_SUCH")
        assert caught.value.facts == {"thing": "reservation", "name": "shop-1"}
    assert await house.figures("BG-001") == ("5", "0", "4", "1")
    assert (caller.name, "release", "NO_SUCH") in await house.audit(release.request_id)
    own = stock_pb2.ReleaseRequest(request_id=request_id(), document="shop-1")
    released = (await house.ask("Release", own, SHOP)).reservation
    assert released.state == stock_pb2.RESERVATION_STATE_RELEASED


async def test_the_keeper_sees_and_hands_over_what_programs_promised(house: House) -> None:
    await house.stocked("BG-001", "5")
    await house.reserve(wish("shop-1", ("BG-001", "4")))
    assert (await house.promise("shop-1")).lines[0].reserved.value == "4"
    await house.issue("shop-1", caller=KEEPER)
    assert await house.figures("BG-001") == ("1", "0", "0", "1")


async def test_the_promise_of_an_order_is_seen_by_who_may_see_the_order(house: House) -> None:
    await house.stocked("BG-001", "5")
    await house.placed(order("LY1001", ("BG-001", "3")))
    request = stock_pb2.GetReservationRequest(document="LY1001")
    stranger = Caller(person="wangwu", permissions=READER.permissions, client="bot")
    auditor = Caller(person="sunqi", permissions=READER.permissions | {"orders.read_all"}, client="bot")
    for caller in (READER, auditor, KEEPER, SHOP):
        assert (await house.ask("GetReservation", request, caller)).reservation.document == "LY1001"
    with pytest.raises(RemoteError, match="NO_SUCH"):
        await house.ask("GetReservation", request, stranger)
