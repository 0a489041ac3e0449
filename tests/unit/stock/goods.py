"""Shelves and promises for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime

from services.stock.domain.items import Measure, Tracking
from services.stock.domain.reservations import Line, Reservation, State
from services.stock.domain.shelf import Balance, Key, Shelf

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DAYS = {"ZC": TODAY, "LK": TODAY}
PAPER = Measure("BG-001", "包", 0, Tracking.NONE)
MILK = Measure("SP-001", "盒", 0, Tracking.LOT)


def balance(key: Key, on_hand: int, **more: object) -> Balance:
    """A stored balance."""
    known = {"held": 0, "reserved": 0, "expiry": None, "received": 0, **more}
    return Balance(
        key,
        on_hand,
        on_hand_before=on_hand,
        reserved_before=known["reserved"],  # type: ignore[arg-type]
        **known,  # type: ignore[arg-type]
    )


def paper_shelf(on_hand: int) -> Shelf:
    """So much paper in ZC, nothing else."""
    return Shelf([balance(Key("BG-001", "ZC"), on_hand)], DAYS)


def milk_shelf(*lots: tuple[str, int, date | None]) -> Shelf:
    """Lots of milk in ZC with their expiry dates."""
    return Shelf([balance(Key("SP-001", "ZC", lot), much, expiry=day) for lot, much, day in lots], DAYS)


def line(number: int, wanted: int, measure: Measure = PAPER, warehouse: str = "ZC") -> Line:
    """A line that wants something."""
    return Line(number, measure, warehouse, wanted)


def promise(*lines: Line, of_order: bool = True, **more: object) -> Reservation:
    """A promise of an order, held, with nothing promised yet."""
    facts = {"document": "LY1001", "state": State.HELD, "approved": False, "requester": "zhangsan", **more}
    return Reservation(
        lines=list(lines),
        of_order=of_order,
        created_at=NOW,
        movement="requisition_issue",
        **facts,  # type: ignore[arg-type]
    )
