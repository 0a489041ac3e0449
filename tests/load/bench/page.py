"""The page of figures: a run's tables in Markdown, put between two marks of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.load.bench.table import Row, Table

BEGIN = "<!-- measured: written by the bench, do not edit -->"
END = "<!-- measured: end -->"
_VERDICTS = {None: "", True: "met", False: "**missed**"}


def put_into(page: Path, machine: Mapping[str, str], tables: Sequence[Table], last: str) -> None:
    """Replace what stands between the marks; a page without them is an error."""
    text = page.read_text(encoding="utf-8")
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    assert found, f"{page} has no mark {BEGIN}"
    assert ended, f"{page} has no mark {END}"
    told = "\n".join(f"- {label}: {value}" for label, value in machine.items())
    drawn = "\n\n".join(_drawn(table) for table in tables)
    page.write_text(f"{before}{BEGIN}\n\n{told}\n\n{drawn}\n\n{last}\n\n{END}{after}", encoding="utf-8")


def _drawn(table: Table) -> str:
    """One table with its load average."""
    heading = f"### {table.title}\n\nLoad average {table.load_before:.1f} → {table.load_after:.1f}.\n"
    rows = [_cells(row) for row in table.rows]
    return "\n".join(
        [heading, "| figure | value | goal | | note |", "| --- | ---: | ---: | --- | --- |", *rows]
    )


def _cells(row: Row) -> str:
    cells = (row.name, row.value, row.goal, _VERDICTS[row.met], row.note)
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"
