"""Tables as people save them."""

import gzip
from pathlib import Path

import pytest

from deploy.errors import CommandFailed
from deploy.layouts import ITEMS, OPENING_STOCK, PEOPLE
from deploy.sheets import Sheet, read_sheet

TABLE = "编码,名称,单位\nA1,复印纸,包\nA2,黑笔,支\n"


def _read(tmp_path: Path, content: bytes | str, encoding: str = "utf-8") -> Sheet:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read_sheet(path, ITEMS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_the_usual_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    sheet = _read(tmp_path, TABLE, encoding)
    assert [row.cells["name"] for row in sheet.rows] == ["复印纸", "黑笔"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_recognised_by_its_zero_bytes(tmp_path: Path, encoding: str) -> None:
    sheet = _read(tmp_path, "code,name\nA1,paper\nA2,pens\n", encoding)
    assert [row.cells["code"] for row in sheet.rows] == ["A1", "A2"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_usual_separators_and_line_ends_are_recognised(
    tmp_path: Path, separator: str, ending: str
) -> None:
    sheet = _read(tmp_path, TABLE.replace(",", separator).replace("\n", ending))
    assert sheet.separator == separator
    assert [row.cells["unit"] for row in sheet.rows] == ["包", "支"]


def test_line_breaks_in_quotes_belong_to_the_cell_and_rows_count_as_in_a_spreadsheet(tmp_path: Path) -> None:
    sheet = _read(tmp_path, 'code,name\nA1,"two\nlines"\n\nA2,"say ""hi"""\n')
    assert [(row.number, row.cells["name"]) for row in sheet.rows] == [(2, "two lines"), (4, 'say "hi"')]
    assert sheet.rows[0].mended == ["BLANKS_JOINED"]


def test_ragged_rows_are_mended_or_refused_but_never_shifted(tmp_path: Path) -> None:
    short, long, trailing = _read(tmp_path, "code,name,unit\nA1,paper\nA2,pens,box,more\nA3,ink,box,,\n").rows
    assert short.cells == {"code": "A1", "name": "paper", "unit": ""}
    assert short.mended == ["CELLS_MISSING"]
    assert long.refused == ["TOO_MANY_CELLS"]
    assert not trailing.refused
    assert not trailing.mended


@pytest.mark.parametrize(
    "cell", ["=1+1", '=HYPERLINK(""http://127.0.0.1"")', "+cmd|' /C calc'!A0", "@SUM(A1)", "-a(b)"]
)
def test_formulas_are_refused(tmp_path: Path, cell: str) -> None:
    (row,) = _read(tmp_path, f'code,name\nA1,"{cell}"\n').rows
    assert row.refused == ["FORMULA"]


@pytest.mark.parametrize("cell", ["-20°C 冰袋", "+5 screws", "@home mug", "a=b"])
def test_names_that_only_begin_like_a_formula_are_names(tmp_path: Path, cell: str) -> None:
    (row,) = _read(tmp_path, f'code,name\nA1,"{cell}"\n').rows
    assert not row.refused
    assert row.cells["name"] == cell


def test_a_code_wrapped_by_a_spreadsheet_is_unwrapped(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, 'code,name\n"=""00123""",paper\n').rows
    assert row.cells["code"] == "00123"
    assert row.mended == ["TEXT_UNWRAPPED"]


def test_nul_and_control_characters_are_removed_and_noted(tmp_path: Path) -> None:
    (row,) = _read(tmp_path, "code,name\nA\x001,pa\x07per\n").rows
    assert row.cells == {"code": "A1", "name": "paper"}
    assert row.mended == ["CONTROL_CHARACTERS_REMOVED"]


def test_headers_are_found_in_both_languages_and_unknown_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("物料编码,Warehouse Code,期初数量(个),货架\nA1,ZC,5,左\n", encoding="utf-8")
    sheet = read_sheet(path, OPENING_STOCK)
    assert sheet.columns == ("item", "warehouse", "quantity")
    assert sheet.ignored_columns == ("货架",)


def test_missing_and_doubled_columns_are_named(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("姓名\n张三\n", encoding="utf-8")
    with pytest.raises(CommandFailed, match="id"):
        read_sheet(path, PEOPLE)
    path.write_text("编号,工号,姓名\n1,1,张三\n", encoding="utf-8")
    with pytest.raises(CommandFailed, match="twice"):
        read_sheet(path, PEOPLE)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"\xff\xff\xff\xff", b"PK\x03\x04rest", b"\x1f\x8bnot gzip", b"\x81", b"code\n\xff\n"],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CommandFailed):
        _read(tmp_path, content)


def test_a_quote_that_never_ends_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="quote"):
        _read(tmp_path, 'code,name,unit\nA1,"paper,box\n' + "A2,pens,box\n" * 100)


def test_compressed_tables_are_read_and_bombs_are_not(tmp_path: Path) -> None:
    assert len(_read(tmp_path, gzip.compress(TABLE.encode())).rows) == 2
    with pytest.raises(CommandFailed, match="MB"):
        _read(tmp_path, gzip.compress(b"a" * (65 * 1024 * 1024)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="no file"):
        read_sheet(tmp_path / "nothing.csv", ITEMS)
