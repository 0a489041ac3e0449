"""A catalogue made from sales lines."""

import csv
import gzip
import sys
from pathlib import Path

import pytest

from deploy import catalogue
from deploy.layouts import ITEMS
from deploy.report import Report
from deploy.rows import item_messages
from deploy.sheets import read_sheet

LINES = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID
1,85123A,WHITE HANGING HEART,6,2010-12-01T08:26:00,2.55,17850
2,85123a,WHITE HANGING HEART,2,2010-12-01T08:26:00,2.95,17850
3,85123A,,-1,2010-12-01T08:26:00,0.00,
4,85123A,CREAM HANGING HEART,1,2010-12-01T08:26:00,9.99,
5,85123A,CREAM HANGING HEART,1,2010-12-01T08:26:00,2.75,
6,85123A,damaged,-3,2010-12-01T08:26:00,0.00,
7,POST,POSTAGE,1,2010-12-01T08:26:00,18.00,
8,22139,,5,2010-12-01T08:26:00,0.00,
9,20956,?,5,2010-12-01T08:26:00,0.00,
10,22423,REGENCY  CAKESTAND 3 TIER ,1,2010-12-01T08:26:00,12.75,
"""


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv.gz"
    path.write_bytes(gzip.compress(LINES.encode()))
    return path


def test_a_code_gets_its_most_frequent_name_the_median_price_and_its_other_names(sales: Path) -> None:
    made = catalogue.make_catalogue(read_sheet(sales, catalogue.SALES).rows)
    rows = {row["code"]: row for row in catalogue.item_rows(made)}
    assert list(rows) == ["20956", "22139", "22423", "85123A", "POST"]
    heart = rows["85123A"]
    # Two names were used twice: the first in the alphabet is chosen, the other stays findable.
    assert (heart["name_en"], heart["aliases"]) == ("CREAM HANGING HEART", "WHITE HANGING HEART")
    assert heart["price"] == "2.85"
    assert rows["22423"]["name_en"] == "REGENCY CAKESTAND 3 TIER"


def test_its_import_takes_goods_and_refuses_the_rest_with_reasons(sales: Path) -> None:
    sheet = catalogue.catalogue_sheet(read_sheet(sales, catalogue.SALES))
    prepared = item_messages(sheet)
    report = Report("sales", "items", prepared.reports)
    assert [row.item.code for row in prepared.messages] == ["22423", "85123A"]
    assert report.reasons == [
        ("NAME_IS_A_REMARK", "refused", 1),
        ("NAME_MISSING", "refused", 1),
        ("SERVICE_CODE", "refused", 1),
    ]


def test_the_command_writes_both_tables(sales: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items, opening = sales.with_name("items.csv"), sales.with_name("opening.csv")
    monkeypatch.setattr(sys, "argv", ["catalogue", str(sales), str(items), "--opening", str(opening)])
    assert catalogue.main() == 0
    assert len(read_sheet(items, ITEMS).rows) == 5
    with opening.open(newline="") as file:
        rows = {row["item"]: row for row in csv.DictReader(file)}
    assert rows["85123A"]["quantity"] == "6"
    assert set(rows) == {"22423", "85123A"}
