"""Opening stock, figures, the ledger's pages and low stock through the front door; damage is noticed."""

from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal
from google.type.money_pb2 import Money
from kuguan.stock.v1 import items_pb2, stock_pb2, warehouses_pb2
from kuguan.type.v1 import imports_pb2
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError

from services.kit.changes import Transaction
from services.kit.errors import RemoteError
from services.kit.tables import OUTBOX
from services.stock.service import SERVICE
from services.stock.storage.tables import ALLOCATIONS, BALANCES, ENTRIES, RESERVATION_LINES, RESERVATIONS
from tests.service.stock.house import SHOP, House, amount, import_items, order, request_id, today, wish


def opening(*lines: tuple[str, str], **more: Any) -> stock_pb2.OpenStockRequest:
    """Opening stock in ZC: item and amount for each row."""
    return stock_pb2.OpenStockRequest(
        request_id=request_id(),
        lines=[
            stock_pb2.OpeningLine(row=row, item=item, warehouse="ZC", quantity=amount(text))
            for row, (item, text) in enumerate(lines, start=1)
        ],
        **more,
    )


async def create_warehouse(house: House, code: str) -> None:
    """Another warehouse."""
    warehouse = warehouses_pb2.Warehouse(code=code, name=code)
    request = warehouses_pb2.CreateWarehouseRequest(request_id=request_id(), warehouse=warehouse)
    await house.ask("CreateWarehouse", request)


async def test_opening_stock_is_recorded_once_as_one_numbered_document(house: House) -> None:
    await house.create_item("BG-001")
    await house.create_item("BG-002", quantity_scale=3, base_unit="kg")
    request = opening(("BG-001", "320"), ("BG-002", "1.25"))
    request.lines[0].unit_cost.CopyFrom(Money(currency_code="CNY", units=18))
    dry = stock_pb2.OpenStockRequest()
    dry.CopyFrom(request)
    dry.request_id, dry.dry_run = request_id(), True
    verdicts = (await house.ask("OpenStock", dry)).verdicts
    assert [verdict.verdict for verdict in verdicts] == [imports_pb2.VERDICT_TAKEN] * 2
    assert await house.figures("BG-001") == ("0", "0", "0", "0")
    answer = await house.ask("OpenStock", request)
    assert (answer.document, answer.written) == ("QC1", True)
    assert await house.ask("OpenStock", request) == answer
    assert await house.figures("BG-002") == ("1.25", "0", "0", "1.25")
    entries = await house.entries(document="QC1")
    assert [(e.sequence, e.line, e.movement, e.actor) for e in entries] == [
        (2, 2, "opening", "zhaoliu"),
        (1, 1, "opening", "zhaoliu"),
    ]
    again = await house.ask("OpenStock", opening(("BG-001", "1"), ("BG-002", "1")))
    assert not again.written
    assert [v.reason for v in again.verdicts] == ["ALREADY_OPENED", "ALREADY_OPENED"]
    assert again.verdicts[0].facts == {"document": "QC1"}
    assert await house.events("QC1") == ["StockOpened"]
    assert await house.broken() == {}


async def test_one_bad_row_of_opening_stock_refuses_all_and_the_number_is_not_lost(house: House) -> None:
    await house.create_item("BG-001")
    request = opening(("BG-001", "5"), ("XX-1", "5"), ("BG-001", "6"), ("BG-001", "NaN"), ("A\x00", "1"))
    request.lines[3].warehouse = "Q\x00"
    answer = await house.ask("OpenStock", request)
    assert not answer.written
    assert [verdict.reason for verdict in answer.verdicts] == [
        "",
        "UNKNOWN_ITEM",
        "DUPLICATE_ROW",
        "UNKNOWN_WAREHOUSE",
        "UNKNOWN_ITEM",
    ]
    bad_date = opening(("BG-001", "5"))
    bad_date.lines[0].expiry_date.CopyFrom(Date(year=2026, month=2, day=30))
    assert (await house.ask("OpenStock", bad_date)).verdicts[0].reason == "INVALID_FIELD"
    assert (await house.open("BG-001", "5")).document == "QC1"
    for wrong in (opening(), opening(*([("BG-001", "1")] * 10_001))):
        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await house.ask("OpenStock", wrong)


