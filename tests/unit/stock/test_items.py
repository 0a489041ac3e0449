"""What an item may be, and how amounts in its units become base units."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.kit.errors import InvalidField, KuguanError
from services.kit.quantity import NotAnAmount, TooFine
from services.stock.domain.items import (
    Item,
    Measure,
    NameMissing,
    Pack,
    StockHasMoved,
    Tracking,
    UnknownUnit,
    changed,
    checked,
)

PAPER = Measure("BG-001", "包", 0, Tracking.NONE, packs=(Pack("箱", 8), Pack("半", 1, 2)))
RICE = Measure("SP-001", "kg", 3, Tracking.NONE, packs=(Pack("袋", 25), Pack("斤", 1, 2)))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def item(**facts: object) -> Item:
    """A plain item with some facts of its own."""
    plain = Item(
        code="BG-001",
        name="A4打印纸",
        name_en="A4 copy paper",
        specification="70g 500张",
        category="办公用品",
        base_unit="包",
        scale=0,
        packs=(Pack("箱", 8),),
        aliases=("A4纸", "复印纸"),
        barcode="2000000000015",
        tracking=Tracking.NONE,
        shelf_life_days=0,
        reference_cost_micros=18_000_000,
        list_price_micros=25_000_000,
        reorder_point=50,
        archived=False,
    )
    return replace(plain, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("measure", "amount", "unit", "base"),
    [
        (PAPER, "5", "", 5),
        (PAPER, "5", "包", 5),
        (PAPER, "2", "箱", 16),
        (PAPER, "0.5", "箱", 4),
        (PAPER, "4", "半", 2),
        (RICE, "1.5", "", 1500),
        (RICE, "0.001", "kg", 1),
        (RICE, "3", "斤", 1500),
        (RICE, "1", "袋", 25_000),
    ],
)
def test_amounts_are_converted_exactly(measure: Measure, amount: str, unit: str, base: int) -> None:
    assert measure.base_quantity(amount, unit, "quantity") == base


def test_an_amount_that_is_too_fine_is_refused_with_its_two_neighbours() -> None:
    with pytest.raises(TooFine) as caught:
        PAPER.base_quantity("0.3", "箱", "quantity")
    assert (caught.value.lower, caught.value.upper, caught.value.unit) == ("2", "3", "包")


@pytest.mark.parametrize(
    "amount",
    ["", "0", "-0", "-1", "NaN", "Infinity", "1e5", "1,000", "1.000,5", "１２", "十二", "5包包", "²", "1_000",
     "+1", " 1", "0.0", "1" * 16, "9" * 400, "0.0000001", "٣", "1000000000000000"],
)  # fmt: skip
def test_what_is_not_a_positive_plain_amount_is_refused(amount: str) -> None:
    for measure in (PAPER, RICE):
        with pytest.raises((InvalidField, NotAnAmount, TooFine)):
            measure.base_quantity(amount, "", "quantity")


def test_a_unit_of_another_item_is_unknown_and_the_known_ones_are_told() -> None:
    with pytest.raises(UnknownUnit) as caught:
        PAPER.base_quantity("1", "瓶", "quantity")
    assert caught.value.known == "包, 箱, 半"


def test_texts_are_brought_to_one_spelling() -> None:
    clean = checked(item(name="  Cafe\u0301　Noir ", aliases=(" A4纸", "A4纸 ")))
    assert clean.name == "Café Noir"
    assert clean.aliases == ("A4纸",)


@pytest.mark.parametrize(
    "facts",
    [
        {"code": ""},
        {"code": "bg-001"},
        {"code": "ＢＧ"},
        {"code": "A" * 41},
        {"code": "A/B"},
        {"code": "A.B"},
        {"code": "A*"},
        {"name": "A\u0000B"},
        {"name": "A\nB"},
        {"name": "A\u202eB"},
        {"name": "A\u200bB"},
        {"name": "A" + "\u0301" * 20},
        {"name": "长" * 201},
        {"name": "长" * 1_000_000},
        {"base_unit": ""},
        {"base_unit": "…"},
        {"scale": 7},
        {"scale": -1},
        {"scale": 2, "tracking": Tracking.SERIAL},
        {"packs": (Pack("包", 2),)},
        {"packs": (Pack("箱", 8), Pack(" 箱", 6))},
        {"packs": (Pack("箱", 0),)},
        {"packs": (Pack("箱", -8),)},
        {"packs": (Pack("箱", 1, 0),)},
        {"packs": (Pack("箱", 10**18),)},
        {"packs": tuple(Pack(f"箱{n}", 2) for n in range(21))},
        {"aliases": ("",)},
        {"aliases": tuple(f"名{n}" for n in range(51))},
        {"barcode": "二维码"},
        {"barcode": "1 2"},
        {"shelf_life_days": -1},
        {"reference_cost_micros": -1},
        {"list_price_micros": -1},
        {"reorder_point": -1},
    ],
)
def test_an_item_that_cannot_be_is_refused(facts: dict[str, object]) -> None:
    with pytest.raises(InvalidField):
        checked(item(**facts))


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"base_unit": "张"}, "base_unit"),
        ({"scale": 2}, "quantity_scale"),
        ({"tracking": Tracking.LOT}, "tracking"),
    ],
)
def test_how_an_item_is_counted_is_fixed_once_stock_has_moved(facts: dict[str, object], field: str) -> None:
    new = item(**facts)
    assert changed(item(), new, NOW, moved=False).version == 2
    with pytest.raises(StockHasMoved) as caught:
        changed(item(), new, NOW, moved=True)
    assert caught.value.field == field


def test_other_facts_may_change_at_any_time() -> None:
    better = changed(item(), item(name="好纸"), NOW, moved=True)
    assert (better.name, better.version, better.updated_at) == ("好纸", 2, NOW)


@pytest.mark.parametrize(("name", "name_en"), [("", ""), ("?", " - ")])
def test_an_item_has_a_name(name: str, name_en: str) -> None:
    with pytest.raises(NameMissing):
        checked(item(name=name, name_en=name_en))


def test_every_refusal_names_its_reason() -> None:
    with pytest.raises(KuguanError) as caught:
        checked(item(code="x"))
    assert caught.value.reason == "INVALID_FIELD"
    assert caught.value.facts["field"] == "code"
