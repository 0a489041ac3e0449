"""Imports of catalogues: repaired where that is safe, refused where it is not, each row with its verdict."""

from dataclasses import replace

from services.kit.errors import InvalidField
from services.stock.domain.catalogues import KnownItems, Row, judge, prepare
from services.stock.domain.items import Pack
from tests.unit.stock.test_items import item

NOTHING = KnownItems({}, {})


def test_a_clean_row_is_taken_as_it_is() -> None:
    (judged,) = judge(prepare([Row(1, item())]), NOTHING)
    assert judged.item == item()
    assert judged.mended == {}


def test_blanks_case_and_invisible_characters_are_mended_and_told() -> None:
    dirty = item(
        code="85123a",
        name="",
        name_en="  WHITE  HANGING\u200b HEART ",
        packs=(Pack(" 箱", 8),),
        aliases=("", "心"),
    )
    (judged,) = judge(prepare([Row(3, dirty)]), NOTHING)
    assert judged.item is not None
    assert (judged.item.code, judged.item.name_en) == ("85123A", "WHITE HANGING HEART")
    assert judged.item.aliases == ("心",)
    assert judged.mended["code"] == "85123a"
    assert set(judged.mended) == {"code", "name_en", "packs", "aliases"}


def test_rows_that_cannot_be_read_or_repaired_are_refused() -> None:
    rows = [
        Row(1, None, InvalidField("tracking", "no")),
        Row(2, item(code="BANK CHARGES")),
        Row(3, item(name="", name_en="?")),
        Row(4, item(base_unit="")),
    ]
    judged = judge(prepare(rows), NOTHING)
    refusals = [one.refusal for one in judged if one.refusal]
    assert [refusal.facts.get("field", refusal.reason) for refusal in refusals] == [
        "tracking",
        "code",
        "NAME_MISSING",
        "base_unit",
    ]


def test_what_is_known_is_left_alone_and_what_contradicts_it_is_refused() -> None:
    known = KnownItems({"BG-001": replace(item(), version=7)}, {"2000000000015": "BG-001"})
    rows = [Row(1, item()), Row(2, item(name="别的")), Row(3, item(code="BG-002"))]
    same, differs, barcode = judge(prepare(rows), known)
    assert (same.item, same.refusal) == (None, None)
    assert differs.refusal is not None
    assert differs.refusal.reason == "DUPLICATE_CODE"
    assert barcode.refusal is not None
    assert barcode.refusal.facts == {"barcode": "2000000000015", "code": "BG-001"}


def test_duplicates_inside_a_file_name_the_row_they_repeat() -> None:
    rows = [
        Row(1, item(code="85123a")),
        Row(2, item(code="85123A")),
        Row(3, item(code="85123A", name="别的")),
    ]
    first, same, differs = judge(prepare(rows), NOTHING)
    assert first.item is not None
    assert (same.item, same.refusal) == (None, None)
    assert differs.refusal is not None
    assert differs.refusal.facts == {"code": "85123A", "first_row": "1"}
