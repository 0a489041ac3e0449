"""The declarations of everything that runs, in the order in which it starts."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.kit.service import Service

ROOT = Path(__file__).parents[1]
# Part -> the package that runs it; its declaration is the package's module `service`.
PARTS = {
    "stock": "services.stock",
    "orders": "services.orders",
    "approvals": "services.approvals",
    "bot": "bot",
}


def declarations() -> tuple[Service, ...]:
    """The declaration of every part; importing them takes seconds, so only where they are needed whole."""
    return tuple(import_module(f"{package}.service").SERVICE for package in PARTS.values())


def hears_of_all() -> dict[str, tuple[str, ...]]:
    """The packages of events that each part hears, read from the text of the declarations.

    A start needs to know nothing else of them, and importing all parts would double its time. A declaration
    that does not spell the packages out is imported after all.
    """
    return {name: _spelled_out(package) or _imported(package) for name, package in PARTS.items()}


def _spelled_out(package: str) -> tuple[str, ...]:
    text = (ROOT / package.replace(".", "/") / "service.py").read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Service":
            for keyword in node.keywords:
                if keyword.arg == "hears" and isinstance(keyword.value, ast.Tuple):
                    values = [part.value for part in keyword.value.elts if isinstance(part, ast.Constant)]
                    if len(values) == len(keyword.value.elts):
                        return tuple(str(value) for value in values)
    return ()


def _imported(package: str) -> tuple[str, ...]:
    hears: tuple[str, ...] = import_module(f"{package}.service").SERVICE.hears
    return hears
