"""The demo company's names, and tables of sentences with what they mean."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from bot.understand import Vocabulary

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "deploy" / "demo"
TABLES = (
    "utterances-sample.jsonl",
    "utterances-more.jsonl",
    "utterances-fresh.jsonl",
    "utterances-varied.jsonl",
    "utterances-workplaces.jsonl",
    "utterances-everyday.jsonl",
)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """The words of the demo company."""
    words = Vocabulary()
    for row in _rows(DEMO / "items.csv"):
        packs = [pack.partition("=")[0] for pack in row["pack"].split("|")]
        words.add_item(
            row["code"],
            names=(row["name"], row["name_en"]),
            aliases=row["aliases"].split("|"),
            barcodes=(row["barcode"],),
            units=(row["unit"], *packs),
        )
    for row in _rows(DEMO / "warehouses.csv"):
        words.add_warehouse(row["code"], names=(row["name"], row["name_en"]))
    return words


def _sentences() -> list[dict[str, Any]]:
    lines = [line for name in TABLES for line in (ROOT / "tests/data" / name).read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines if line]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `said` and `meant` runs once for each sentence of the tables."""
    if {"said", "meant"} <= set(metafunc.fixturenames):
        pairs = [(sentence["text"], sentence["expect"]) for sentence in _sentences()]
        metafunc.parametrize(("said", "meant"), pairs, ids=[said[:40] for said, _ in pairs])
