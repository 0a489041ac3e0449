"""Orders are placed through the front door: once, with stock's facts, by people who may."""

import asyncio
from typing import Any

import pytest
from google.type.decimal_pb2 import Decimal
from kuguan.orders.v1 import orders_pb2
from kuguan.stock.v1 import events_pb2 as stock_events
from kuguan.type.v1.quantity_pb2 import Quantity

from services.kit.changes import Transaction
from services.kit.errors import RemoteError
from services.orders.storage import catalogue
from tests.service.orders.neighbours import AUDITOR, PROGRAM, ZHANGSAN, World, item, paper, request_id


async def refused(world: World, request: orders_pb2.CreateOrderRequest) -> tuple[str, dict[str, str]]:
    """Reason and facts of the refusal."""
    with pytest.raises(RemoteError) as caught:
        await world.create(request)
    return caught.value.reason, caught.value.facts


async def test_an_order_gets_its_number_and_everything_that_stock_and_the_token_know(world: World) -> None:
    order = await world.create(paper("2", "箱"))
    assert (order.name, order.number, order.kind) == ("LY1001", 1001, "requisition")
    assert (order.requester, order.department, order.counterpart) == ("zhangsan", "行政部", "行政部")
    assert (order.lines[0].base_quantity.value, order.lines[0].item_name) == ("16", "A4打印纸")
    assert (order.amount.units, order.amount.currency_code) == (288, "CNY")
    assert order.state == orders_pb2.ORDER_STATE_PENDING_APPROVAL
    assert await world.events("LY1001") == ["OrderPlaced"]
    assert await world.audit("LY1001") == [("zhangsan", "create_order", "done")]


async def test_the_same_request_again_is_the_same_order(world: World) -> None:
    request = paper()
    first = await world.create(request)
    assert await world.create(request) == first
    assert await world.events(first.name) == ["OrderPlaced"]
    request.lines[0].quantity.value.value = "6"
    assert (await refused(world, request))[0] == "REQUEST_ID_REUSED"


async def test_numbers_run_over_all_kinds_without_gaps_whatever_is_refused(world: World) -> None:
    requests = []
    for number in range(60):
        entries: list[dict[str, Any]] = [
            {"requisition": orders_pb2.RequisitionEntry()},
            {"return_to_stock": orders_pb2.ReturnToStockEntry()},
            {"sample": orders_pb2.SampleEntry(purpose="展会")},
            {"sample": orders_pb2.SampleEntry()},
        ]
        requests.append(paper("1", **entries[number % 4]))
    answers = await asyncio.gather(*(world.create(request) for request in requests), return_exceptions=True)
    orders = [answer for answer in answers if isinstance(answer, orders_pb2.Order)]
    refusals = [answer for answer in answers if isinstance(answer, RemoteError)]
    assert sorted(order.number for order in orders) == list(range(1001, 1046))
    assert {refusal.reason for refusal in refusals} == {"PURPOSE_REQUIRED"}
    assert {order.name[:2] for order in orders} == {"LY", "TL", "YP"}
    assert await world.broken() == {}


async def test_a_refused_attempt_is_in_the_audit_trail_and_nowhere_else(world: World) -> None:
    request = paper()
    request.lines[0].item = "BG-999"
    assert await refused(world, request) == ("UNKNOWN_ITEM", {"line": "1", "item": "BG-999"})
    assert await world.audit(request.request_id) == [("zhangsan", "create_order", "UNKNOWN_ITEM")]
    assert (await world.create()).name == "LY1001"


async def test_wrong_lines_are_refused_with_their_numbers(world: World) -> None:
    request = paper()
    request.lines[0].warehouse = "XX"
    assert await refused(world, request) == ("UNKNOWN_WAREHOUSE", {"line": "1", "warehouse": "XX"})
    request = paper()
    request.lines.append(request.lines[0])
    reason, facts = await refused(world, request)
    assert (reason, facts["first_line"], facts["second_line"]) == ("DUPLICATE_LINE", "1", "2")
    assert (await refused(world, paper("0.5")))[0] == "TOO_FINE"
    assert (await refused(world, paper("-1")))[0] == "QUANTITY_NOT_POSITIVE"
    assert (await refused(world, paper("1e5")))[0] == "NOT_AN_AMOUNT"
    assert (await refused(world, paper("1", "吨")))[0] == "UNKNOWN_UNIT"