async def test_opening_stock_goes_to_orders_that_wait_for_it(house: House) -> None:
    await house.create_item("BG-001")
    told = order("LY1001", ("BG-001", "5"))
    await house.placed(told)
    await house.approved(told)
    await house.open("BG-001", "8")
    assert await house.figures("BG-001") == ("8", "0", "5", "3")
    assert await house.events("LY1001") == ["StockShort", "StockShort", "StockReserved"]


async def test_thousands_of_rows_at_once_reach_everybody_who_waits(house: House) -> None:
    codes = [f"P-{number:04}" for number in range(1500)]
    await import_items(house, [items_pb2.Item(code=code, name="件", base_unit="个") for code in codes])
    for number in range(3):
        told = order(f"LY{number}", (codes[number], "2"), (codes[1499 - number], "2"))
        await house.placed(told)
        await house.approved(told)
    answer = await house.ask("OpenStock", opening(*((code, "3") for code in codes)))
    assert (answer.written, len(answer.verdicts)) == (True, 1500)
    for number in range(3):
        assert [line.short.value for line in (await house.promise(f"LY{number}")).lines] == ["0", "0"]
        assert (await house.events(f"LY{number}"))[-1] == "StockReserved"
    wishes = [
        wish(f"shop-{n}", (codes[n], "1"), (codes[n + 1], "1"), hold_seconds=60) for n in range(0, 1400, 2)
    ]
    await house.ask("BatchReserve", stock_pb2.BatchReserveRequest(requests=wishes), SHOP)
    assert await house.let_holds_end() == 700
    assert await house.broken() == {}


async def test_figures_are_told_place_by_place_and_for_many_items_in_their_order(house: House) -> None:
    await create_warehouse(house, "LK")
    for code in ("BG-001", "BG-002", "BG-003"):
        await house.create_item(code)
    await house.open("BG-001", "5")
    await house.open("BG-001", "7", "LK")
    await house.open("BG-002", "1")
    request = stock_pb2.BatchGetAvailabilityRequest(items=["BG-003", "BG-001", "BG-002", "BG-001"])
    answer = (await house.ask("BatchGetAvailability", request)).availabilities
    assert [(one.item, one.total.available.value) for one in answer] == [
        ("BG-003", "0"),
        ("BG-001", "12"),
        ("BG-002", "1"),
        ("BG-001", "12"),
    ]
    assert [(p.warehouse, p.figures.on_hand.value) for p in answer[1].places] == [("LK", "7"), ("ZC", "5")]
    assert await house.figures("BG-001", "LK") == ("7", "0", "0", "7")
    for item, warehouse, reason in (("NO", "", "NO_SUCH"), ("BG-001", "XX", "NO_SUCH"), ("", "", "INVALID")):
        with pytest.raises(RemoteError, match=reason):
            await house.figures(item, warehouse)
    with pytest.raises(RemoteError, match="INVALID_FIELD"):
        await house.ask("BatchGetAvailability", stock_pb2.BatchGetAvailabilityRequest(items=["A"] * 1001))


async def test_lots_are_listed_in_picking_order_with_what_is_held(house: House) -> None:
    await house.create_item("SP-1", tracking=items_pb2.TRACKING_LOT)
    for lot, days in (("L9", 9), ("L-OLD", -1), ("L2", 2)):
        await house.open("SP-1", "4", lot=lot, expiry=today() + timedelta(days=days))
    await house.reserve(wish("shop-1", ("SP-1", "5")))
    request = stock_pb2.GetAvailabilityRequest(item="SP-1", include_lots=True)
    (place,) = (await house.ask("GetAvailability", request)).availability.places
    assert [
        (lot.lot, lot.figures.held.value, lot.figures.reserved.value, lot.figures.available.value)
        for lot in place.lots
    ] == [
        ("L-OLD", "4", "0", "0"),
        ("L2", "0", "4", "0"),
        ("L9", "0", "1", "3"),
    ]
    assert await house.figures("SP-1") == ("12", "4", "5", "3")


