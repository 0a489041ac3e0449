"""Orders and items to try the rules on."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from services.kit.quantity import Quantity
from services.orders.domain.catalogue import CatalogueItem, Pack
from services.orders.domain.kinds import KIND_BY_NAME
from services.orders.domain.order import FIRST_NUMBER, LineFigures, Order
from services.orders.domain.placing import WantedLine, WantedOrder, place

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WAREHOUSES = frozenset({"ZC", "LK"})


def item(
    code: str,
    *,
    base_unit: str = "包",
    scale: int = 0,
    packs: tuple[Pack, ...] = (),
    cost_micros: int = 18_000_000,
    archived: bool = False,
) -> CatalogueItem:
    """An item with only what matters for a test."""
    return CatalogueItem(
        code=code,
        name=f"{code} 名称",
        name_en=f"{code} name",
        category="办公用品",
        base_unit=base_unit,
        quantity_scale=scale,
        packs=packs,
        reference_cost_micros=cost_micros,
        archived=archived,
        tracked=False,
        etag="1",
        update_time=NOW,
    )


ITEMS = {
    "BG-001": item("BG-001", packs=(Pack("箱", Fraction(8)),)),
    "BG-003": item("BG-003", base_unit="支", packs=(Pack("盒", Fraction(12)),), cost_micros=1_200_000),
    "SP-001": item("SP-001", base_unit="kg", scale=3, packs=(Pack("磅", Fraction(4536, 10000)),)),
    "OLD-1": item("OLD-1", archived=True),
}


def wanted(
    *lines: tuple[str, str, str],
    kind: str = "requisition",
    purpose: str = "",
    department: str = "行政部",
    warehouse: str = "ZC",
) -> WantedOrder:
    """What a person asks for; each line is (item, amount, unit)."""
    return WantedOrder(
        kind=KIND_BY_NAME[kind],
        lines=tuple(WantedLine(code, warehouse, Fraction(amount), unit) for code, amount, unit in lines),
        purpose=purpose,
        requester="zhangsan",
        department=department,
        request_id="request-0001",
    )


def order(
    *lines: tuple[str, str, str], kind: str = "requisition", purpose: str = "投标", number: int = FIRST_NUMBER
) -> Order:
    """A new order; without lines, for five packets of paper."""
    asked = wanted(*(lines or (("BG-001", "5", ""),)), kind=kind, purpose=purpose)
    return place(asked, number, ITEMS, WAREHOUSES, NOW, handed_out={})


def figures(
    line: int = 1, *, reserved: int | None = None, short: int | None = None, fulfilled: int | None = None
) -> list[LineFigures]:
    """What stock tells about one line of whole units."""

    def quantity(amount: int | None) -> Quantity | None:
        return None if amount is None else Quantity(amount)

    return [
        LineFigures(
            line=line, reserved=quantity(reserved), short=quantity(short), fulfilled=quantity(fulfilled)
        )
    ]
