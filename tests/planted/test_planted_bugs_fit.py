"""Every planted bug still fits the code and names a test that is there; `make planted` shows them caught."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.planted.__main__ import ROOT, apply, planted_bugs

LEAST = 10


def names_in(file: Path) -> set[str]:
    """The functions of a test module."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_there_are_enough_planted_bugs() -> None:
    assert len(planted_bugs()) >= LEAST


def test_every_planted_bug_fits_the_code() -> None:
    assert [one.patch.stem for one in planted_bugs() if not apply(ROOT, one.patch, look_only=True)] == []


def test_every_planted_bug_names_a_test_that_is_there() -> None:
    missing = []
    for one in planted_bugs():
        file, _, function = one.test.partition("::")
        path = ROOT / file
        if not path.is_file() or (function and function.partition("[")[0] not in names_in(path)):
            missing.append(f"{one.patch.stem}: {one.test}")
    assert missing == []
