"""Items and warehouses: created, changed, found, listed and imported through the front door."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.decimal_pb2 import Decimal
from kuguan.stock.v1 import items_pb2, warehouses_pb2
from kuguan.type.v1 import imports_pb2

from services.kit import wire
from services.kit.errors import KuguanError, RemoteError
from services.stock.commands.items import announce_items
from services.stock.commands.warehouses import announce_warehouses
from tests.service.stock.house import House, import_items, order, request_id, stream

TAKEN, MENDED = imports_pb2.VERDICT_TAKEN, imports_pb2.VERDICT_MENDED
UNCHANGED, REFUSED = imports_pb2.VERDICT_UNCHANGED, imports_pb2.VERDICT_REFUSED


def changing(code: str, *fields: str, etag: str = "", **facts: Any) -> items_pb2.UpdateItemRequest:
    """A change of some fields of an item."""
    item = items_pb2.Item(code=code, etag=etag, **facts)
    return items_pb2.UpdateItemRequest(
        request_id=request_id(), item=item, update_mask=FieldMask(paths=list(fields))
    )


async def found(house: House, text: str) -> list[tuple[str, str]]:
    """The codes a word may mean, with how each was found."""
    answer = await house.ask("FindItems", items_pb2.FindItemsRequest(text=text))
    return [(match.item.code, match.how) for match in answer.matches]


async def test_an_item_is_created_once_and_told_whole(house: House) -> None:
    item = items_pb2.Item(
        code="BG-001",
        name="A4打印纸",
        name_en="A4 copy paper",
        base_unit="包",
        packs=[items_pb2.Pack(unit="箱", numerator=8)],
        aliases=["A4纸"],
        barcode="2000000000015",
        reference_cost=wire.money(18_500_000),
        reorder_point=Decimal(value="50"),
    )
    request = items_pb2.CreateItemRequest(request_id=request_id(), item=item)
    created = (await house.ask("CreateItem", request)).item
    assert (created.packs[0].denominator, created.reorder_point.value, created.etag) == (1, "50", "v1")
    assert created.reference_cost.nanos == 500_000_000
    assert (await house.ask("CreateItem", request)).item == created
    assert (await house.ask("GetItem", items_pb2.GetItemRequest(code="BG-001"))).item == created
    assert await house.events("BG-001") == ["ItemCreated"]
    with pytest.raises(RemoteError, match="DUPLICATE"):
        await house.create_item("BG-001")
    with pytest.raises(RemoteError, match="DUPLICATE"):
        await house.create_item("BG-002", barcode="2000000000015")


async def test_only_the_fields_of_the_mask_change_and_only_on_the_version_seen(house: House) -> None:
    created = await house.create_item("BG-001", aliases=["A4纸"], barcode="123")
    changed = (await house.ask("UpdateItem", changing("BG-001", "name", etag=created.etag, name="好纸"))).item
    assert (changed.name, list(changed.aliases), changed.barcode, changed.etag) == (
        "好纸",
        ["A4纸"],
        "123",
        "v2",
    )
    with pytest.raises(RemoteError, match="VERSION_CHANGED"):
        await house.ask("UpdateItem", changing("BG-001", "name", etag=created.etag, name="坏纸"))
    cleared = (await house.ask("UpdateItem", changing("BG-001", "aliases", "barcode"))).item
    assert (list(cleared.aliases), cleared.barcode, cleared.name) == ([], "", "好纸")
    whole = (await house.ask("UpdateItem", changing("BG-001", "*", name="新", base_unit="张"))).item
    assert (whole.name, whole.base_unit, whole.create_time) == ("新", "张", created.create_time)
    for bad in (
        changing("BG-001"),
        changing("BG-001", "code"),
        changing("BG-001", "etag"),
        changing("BG-001", "x"),
    ):
        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await house.ask("UpdateItem", bad)
    with pytest.raises(RemoteError, match="NO_SUCH"):
        await house.ask("UpdateItem", changing("BG-002", "name", name="x"))
    assert await house.events("BG-001") == ["ItemCreated", "ItemUpdated", "ItemUpdated", "ItemUpdated"]


async def test_how_an_item_is_counted_stays_once_stock_moved_or_is_wanted(house: House) -> None:
    await house.stocked("BG-001", "5")
    with pytest.raises(RemoteError) as caught:
        await house.ask("UpdateItem", changing("BG-001", "base_unit", base_unit="张"))
    assert (caught.value.reason, caught.value.facts["field"]) == ("STOCK_HAS_MOVED", "base_unit")
    await house.create_item("BG-002")
    await house.placed(order("LY1001", ("BG-002", "3")))
    with pytest.raises(RemoteError, match="STOCK_HAS_MOVED"):
        await house.ask("UpdateItem", changing("BG-002", "quantity_scale", quantity_scale=2))
    await house.ask("UpdateItem", changing("BG-002", "name", name="别的名"))


async def test_items_are_found_by_what_people_call_them_as_soon_as_they_change(house: House) -> None:
    await house.create_item(
        "BG-001", name="A4打印纸", name_en="A4 copy paper", aliases=["复印纸"], barcode="6901"
    )
    assert await found(house, "bg-001") == [("BG-001", "code")]
    assert await found(house, "6901") == [("BG-001", "barcode")]
    assert await found(house, "Ａ４打印纸") == [("BG-001", "name")]
    assert await found(house, "复印纸") == [("BG-001", "alias")]
    assert await found(house, "fuyinzhi") == [("BG-001", "pinyin")]
    assert await found(house, "fyz") == [("BG-001", "initials")]
    assert await found(house, "打印纸") == [("BG-001", "contains")]
    assert await found(house, "螺丝") == []
    await house.ask("UpdateItem", changing("BG-001", "name", name="螺丝钉"))
    assert await found(house, "螺丝钉") == [("BG-001", "name")]
    await house.ask("UpdateItem", changing("BG-001", "archived", archived=True))
    assert await found(house, "螺丝钉") == []
    for text in ("", "  ", "x" * 201):
        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await found(house, text)


async def test_pages_follow_each_other_and_belong_to_their_query(house: House) -> None:
    await import_items(
        house,
        [
            items_pb2.Item(code=f"P-{n:03}", name="纸", base_unit="包", category="甲" if n % 2 else "乙")
            for n in range(25)
        ],
    )
    codes: list[str] = []
    request = items_pb2.ListItemsRequest(page_size=4, category="甲")
    while True:
        page = await house.ask("ListItems", request)
        codes += [item.code for item in page.items]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert codes == [f"P-{n:03}" for n in range(25) if n % 2]
    request.category = "乙"
    for token in (request.page_token, "nonsense", "x" * 10_000):
        request.page_token = token
        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await house.ask("ListItems", request)


async def test_an_import_takes_mends_and_refuses_row_by_row(house: House) -> None:
    await house.create_item("BG-001", name="A4打印纸")
    items = [
        items_pb2.Item(code="BG-002", name="笔", base_unit="支"),
        items_pb2.Item(code="bg-003", name="  橡 皮 ", base_unit="块"),
        items_pb2.Item(code="BG-001", name="A4打印纸", base_unit="包"),
        items_pb2.Item(code="BG-001", name="别的", base_unit="包"),
        items_pb2.Item(code="BG-002", name="铅笔", base_unit="支"),
        items_pb2.Item(code="BANK CHARGES", name="x", base_unit="个"),
        items_pb2.Item(code="BG-004", name="?", base_unit="个"),
        items_pb2.Item(code="BG-005", name="好", base_unit="个", reorder_point=Decimal(value="0.5")),
    ]
    dry = await import_items(house, items, dry_run=True)
    answer = await import_items(house, items)
    assert dry.verdicts == answer.verdicts
    assert (dry.written, answer.written) == (False, True)
    verdicts = [(verdict.verdict, verdict.reason) for verdict in answer.verdicts]
    assert verdicts == [
        (TAKEN, ""),
        (MENDED, "TIDIED"),
        (UNCHANGED, ""),
        (REFUSED, "DUPLICATE_CODE"),
        (REFUSED, "DUPLICATE_CODE"),
        (REFUSED, "INVALID_FIELD"),
        (REFUSED, "NAME_MISSING"),
        (REFUSED, "TOO_FINE"),
    ]
    assert answer.verdicts[1].facts["code"] == "bg-003"
    assert answer.verdicts[4].facts["first_row"] == "1"
    assert await house.events("BG-003") == ["ItemCreated"]
    assert await found(house, "橡皮") == [("BG-003", "name")]
    again = await import_items(house, items[:2])
    assert [verdict.verdict for verdict in again.verdicts] == [UNCHANGED, UNCHANGED]


async def test_a_strict_import_is_all_or_nothing(house: House) -> None:
    items = [items_pb2.Item(code="BG-001", name="笔", base_unit="支"), items_pb2.Item(code="x y", name="笔")]
    answer = await import_items(house, items, strict=True)
    assert not answer.written
    assert [verdict.verdict for verdict in answer.verdicts] == [TAKEN, REFUSED]
    assert (await house.ask("ListItems", items_pb2.ListItemsRequest())).items == []


async def test_an_import_out_of_order_is_refused(house: House) -> None:
    header = items_pb2.ImportItemsRequest(header=items_pb2.ImportItemsHeader(request_id=request_id()))
    rows = items_pb2.ImportItemsRequest(rows=items_pb2.ImportItemsRows())
    for wrong in (
        [],
        [rows],
        [header, header],
        [items_pb2.ImportItemsRequest()],
        [header, items_pb2.ImportItemsRequest()],
    ):

        async def messages(parts: list[Any] = wrong) -> AsyncIterator[items_pb2.ImportItemsRequest]:
            for part in parts:
                yield part

        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await stream(house, messages())


async def test_a_large_import_is_one_change(house: House) -> None:
    items = [
        items_pb2.Item(
            code=f"P{n:05}",
            name=f"物料{n}号",
            name_en=f"PART NUMBER {n}",
            base_unit="个",
            aliases=[f"配件{n}"],
        )
        for n in range(5000)
    ]
    answer = await import_items(house, items)
    assert answer.written
    assert len(answer.verdicts) == 5000
    assert await found(house, "配件4711") == [("P04711", "alias")]
    assert await house.broken() == {}


async def test_warehouses_are_created_once_and_listed_by_age(house: House) -> None:
    request = warehouses_pb2.CreateWarehouseRequest(
        request_id=request_id(),
        warehouse=warehouses_pb2.Warehouse(code="LK", name="冷库", time_zone="Europe/Berlin"),
    )
    created = (await house.ask("CreateWarehouse", request)).warehouse
    assert (await house.ask("CreateWarehouse", request)).warehouse == created
    page = await house.ask("ListWarehouses", warehouses_pb2.ListWarehousesRequest(page_size=1))
    assert [(one.code, one.time_zone) for one in page.warehouses] == [("ZC", "Asia/Shanghai")]
    rest = warehouses_pb2.ListWarehousesRequest(page_size=1, page_token=page.next_page_token)
    assert [one.code for one in (await house.ask("ListWarehouses", rest)).warehouses] == ["LK"]
    assert (
        await house.ask("GetWarehouse", warehouses_pb2.GetWarehouseRequest(code="LK"))
    ).warehouse == created
    for bad in (
        warehouses_pb2.Warehouse(code="XX", name="x", time_zone="Mars/Base"),
        warehouses_pb2.Warehouse(code="XX", name="x", time_zone="../../etc/passwd"),
        warehouses_pb2.Warehouse(code="x", name="x"),
        warehouses_pb2.Warehouse(code="XX"),
    ):
        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await house.ask(
                "CreateWarehouse",
                warehouses_pb2.CreateWarehouseRequest(request_id=request_id(), warehouse=bad),
            )


async def test_items_are_told_again_on_request(house: House) -> None:
    await house.create_item("BG-001")
    assert await house.at_work.runtime.writer.act(announce_items) == 1
    assert await house.at_work.runtime.writer.act(announce_warehouses) == 1
    assert await house.events("BG-001") == ["ItemCreated", "ItemAnnounced"]
    assert await house.events("ZC") == ["WarehouseCreated", "WarehouseAnnounced"]


async def test_bad_texts_are_refused_and_nothing_is_written(house: House) -> None:
    bad_names = [
        "A\x00B",
        "A\nB",
        "A\u202eB",
        "A\u200bB",
        "長" * 201,
        "x" * 1_000_000,
        "",
        "  ",
        "A" + "\u0301" * 9,
    ]
    answers = await asyncio.gather(
        *(house.create_item("BG-001", name=name) for name in bad_names), return_exceptions=True
    )
    assert {answer.reason for answer in answers if isinstance(answer, KuguanError)} == {
        "INVALID_FIELD",
        "NAME_MISSING",
    }
    assert (await house.ask("ListItems", items_pb2.ListItemsRequest())).items == []
    harmless = ["<@all>", "@所有人", "'; DROP TABLE items; --", "{{7*7}}", "=1+1", "<b>x</b>", "😀 A"]
    for number, name in enumerate(harmless):
        assert (await house.create_item(f"OK-{number}", name=name)).name == name