async def test_the_ledger_is_paged_newest_first_with_what_was_there_after_each_entry(house: House) -> None:
    await house.stocked("BG-001", "100")
    await house.stocked("BG-002", "50")
    for number in range(1, 8):
        await house.reserve(wish(f"shop-{number}", ("BG-001", str(number)), ("BG-002", "1")))
        await house.issue(f"shop-{number}")
    seen: list[tuple[str, str, str]] = []
    request = stock_pb2.ListEntriesRequest(page_size=3, item="BG-001")
    while True:
        page = await house.ask("ListEntries", request)
        seen += [(e.document, e.quantity.value, e.on_hand_after.value) for e in page.entries]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert seen == [
        ("shop-7", "-7", "72"),
        ("shop-6", "-6", "79"),
        ("shop-5", "-5", "85"),
        ("shop-4", "-4", "90"),
        ("shop-3", "-3", "94"),
        ("shop-2", "-2", "97"),
        ("shop-1", "-1", "99"),
        ("QC1", "100", "100"),
    ]
    both = await house.entries(document="shop-3")
    assert [(e.item, e.on_hand_after.value) for e in both] == [("BG-002", "47"), ("BG-001", "94")]
    everything = await house.entries(page_size=1000)
    assert [e.sequence for e in everything] == list(range(16, 0, -1))
    assert {e.item: e.on_hand_after.value for e in reversed(everything)} == {"BG-001": "72", "BG-002": "43"}
    third = next(e for e in everything if e.document == "shop-3")
    early = await house.entries(end_time=third.occur_time, item="BG-002")
    assert [(e.document, e.on_hand_after.value) for e in early] == [
        ("shop-2", "48"),
        ("shop-1", "49"),
        ("QC2", "50"),
    ]
    assert len(await house.entries(start_time=third.occur_time)) == 10
    assert await house.entries(warehouse="XX") == []
    request.item = "BG-002"
    for bad in (request, stock_pb2.ListEntriesRequest(item="*"), stock_pb2.ListEntriesRequest(page_size=-1)):
        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await house.ask("ListEntries", bad)
    for seconds in (-1, 10**12):
        with pytest.raises(RemoteError, match="INVALID_FIELD"):
            await house.entries(start_time=Timestamp(seconds=seconds))


async def test_movements_of_a_time_are_added_up_kind_by_kind(house: House) -> None:
    await create_warehouse(house, "LK")
    await house.create_item("BG-001", quantity_scale=1)
    await house.open("BG-001", "50")
    await house.open("BG-001", "7.5", "LK")
    for name, much in (("shop-1", "1.5"), ("shop-2", "2")):
        await house.reserve(wish(name, ("BG-001", much)))
        await house.issue(name)
    newest = (await house.entries(document="shop-2"))[0]

    async def totals(**asked: Any) -> list[tuple[str, str, int]]:
        answer = await house.ask(
            "GetMovementTotals", stock_pb2.GetMovementTotalsRequest(item="BG-001", **asked)
        )
        assert answer.unit == "包"
        return [(total.movement, total.quantity.value, total.document_count) for total in answer.totals]

    opened, issued = ("opening", "57.5", 2), ("other_issue", "-3.5", 2)
    assert await totals() == [opened, issued]
    assert await totals(warehouse="LK") == [("opening", "7.5", 1)]
    assert await totals(start_time=newest.occur_time) == [("other_issue", "-2", 1)]
    assert await totals(end_time=newest.occur_time) == [opened, ("other_issue", "-1.5", 1)]
    assert await totals(counterpart="nobody") == []
    told = order("LY1001", ("BG-001", "4"))
    await house.placed(told)
    await house.approved(told)
    await house.issue("LY1001")
    assert await totals(counterpart=told.counterpart) == [("requisition_issue", "-4", 1)]
    (entry,) = await house.entries(counterpart=told.counterpart)
    assert (entry.document, entry.counterpart) == ("LY1001", told.counterpart)
    wrong = (
        (stock_pb2.GetMovementTotalsRequest(item="BG-001", counterpart="A\x00"), "INVALID"),
        (stock_pb2.GetMovementTotalsRequest(item="NO"), "NO_SUCH"),
        (stock_pb2.GetMovementTotalsRequest(item="BG-001", warehouse="NO"), "NO_SUCH"),
        (stock_pb2.GetMovementTotalsRequest(), "INVALID"),
    )
    for request, reason in wrong:
        with pytest.raises(RemoteError, match=reason):
            await house.ask("GetMovementTotals", request)


