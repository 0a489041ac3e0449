"""Reading tables that people made with spreadsheets: any usual encoding and separator, nothing executed."""

from __future__ import annotations

import csv
import gzip
import io
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.errors import CommandFailed

MAXIMUM_BYTES = 64 * 1024 * 1024
MAXIMUM_ROWS = 1_000_000
MAXIMUM_CELL = 32_768
_SEPARATORS = ",;\t"
# Excel writes ="00123" so that a code keeps its leading zeros.
_WRAPPED_TEXT = re.compile(r'=\s*"([^"]*)"')
_FORMULA = re.compile(r"=|[+\-@][A-Za-z_(][^|]*[|(!]")
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


@dataclass
class Row:
    """One row of a table: cells by column, and what had to be repaired or speaks against it."""

    number: int
    cells: dict[str, str]
    mended: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """A table as it was read. Columns that nobody asked for are listed, not used."""

    columns: tuple[str, ...]
    ignored_columns: tuple[str, ...]
    rows: tuple[Row, ...]
    encoding: str
    separator: str


@dataclass(frozen=True)
class Layout:
    """The columns a table may have: their names with other words for each, and which must be there."""

    synonyms: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]

    def column(self, header: str) -> str | None:
        """The column a header stands for, None for one that we do not know."""
        wanted = _plain(header)
        for column, words in self.synonyms.items():
            if wanted == _plain(column) or any(wanted == _plain(word) for word in words):
                return column
        return None


def read_sheet(path: Path, layout: Layout) -> Sheet:
    """Read a CSV file; raises CommandFailed when it is no table or lacks a column that must be there."""
    text, encoding = _decode(_read_bytes(path), path)
    separator = _separator(text)
    # csv refuses NUL on some versions and keeps it on others; each row that has one is reported.
    records = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    csv.field_size_limit(MAXIMUM_CELL)
    try:
        header = next(_records(records), None)
        if header is None:
            raise CommandFailed(f"{path} 是空的。", f"{path} is empty.")
        columns = _columns(header[1], layout, path)
        rows = tuple(_row(number, cells, columns) for number, cells in _records(records, start=2))
    except csv.Error as error:
        raise CommandFailed(
            f"{path} 第 {records.line_num} 行附近无法读取(引号没有成对?)。",
            f"{path} cannot be read near line {records.line_num}: {error}.",
        ) from None
    _refuse_runaway_quote(text, rows, path)
    return Sheet(
        columns=tuple(column for column in columns if column is not None),
        ignored_columns=tuple(
            name.strip()
            for name, column in zip(header[1], columns, strict=True)
            if column is None and name.strip()
        ),
        rows=rows,
        encoding=encoding,
        separator=separator,
    )


def read_header(path: Path) -> list[str]:
    """The cells of a table's first row, as they stand there; raises CommandFailed when it cannot be read."""
    text, _encoding = _decode(_read_bytes(path), path)
    try:
        return next(csv.reader(io.StringIO(text[:20_000], newline=""), delimiter=_separator(text)), [])
    except csv.Error:
        return []


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(2)
            file.seek(0)
            if start == b"\x1f\x8b":
                with gzip.open(file) as unpacked:
                    content = unpacked.read(MAXIMUM_BYTES + 1)
            else:
                content = file.read(MAXIMUM_BYTES + 1)
    except FileNotFoundError:
        raise CommandFailed(f"找不到文件 {path}。", f"There is no file {path}.") from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise CommandFailed(f"无法读取 {path}:{reason}。", f"{path} cannot be read: {reason}.") from None
    if len(content) > MAXIMUM_BYTES:
        raise CommandFailed(
            f"{path} 超过 {MAXIMUM_BYTES >> 20} MB,请分成几个文件。",
            f"{path} is larger than {MAXIMUM_BYTES >> 20} MB; split it into several files.",
        )
    if content.startswith(b"PK\x03\x04"):
        raise CommandFailed(
            f"{path} 是 Excel 工作簿;请另存为 CSV UTF-8。",
            f"{path} is a workbook; save it as CSV UTF-8 first.",
        )
    return content


