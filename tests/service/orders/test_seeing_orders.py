"""Who sees which orders, and page after page without losing or repeating one."""

import pytest
from kuguan.orders.v1 import orders_pb2

from services.kit.access import Caller
from services.kit.errors import RemoteError
from tests.service.orders.neighbours import AUDITOR, OFFICE, WANGWU, ZHANGSAN, World, paper


async def names(world: World, caller: Caller, **fields: object) -> list[str]:
    """The names on one page."""
    request = orders_pb2.ListOrdersRequest(**fields)  # type: ignore[arg-type]
    return [order.name for order in (await world.ask("ListOrders", request, caller)).orders]


async def test_an_order_is_found_by_its_name_and_by_its_number_alone(world: World) -> None:
    order = await world.create()
    assert await world.get("LY1001", ZHANGSAN) == order
    assert await world.get("1001", ZHANGSAN) == order


@pytest.mark.parametrize(
    "name", ["", "LY", "TL1001", "ly1001", "１００１", "1001 ", "LY1001\x00", "9" * 30, "*", "LY1001' OR 1=1"]
)
async def test_what_is_no_order_is_not_found(world: World, name: str) -> None:
    await world.create()
    with pytest.raises(RemoteError) as caught:
        await world.get(name)
    assert caught.value.reason == "NO_SUCH"


async def test_an_order_of_somebody_else_is_not_there(world: World) -> None:
    order = await world.create()
    with pytest.raises(RemoteError) as caught:
        await world.get(order.name, WANGWU)
    assert (caught.value.reason, caught.value.facts) == ("NO_SUCH", {"thing": "order", "name": order.name})
    assert (await world.get(order.name, AUDITOR)).name == order.name
    assert await names(world, WANGWU) == []
    assert await names(world, WANGWU, requester="zhangsan") == []
    assert await names(world, AUDITOR, requester="zhangsan") == [order.name]


async def test_pages_show_every_order_once_newest_first(world: World) -> None:
    made = [(await world.create(caller=(ZHANGSAN, WANGWU)[number % 2])).name for number in range(7)]
    request = orders_pb2.ListOrdersRequest(page_size=3)
    pages = []
    while True:
        page = await world.ask("ListOrders", request, AUDITOR)
        pages.append([order.name for order in page.orders])
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [name for page in pages for name in page] == made[::-1]
    assert await names(world, ZHANGSAN) == made[::-2]


async def test_a_page_token_fits_its_own_query_only(world: World) -> None:
    for _ in range(3):
        await world.create()
    first = await world.ask("ListOrders", orders_pb2.ListOrdersRequest(page_size=1), ZHANGSAN)
    token = first.next_page_token
    for caller, fields in (
        (AUDITOR, {"page_token": token}),
        (ZHANGSAN, {"page_token": token, "states": [orders_pb2.ORDER_STATE_CANCELLED]}),
        (ZHANGSAN, {"page_token": token[:-4]}),
        (ZHANGSAN, {"page_token": "x" * 10_000}),
        (ZHANGSAN, {"page_size": -1}),
        (ZHANGSAN, {"states": [99]}),
    ):
        with pytest.raises(RemoteError) as caught:
            await names(world, caller, **fields)
        assert caught.value.reason == "INVALID_FIELD"


async def test_a_list_can_be_limited_to_states(world: World) -> None:
    kept, taken_back = await world.create(), await world.create()
    await world.cancel(taken_back.name)
    assert await names(world, ZHANGSAN, states=[orders_pb2.ORDER_STATE_CANCELLED]) == [taken_back.name]
    assert await names(world, ZHANGSAN, states=[orders_pb2.ORDER_STATE_PENDING_APPROVAL]) == [kept.name]


async def test_only_the_requester_takes_an_order_back(world: World) -> None:
    order = await world.create()
    with pytest.raises(RemoteError) as caught:
        await world.cancel(order.name, WANGWU)
    assert caught.value.reason == "NO_SUCH"
    with pytest.raises(RemoteError) as caught:
        await world.cancel(order.name, AUDITOR)
    assert caught.value.reason == "PERMISSION_MISSING"
    cancelled = await world.cancel(order.name, OFFICE, "搬家")
    assert (cancelled.state, cancelled.outcome_person, cancelled.outcome_reason) == (
        orders_pb2.ORDER_STATE_CANCELLED,
        "qianwu",
        "搬家",
    )


async def test_a_second_cancel_is_told_the_state(world: World) -> None:
    order = await world.create(paper())
    await world.cancel(order.name)
    with pytest.raises(RemoteError) as caught:
        await world.cancel(order.name)
    assert (caught.value.reason, caught.value.facts) == (
        "ORDER_STATE_FORBIDS",
        {"order": order.name, "state": "CANCELLED", "attempt": "cancel"},
    )
