"""Measures how fast Kuguan is and prints it beside the goals: ``python -m tests.load.bench --help``."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from rich.console import Console

from services.kit import telemetry
from tests.load.bench import chats, company, databases, flow, growth, machine, page, promises, sentences
from tests.load.bench.flow import Size
from tests.load.bench.promises import Length
from tests.load.bench.table import Table, summary

Measurement = Callable[[Path, bool], list[Table]]
Databases = Callable[[Path], AbstractContextManager[Callable[[], str]]]


def _promises_on(databases_of: Databases, name: str) -> Measurement:
    def measure(folder: Path, quick: bool) -> list[Table]:
        length = Length(1, 2.0) if quick else Length(3, 3.0)
        with databases_of(folder) as new_database:
            return [promises.measure(folder, new_database, name, length)]

    return measure


def _flow_on(databases_of: Databases, name: str) -> Measurement:
    def measure(folder: Path, quick: bool) -> list[Table]:
        size = Size(2.0, 80, 5_000, 1, 1_000) if quick else Size(5.0, 250, 20_000, 3, 4_000)
        with databases_of(folder) as new_database:
            return [flow.measure(folder, new_database, name, size)]

    return measure


def _company(folder: Path, quick: bool) -> list[Table]:
    return company.measure(
        folder, company.Length(1, 15, 15.0, 40) if quick else company.Length(3, 100, 60.0, 200)
    )


def _growth(folder: Path, quick: bool) -> list[Table]:
    size = growth.Size(10_000, 0.7) if quick else growth.Size(100_000, 2.0)
    with databases.sqlite(folder) as new_database:
        return [growth.measure(folder, new_database, "SQLite", size)]


def _sentences(folder: Path, quick: bool) -> list[Table]:
    return [sentences.measure(sentences.Size(10_000, 500) if quick else sentences.Size(100_000, 2_000))]


def _chats(folder: Path, quick: bool) -> list[Table]:
    return [chats.measure(folder, chats.Length(2.0, 5) if quick else chats.Length(5.0, 20))]


MEASUREMENTS: dict[str, Measurement] = {
    "promises": _promises_on(databases.sqlite, "SQLite"),
    "flow": _flow_on(databases.sqlite, "SQLite"),
    "company": _company,
    "chats": _chats,
    "growth": _growth,
    "sentences": _sentences,
    "promises-postgresql": _promises_on(databases.postgresql, "PostgreSQL"),
    "flow-postgresql": _flow_on(databases.postgresql, "PostgreSQL"),
}


def main() -> int:
    """Run the measurements asked for; answers 0 also where a goal is missed, because figures are no test."""
    asked = _arguments()
    # Asked to stop, it ends whatever it started, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # The parts of the kit that work in this process have nothing to tell but faults.
    telemetry.set_up_logging("bench", "error")
    screen = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    began = time.monotonic()
    tables: list[Table] = []
    with tempfile.TemporaryDirectory(prefix="kuguan-bench-", dir=asked.folder) as place:
        folder = Path(place)
        told = machine.description(folder)
        told["run"] = "quick: short rounds, fewer goods" if asked.quick else "full"
        for label, value in told.items():
            screen.print(f"{label:26} {value}")
        if machine.is_kept_in_memory(folder):
            screen.print(f"{folder} is kept in memory: nothing is durable there. Name another --folder.")
            return 1
        screen.print()
        for name in asked.only or MEASUREMENTS:
            (folder / name).mkdir()
            for table in MEASUREMENTS[name](folder / name, asked.quick):
                table.show(screen)
                tables.append(table)
    last = summary(tables, time.monotonic() - began)
    screen.print(last)
    if asked.page:
        page.put_into(asked.page, told, tables, last)
    if asked.json:
        body = {"machine": told, "tables": [table.as_json() for table in tables]}
        asked.json.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter rounds and fewer goods, about 90 s")
    parser.add_argument(
        "--only", action="append", choices=list(MEASUREMENTS), metavar="NAME", help=", ".join(MEASUREMENTS)
    )
    parser.add_argument("--folder", type=Path, default=tempfile.gettempdir(), help="where databases are made")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file as well")
    parser.add_argument(
        "--page", type=Path, metavar="FILE", help="put the tables into a page of the documents"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