async def test_low_stock_lists_what_is_at_or_below_its_point(house: House) -> None:
    point = Decimal(value="10")
    for code, much in (("A-1", "10"), ("A-2", "11"), ("A-3", "3")):
        await house.stocked(code, much, reorder_point=point)
    await house.create_item("A-4", reorder_point=point)
    await house.create_item("A-5", reorder_point=point, archived=True)
    await house.stocked("A-6", "1")
    await house.create_item("A-7", reorder_point=point, tracking=items_pb2.TRACKING_LOT)
    await house.open("A-7", "50", lot="OLD", expiry=today() - timedelta(days=1))
    await house.reserve(wish("shop-1", ("A-2", "2")))
    low: list[tuple[str, str]] = []
    request = stock_pb2.ListLowStockRequest(page_size=2)
    while True:
        page = await house.ask("ListLowStock", request)
        low += [(item.item, item.available.value) for item in page.items]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert low == [("A-1", "10"), ("A-2", "9"), ("A-3", "3"), ("A-4", "0"), ("A-7", "0")]


async def test_what_lies_in_a_warehouse_is_listed_page_by_page_with_its_count(house: House) -> None:
    await create_warehouse(house, "LK")
    for number in range(1, 6):
        await house.stocked(f"A-{number}", str(number))
    await house.create_item("A-6")
    await house.create_item("A-7")
    await house.open("A-7", "7", warehouse="LK")
    await house.reserve(wish("shop-1", ("A-2", "2")))

    async def listed(warehouse: str) -> tuple[list[tuple[str, str]], set[int]]:
        lines, counts = [], set()
        request = stock_pb2.ListAvailabilityRequest(page_size=2, warehouse=warehouse)
        while True:
            page = await house.ask("ListAvailability", request)
            lines += [(one.item, one.total.available.value) for one in page.availabilities]
            counts.add(page.item_count)
            if not page.next_page_token:
                return lines, counts
            request.page_token = page.next_page_token

    there = [("A-1", "1"), ("A-2", "0"), ("A-3", "3"), ("A-4", "4"), ("A-5", "5")]
    assert await listed("ZC") == (there, {5})
    assert await listed("LK") == ([("A-7", "7")], {1})
    assert await listed("") == ([*there, ("A-7", "7")], {6})
    with pytest.raises(RemoteError) as caught:
        await house.ask("ListAvailability", stock_pb2.ListAvailabilityRequest(warehouse="NO"))
    assert caught.value.kind == "not_found"


class UndoneError(Exception):
    """Takes a damage back after it was looked at."""


