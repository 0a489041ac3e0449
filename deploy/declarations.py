"""The declarations of everything that runs, in the order in which it starts."""

from __future__ import annotations

from importlib import import_module

from services.kit.service import Service

# Module that runs the part -> module with its declaration.
PARTS = {
    "stock": "services.stock",
    "orders": "services.orders",
    "approvals": "services.approvals",
    "bot": "bot",
}


def declarations() -> tuple[Service, ...]:
    """The declaration of every part; imported only where they are asked for, because that takes a while."""
    return tuple(import_module(f"{module}.service").SERVICE for module in PARTS.values())
