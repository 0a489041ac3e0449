"""The kinds of orders as declarations: adding a kind is adding one here and its entry in the contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class StockEffect(Enum):
    """What carrying out an order does to stock."""

    ISSUE = "issue"
    RECEIVE = "receive"


class Counterpart(Enum):
    """What stands on the other side of the ledger entries."""

    DEPARTMENT = "department"
    PURPOSE = "purpose"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKind:
    """Everything that distinguishes one kind of order from another."""

    name: str
    """The word that programs use, also in approval rules."""
    entry: str
    """The field of the contract's oneof that starts an order of this kind."""
    prefix: str
    """The capital letters in front of the running number."""
    name_zh: str
    """What people call it in Chinese."""
    name_en: str
    """What people call it in English."""
    stock_effect: StockEffect
    """Whether goods leave or arrive."""
    movement: str
    """The movement written to the ledger when it is carried out."""
    holds_stock: bool
    """Whether stock is promised to it from the moment it is placed."""
    counterpart: Counterpart
    """What stands on the other side of the ledger entries."""
    purpose_required: bool
    """Whether it has to say what it is for."""
    brings_back: str
    """The kind whose goods it brings back, never more of them than went out; empty if it brings none."""


KINDS: tuple[OrderKind, ...] = (
    OrderKind(
        name="requisition",
        entry="requisition",
        prefix="LY",
        name_zh="领用",
        name_en="Requisition",
        stock_effect=StockEffect.ISSUE,
        movement="requisition_issue",
        holds_stock=True,
        counterpart=Counterpart.DEPARTMENT,
        purpose_required=False,
        brings_back="",
    ),
    OrderKind(
        name="return_to_stock",
        entry="return_to_stock",
        prefix="TL",
        name_zh="退料",
        name_en="Return to stock",
        stock_effect=StockEffect.RECEIVE,
        movement="return_to_stock",
        holds_stock=False,
        counterpart=Counterpart.DEPARTMENT,
        purpose_required=False,
        brings_back="requisition",
    ),
    OrderKind(
        name="sample",
        entry="sample",
        prefix="YP",
        name_zh="样品赠送",
        name_en="Sample or gift",
        stock_effect=StockEffect.ISSUE,
        movement="sample_issue",
        holds_stock=True,
        counterpart=Counterpart.PURPOSE,
        purpose_required=True,
        brings_back="",
    ),
)

KIND_BY_NAME: dict[str, OrderKind] = {kind.name: kind for kind in KINDS}
KIND_BY_ENTRY: dict[str, OrderKind] = {kind.entry: kind for kind in KINDS}