def _decode(content: bytes, path: Path) -> tuple[str, str]:
    """The text and its encoding: by its mark, else UTF-16 by its zero bytes, else UTF-8 or GB18030."""
    if content.startswith(b"\xef\xbb\xbf"):
        guesses = ["utf-8-sig"]
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        guesses = ["utf-16"]
    else:
        sample = content[:2000]
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        half = max(1, len(sample) // 2)
        if odd > half * 0.3 and even < half * 0.05:
            guesses = ["utf-16-le"]
        elif even > half * 0.3 and odd < half * 0.05:
            guesses = ["utf-16-be"]
        else:
            guesses = ["utf-8", "gb18030"]
    for encoding in guesses:
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise CommandFailed(
        f"{path} 的文字编码无法识别;请另存为 CSV UTF-8。",
        f"The text encoding of {path} is not known; save it as CSV UTF-8.",
    )


def _separator(text: str) -> str:
    """The separator that occurs most in the first line, outside quotes."""
    counts = dict.fromkeys(_SEPARATORS, 0)
    quoted = False
    for character in text[:20_000].lstrip("\r\n"):
        if character == '"':
            quoted = not quoted
        elif character == "\n" and not quoted:
            break
        elif not quoted and character in counts:
            counts[character] += 1
    return max(counts, key=lambda separator: counts[separator])


def _records(records: Iterator[list[str]], start: int = 1) -> Iterator[tuple[int, list[str]]]:
    """Rows with something in them, numbered as a spreadsheet numbers them (the header is row 1)."""
    for number, cells in enumerate(records, start):
        if number > MAXIMUM_ROWS:
            raise CommandFailed(
                f"超过 {MAXIMUM_ROWS} 行,请分成几个文件。", f"More than {MAXIMUM_ROWS} rows; split the file."
            )
        if any(cell.strip() for cell in cells):
            yield number, cells


def _columns(header: list[str], layout: Layout, path: Path) -> list[str | None]:
    columns = [layout.column(name) for name in header]
    known = [column for column in columns if column is not None]
    missing = [column for column in layout.required if column not in known]
    if missing:
        expected = ", ".join(layout.synonyms)
        raise CommandFailed(
            f"{path} 缺少列:{'、'.join(missing)}。可用的列:{expected}。",
            f"{path} lacks the columns {', '.join(missing)}. Known columns: {expected}.",
        )
    twice = sorted({column for column in known if known.count(column) > 1})
    if twice:
        raise CommandFailed(
            f"{path} 有重复的列:{'、'.join(twice)}。", f"{path} has columns twice: {', '.join(twice)}."
        )
    return columns


def _row(number: int, cells: list[str], columns: list[str | None]) -> Row:
    row = Row(number, {})
    if len(cells) < len(columns):
        row.mended.append("CELLS_MISSING")
    if any(cell.strip() for cell in cells[len(columns) :]):
        row.refused.append("TOO_MANY_CELLS")
    for column, raw in zip(columns, cells + [""] * len(columns), strict=False):
        if column is not None:
            row.cells[column] = _clean(raw, row)
    return row


def _clean(raw: str, row: Row) -> str:
    """The text of a cell: no control characters, blanks in a row made one, never a formula."""
    text = raw.translate(_CONTROL)
    if len(text) != len(raw):
        _note(row.mended, "CONTROL_CHARACTERS_REMOVED")
    text = text.strip()
    wrapped = _WRAPPED_TEXT.fullmatch(text)
    if wrapped:
        _note(row.mended, "TEXT_UNWRAPPED")
        return wrapped.group(1).strip()
    if _FORMULA.match(text):
        _note(row.refused, "FORMULA")
    joined = " ".join(text.split())
    if joined != text:
        _note(row.mended, "BLANKS_JOINED")
    return joined


def _refuse_runaway_quote(text: str, rows: tuple[Row, ...], path: Path) -> None:
    """A quote that is never closed swallows the rest of the file into one cell; nothing of it is right."""
    if not rows or text.count('"') % 2 == 0:
        return
    longest = max(rows[-1].cells.values(), key=len, default="")
    if len(longest) > 500 or rows[-1].mended.count("CELLS_MISSING"):
        raise CommandFailed(
            f"{path} 第 {rows[-1].number} 行有未闭合的引号。",
            f"{path} has a quote in row {rows[-1].number} that never ends.",
        )


def _note(notes: list[str], reason: str) -> None:
    if reason not in notes:
        notes.append(reason)


def _plain(header: str) -> str:
    folded = unicodedata.normalize("NFKC", header).casefold()
    folded = re.sub(r"\([^)]*\)", "", folded)
    return re.sub(r"[\s_\-./*:]+", "", folded)