@pytest.mark.parametrize("code", ["", " ", "bg-001", "BG\x00001", "ＢＧ-001", "../BG-001", "*", "x" * 10_000])
async def test_an_item_code_that_is_none_is_refused_and_nothing_written(world: World, code: str) -> None:
    request = paper()
    request.lines[0].item = code
    assert (await refused(world, request))[0] == "UNKNOWN_ITEM"


async def test_requests_without_lines_entry_or_id_are_refused(world: World) -> None:
    empty = paper()
    del empty.lines[:]
    assert (await refused(world, empty))[0] == "LINE_COUNT_OUT_OF_RANGE"
    many = paper()
    many.lines.extend(
        orders_pb2.CreateOrderLine(
            item=f"A{number}", warehouse="ZC", quantity=Quantity(value=Decimal(value="1"))
        )
        for number in range(10_000)
    )
    assert await refused(world, many) == (
        "LINE_COUNT_OUT_OF_RANGE",
        {"count": "10001", "maximum": "100"},
    )
    no_entry = paper()
    no_entry.ClearField("requisition")
    assert (await refused(world, no_entry))[0] == "ENTRY_REQUIRED"
    no_id = paper()
    no_id.request_id = ""
    assert (await refused(world, no_id))[0] == "INVALID_FIELD"
    ugly = paper(requisition=orders_pb2.RequisitionEntry(purpose="\x00"))
    assert (await refused(world, ugly))[0] == "INVALID_FIELD"


async def test_programs_and_strangers_cannot_place_orders(world: World) -> None:
    with pytest.raises(RemoteError) as caught:
        await world.create(caller=PROGRAM)
    assert (caught.value.reason, caught.value.facts) == ("PERSON_REQUIRED", {"client": "shop"})
    with pytest.raises(RemoteError) as caught:
        await world.ask("CreateOrder", paper(), None)
    assert caught.value.reason == "NOT_SIGNED_IN"


async def test_an_item_is_known_as_it_was_told_last(world: World) -> None:
    cheaper = item("BG-001", name="A4复印纸", etag="2")
    cheaper.reference_cost.units = 10
    await world.tell(
        stock_events.ItemUpdated(item=cheaper), stock_events.ItemAnnounced(item=cheaper), about="BG-001"
    )
    order = await world.create(paper("2", "箱"))
    assert (order.lines[0].item_name, order.amount.units) == ("A4复印纸", 160)
    await world.tell(stock_events.ItemUpdated(item=item("BG-001", archived=True)), about="BG-001")
    assert await refused(world, paper()) == ("ITEM_ARCHIVED", {"line": "1", "item": "BG-001"})
    assert (await world.get(order.name)).lines[0].item_name == "A4复印纸"


async def test_items_that_are_told_together_are_known_as_each_was_told_last(world: World) -> None:
    codes = [f"BG-{number:03}" for number in range(2, 150)]

    def publish(tx: Transaction) -> None:
        for code in codes:
            tx.publish(stock_events.ItemCreated(item=item(code)), code)
        for code in codes[::2]:
            tx.publish(stock_events.ItemUpdated(item=item(code, name=f"新{code}", etag="2")), code)

    await world.stock.runtime.writer.act(publish)
    await world.tell(stock_events.ItemAnnounced(item=item("BG-001")), about="BG-001")
    known = await world.look(lambda c: catalogue.load_items(c, codes))
    assert sorted(known) == codes
    assert [known[code].etag == "2" for code in codes] == [place % 2 == 0 for place in range(len(codes))]
    assert known[codes[0]].name == f"新{codes[0]}"


async def test_the_kind_of_an_order_is_fixed_by_its_entry_alone(world: World) -> None:
    sample = await world.create(paper("1", sample=orders_pb2.SampleEntry(purpose="展会")))
    back = await world.create(paper("1", return_to_stock=orders_pb2.ReturnToStockEntry()))
    assert (sample.name, sample.movement, sample.counterpart) == ("YP1001", "sample_issue", "展会")
    assert (back.name, back.stock_effect, back.holds_stock) == (
        "TL1002",
        orders_pb2.STOCK_EFFECT_RECEIVE,
        False,
    )


async def test_a_person_without_department_is_told_so(world: World) -> None:
    with pytest.raises(RemoteError) as caught:
        await world.create(caller=AUDITOR)
    assert caught.value.reason == "DEPARTMENT_REQUIRED"


async def test_an_answer_of_long_ago_is_given_again_after_the_order_moved_on(world: World) -> None:
    request = paper()
    first = await world.create(request)
    await world.cancel(first.name)
    assert (await world.ask("CreateOrder", request, ZHANGSAN)).order == first
    assert request_id() != request.request_id
