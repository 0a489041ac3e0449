"""From rows of tables to messages: mended where it is certain, refused where it is not."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from kuguan.approvals.v1.people_pb2 import Person
from kuguan.stock.v1.items_pb2 import TRACKING_LOT, TRACKING_NONE, TRACKING_SERIAL, ImportItemsRow, Item
from kuguan.stock.v1.warehouses_pb2 import Warehouse

from deploy.imports import today_in_each
from deploy.layouts import ITEMS, OPENING_STOCK, PEOPLE
from deploy.report import RowReport
from deploy.rows import Prepared, item_messages, opening_messages, people_messages
from deploy.sheets import read_sheet

DEMO = Path(__file__).parents[3] / "deploy" / "demo"
TODAY = {code: date(2026, 11, 22) for code in ("ZC", "LK", "MD")}


def _items(tmp_path: Path, text: str) -> Prepared[ImportItemsRow]:
    path = tmp_path / "items.csv"
    path.write_text(text, encoding="utf-8")
    return item_messages(read_sheet(path, ITEMS))


def _item(tmp_path: Path, columns: str, cells: str) -> Item:
    prepared = _items(tmp_path, f"code,name,{columns}\nA1,纸,{cells}\n")
    assert prepared.messages, prepared.reports
    return prepared.messages[0].item


def _reasons(report: RowReport) -> list[str]:
    return [finding.reason for finding in report.findings]


def test_the_demo_company_is_taken_as_it_is() -> None:
    items = item_messages(read_sheet(DEMO / "items.csv", ITEMS))
    assert {report.outcome for report in items.reports} == {"taken"}
    by_code = {row.item.code: row.item for row in items.messages}
    assert len(by_code) == 48
    assert by_code["WJ-003"].reference_cost.nanos == 80_000_000
    assert by_code["SP-003"].quantity_scale == 3
    assert by_code["BG-001"].packs[0].numerator == 8
    tracking = {code: item.tracking for code, item in by_code.items()}
    stock = opening_messages(read_sheet(DEMO / "opening-stock.csv", OPENING_STOCK), tracking, TODAY)
    assert {report.outcome for report in stock.reports} == {"taken"}
    screens = [line for line in stock.messages if line.item == "IT-005"]
    assert [line.serial for line in screens] == [f"IT-005-SN000{number}" for number in range(1, 7)]
    assert not any(line.lot for line in screens)
    (tomatoes, _) = [line for line in stock.messages if line.item == "SP-004"]
    assert (tomatoes.expiry_date.month, tomatoes.expiry_date.day) == (11, 23)
    people = people_messages(read_sheet(DEMO / "people.csv", PEOPLE), {})
    assert {report.outcome for report in people.reports} == {"taken"}
    assert len(people.messages) == 13


@pytest.mark.parametrize(
    ("cell", "units", "nanos"),
    [("18", 18, 0), ("¥1,450.50", 1450, 500_000_000), ("１２.５元", 12, 500_000_000), ("0.000001", 0, 1000)],
)
def test_prices_as_people_write_them(tmp_path: Path, cell: str, units: int, nanos: int) -> None:
    item = _item(tmp_path, "cost", f'"{cell}"')
    assert (item.reference_cost.units, item.reference_cost.nanos) == (units, nanos)


@pytest.mark.parametrize(
    ("columns", "cells", "reason"),
    [
        ("cost", "12 or so", "BAD_NUMBER"),
        ("cost", '"1.000,5"', "BAD_NUMBER"),
        ("cost", "1e5", "BAD_NUMBER"),
        ("cost", "NaN", "BAD_NUMBER"),
        ("cost", "-3", "NEGATIVE"),
        ("cost", "9000000000000", "BAD_NUMBER"),
        ("reorder_point", "-1", "NEGATIVE"),
        ("shelf_life_days", "1.5", "BAD_NUMBER"),
        ("pack", "箱8", "BAD_PACK"),
        ("pack", "箱=0", "BAD_PACK"),
        ("pack", "箱=1/0", "BAD_PACK"),
        ("tracking", "sometimes", "BAD_TRACKING"),
        ("barcode", "2.0E+12", "MANGLED_NUMBER"),
    ],
)
def test_what_is_not_certain_is_refused(tmp_path: Path, columns: str, cells: str, reason: str) -> None:
    prepared = _items(tmp_path, f"code,name,{columns}\nA1,纸,{cells}\n")
    assert prepared.messages == []
    assert _reasons(prepared.reports[0]) == [reason]


def test_packs_may_hold_parts_and_measured_goods_have_places(tmp_path: Path) -> None:
    item = _item(tmp_path, "pack,unit", "箱=12|条=1/3,米")
    assert [(pack.unit, pack.numerator, pack.denominator) for pack in item.packs] == [
        ("箱", 12, 1),
        ("条", 1, 3),
    ]
    assert item.quantity_scale == 3


def test_codes_are_put_into_one_spelling_and_their_second_row_is_refused(tmp_path: Path) -> None:
    prepared = _items(tmp_path, "code,name\n８５123a,candle\n85123A,candle holder\n")
    assert [row.item.code for row in prepared.messages] == ["85123A"]
    assert [report.outcome for report in prepared.reports] == ["mended", "refused"]
    assert prepared.reports[1].findings[-1].facts == {"code": "85123A", "first_row": "2"}


@pytest.mark.parametrize(
    ("code", "name", "reason"),
    [
        ("POST", "POSTAGE", "SERVICE_CODE"),
        ("D", "Discount", "SERVICE_CODE"),
        ("BANK CHARGES", "Bank Charges", "SERVICE_CODE"),
        ("AMAZONFEE", "AMAZON FEE", "SERVICE_CODE"),
        ("gift_0001_20", "Dotcomgiftshop Gift Voucher £20.00", "SERVICE_CODE"),
        ("M", "", "SERVICE_CODE"),
        ("20956", "", "NAME_MISSING"),
        ("20956", "?", "NAME_IS_A_REMARK"),
        ("20956", "damaged", "NAME_IS_A_REMARK"),
        ("20956", "wrongly coded 23343", "NAME_IS_A_REMARK"),
        ("20956", "报损", "NAME_IS_A_REMARK"),
        ("", "paper", "CODE_MISSING"),
        ("A/1", "paper", "BAD_CODE"),
        ("1.2E+08", "paper", "MANGLED_NUMBER"),
    ],
)
def test_dirty_rows_are_refused_with_their_reason(tmp_path: Path, code: str, name: str, reason: str) -> None:
    prepared = _items(tmp_path, f'code,name,unit\n"{code}","{name}",件\n')
    assert prepared.messages == []
    assert reason in _reasons(prepared.reports[0])


@pytest.mark.parametrize(
    ("code", "name"), [("M", "Mallet"), ("D", "Door mat"), ("POST", "Post box"), ("1", "Display")]
)
def test_goods_with_short_codes_or_plain_words_are_goods(tmp_path: Path, code: str, name: str) -> None:
    prepared = _items(tmp_path, f"code,name\n{code},{name}\n")
    assert [row.item.name_en for row in prepared.messages] == [name]


def test_opening_stock_needs_a_known_item_and_a_positive_quantity(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(
        "item,warehouse,quantity,lot,expiry_date\nA1,zc,0,,\nB9,ZC,1,,\na1,ZC,2.5,L1,2027年3月1日\n"
    )
    prepared = opening_messages(read_sheet(path, OPENING_STOCK), {"A1": TRACKING_LOT}, TODAY)
    assert [_reasons(report) for report in prepared.reports[:2]] == [["NOT_POSITIVE"], ["NO_SUCH_ITEM"]]
    (line,) = prepared.messages
    assert (line.item, line.warehouse, line.lot, line.quantity.value.value) == ("A1", "ZC", "L1", "2.5")
    assert (line.expiry_date.year, line.expiry_date.month, line.expiry_date.day) == (2027, 3, 1)


def test_days_to_expiry_are_counted_where_the_goods_are(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("item,warehouse,quantity,lot,expires_in_days\nA1,SH,1,L,5\nA1,la,1,L,5\nA1,XX,1,L,5\n")
    warehouses = [
        Warehouse(code="SH", time_zone="Asia/Shanghai"),
        Warehouse(code="LA", time_zone="America/Los_Angeles"),
    ]
    today = today_in_each(warehouses, datetime(2026, 3, 2, 23, 0, tzinfo=UTC))
    prepared = opening_messages(read_sheet(path, OPENING_STOCK), {"A1": TRACKING_LOT}, today)
    days = {line.warehouse: line.expiry_date.day for line in prepared.messages}
    assert days == {"SH": 8, "LA": 7}
    assert _reasons(prepared.reports[2]) == ["UNKNOWN_WAREHOUSE"]


def test_a_lot_or_serial_is_read_by_how_the_item_is_tracked(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text("item,warehouse,quantity,lot_or_serial\nA1,ZC,1,X\nA2,ZC,1,Y\n")
    tracking = {"A1": TRACKING_SERIAL, "A2": TRACKING_NONE}
    first, second = opening_messages(read_sheet(path, OPENING_STOCK), tracking, TODAY).messages
    assert (first.serial, first.lot) == ("X", "")
    # An item that is not tracked gets it as a lot, so that the service refuses it instead of losing it.
    assert second.lot == "Y"


def test_a_table_without_a_column_leaves_known_people_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,name,department\nli,李四,财务部\nnew,新人,财务部\n", encoding="utf-8")
    before = Person(id="li", name="李", department="行政部", roles=["employee", "keeper"], manager="boss")
    first, second = people_messages(read_sheet(path, PEOPLE), {"li": before}).messages
    assert (first.person.name, first.person.department, first.person.manager) == ("李四", "财务部", "boss")
    assert list(first.person.roles) == ["employee", "keeper"]
    assert list(second.person.roles) == ["employee"]


def test_people_need_an_id_and_a_name(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,name,roles\nZhang,张三,\nzhang,李四,\nx y,王五,\nli,,\n", encoding="utf-8")
    prepared = people_messages(read_sheet(path, PEOPLE), {})
    assert [report.outcome for report in prepared.reports] == ["mended", "refused", "refused", "refused"]
    assert [reason for report in prepared.reports[1:] for reason in _reasons(report)] == [
        "DUPLICATE_ID",
        "BAD_ID",
        "NAME_MISSING",
    ]
    assert list(prepared.messages[0].person.roles) == ["employee"]