# Goods without lot and serial are promised by their line; a piece beside it would promise them twice.
BESIDE_ITS_LINE = {
    "document": "shop-1",
    "line": 1,
    "lot": "",
    "serial": "",
    "item": "BG-001",
    "warehouse": "ZC",
    "quantity": 1,
}
DAMAGES: list[tuple[Any, set[str]]] = [
    (update(BALANCES).values(on_hand=BALANCES.c.on_hand + 1), {"I1"}),
    (update(BALANCES).values(reserved=BALANCES.c.reserved - 1), {"I3"}),
    (delete(ALLOCATIONS), {"I3"}),
    (update(RESERVATION_LINES).values(reserved=0).where(RESERVATION_LINES.c.item == "BG-001"), {"I3"}),
    # A line of an item that nobody knows is held to its pieces like any other.
    (
        update(RESERVATION_LINES)
        .values(item="NO-SUCH", reserved=2)
        .where(RESERVATION_LINES.c.item == "YL-001"),
        {"I3"},
    ),
    (insert(ALLOCATIONS).values(**BESIDE_ITS_LINE), {"I3"}),
    (update(RESERVATION_LINES).values(issued=0), {"I6"}),
    (update(RESERVATIONS).values(state="released"), {"I3"}),
    (delete(BALANCES), {"I1", "I3"}),
    (delete(OUTBOX).where(OUTBOX.c.aggregate == "shop-1"), {"I14"}),
]


async def test_damage_is_noticed(house: House) -> None:
    await house.stocked("BG-001", "10")
    await house.create_item("YL-001", tracking=items_pb2.TRACKING_LOT)
    await house.open("YL-001", "10", lot="L1", expiry=today() + timedelta(days=90))
    await house.reserve(wish("shop-1", ("BG-001", "6"), ("YL-001", "3")))
    await house.issue("shop-1", (1, "2"))
    assert await house.broken() == {}
    for damage, invariants in DAMAGES:
        found: set[str] = set()

        def try_it(tx: Transaction, damage: Any = damage, found: set[str] = found) -> None:
            tx.connection.execute(damage)
            found.update(check.invariant for check in SERVICE.checks if check.find(tx.connection))
            raise UndoneError

        with pytest.raises(UndoneError):
            await house.at_work.runtime.writer.act(try_it)
        assert found == invariants, str(damage)
    assert await house.broken() == {}


async def test_what_older_versions_wrote_beside_such_lines_is_tidied_away(house: House) -> None:
    await house.stocked("BG-001", "10")
    await house.reserve(wish("shop-1", ("BG-001", "6")))
    dialect = "sqlite" if house.at_work.runtime.database.is_sqlite else "postgresql"
    step = (SERVICE.migrations / f"0003_{dialect}.sql").read_text(encoding="utf-8")

    def as_before_the_step(tx: Transaction) -> None:
        tx.connection.execute(insert(ALLOCATIONS).values(**{**BESIDE_ITS_LINE, "quantity": 6}))

    await house.at_work.runtime.writer.act(as_before_the_step)
    assert "I3" in await house.broken()
    await house.at_work.runtime.writer.act(lambda tx: tx.connection.execute(text(step)).rowcount)
    assert await house.broken() == {}
    await house.issue("shop-1", (1, "2"))
    assert await house.figures("BG-001") == ("8", "0", "4", "4")


async def test_the_ledger_cannot_be_rewritten(house: House) -> None:
    await house.stocked("BG-001", "10")
    for change in (update(ENTRIES).values(quantity=1), delete(ENTRIES)):

        def rewrite(tx: Transaction, change: Any = change) -> None:
            tx.connection.execute(change)

        with pytest.raises(DBAPIError, match="never changed"):
            await house.at_work.runtime.writer.act(rewrite)
    assert [entry.quantity.value for entry in await house.entries()] == ["10"]


async def test_the_same_event_again_has_no_further_effect(house: House) -> None:
    await house.stocked("BG-001", "10")
    told = order("LY1001", ("BG-001", "4"))
    for _ in range(2):
        await house.placed(told)
    for _ in range(2):
        await house.approved(told)
    assert await house.figures("BG-001") == ("10", "0", "4", "6")
    assert await house.events("LY1001") == ["StockReserved", "StockReserved"]
    assert await house.broken() == {}
