"""What a person asks for becomes base units and money by stock's facts alone."""

from fractions import Fraction

import pytest

from services.kit.errors import KuguanError
from services.kit.quantity import MAXIMUM_SCALED, NotAnAmount, TooFine
from services.orders.domain.catalogue import Pack
from services.orders.domain.errors import (
    AmountTooLarge,
    DepartmentRequired,
    DuplicateLine,
    ItemArchived,
    LineCountOutOfRange,
    PurposeRequired,
    QuantityNotPositive,
    UnknownItem,
    UnknownUnit,
    UnknownWarehouse,
)
from services.orders.domain.order import Order
from services.orders.domain.placing import WantedOrder, place
from services.stock.domain.items import Measure, Tracking
from tests.unit.orders.samples import ITEMS, NOW, WAREHOUSES, item, order, wanted


def placed(asked: WantedOrder) -> Order:
    """The order made from what was asked."""
    return place(asked, 1027, ITEMS, WAREHOUSES, NOW, handed_out={})


def refused(asked: WantedOrder) -> tuple[str, dict[str, str]]:
    """Reason and facts of the refusal."""
    with pytest.raises(KuguanError) as caught:
        placed(asked)
    return caught.value.reason, caught.value.facts


def test_the_name_is_the_prefix_and_the_running_number() -> None:
    assert placed(wanted(("BG-001", "5", ""))).name == "LY1027"
    assert placed(wanted(("BG-001", "5", ""), kind="return_to_stock")).name == "TL1027"
    assert placed(wanted(("BG-001", "5", ""), kind="sample", purpose="展会")).name == "YP1027"


def test_a_pack_is_converted_to_base_units_and_the_entered_unit_is_kept() -> None:
    line = placed(wanted(("BG-001", "2", "箱"))).lines[0]
    assert (str(line.ordered), line.base_unit) == ("16", "包")
    assert (str(line.entered), line.entered_unit) == ("2", "箱")
    assert line.amount_micros == 16 * 18_000_000


def test_half_a_pack_that_comes_out_whole_is_taken() -> None:
    assert str(placed(wanted(("BG-001", "0.5", "箱"))).lines[0].ordered) == "4"


def test_a_pack_with_a_broken_factor_is_rounded_nowhere() -> None:
    assert str(placed(wanted(("SP-001", "5", "磅"))).lines[0].ordered) == "2.268"
    with pytest.raises(TooFine):
        placed(wanted(("SP-001", "1", "磅")))


def test_a_quantity_that_does_not_come_out_whole_is_refused_with_its_neighbours() -> None:
    reason, facts = refused(wanted(("BG-001", "0.3", "箱")))
    assert reason == "TOO_FINE"
    assert (facts["lower"], facts["upper"], facts["unit"]) == ("2", "3", "包")


def test_an_empty_unit_means_the_base_unit() -> None:
    assert placed(wanted(("BG-001", "5", ""))).lines[0].entered_unit == "包"


def test_the_amount_is_reference_cost_times_base_quantity_rounded_half_up() -> None:
    cheap = {"A": item("A", base_unit="kg", scale=3, cost_micros=1)}
    made = place(wanted(("A", "0.5", "")), 1001, cheap, WAREHOUSES, NOW, handed_out={})
    assert made.amount_micros == 1
    assert place(wanted(("A", "0.499", "")), 1001, cheap, WAREHOUSES, NOW, handed_out={}).amount_micros == 0


def test_the_order_amount_is_the_sum_of_its_lines() -> None:
    assert order(("BG-001", "5", ""), ("BG-003", "1", "盒")).amount_micros == 90_000_000 + 14_400_000


def test_an_unknown_item_is_named_with_its_line() -> None:
    assert refused(wanted(("BG-001", "1", ""), ("BG-999", "1", ""))) == (
        "UNKNOWN_ITEM",
        {"line": "2", "item": "BG-999"},
    )


def test_an_archived_item_is_named_with_its_line() -> None:
    assert refused(wanted(("OLD-1", "1", ""))) == ("ITEM_ARCHIVED", {"line": "1", "item": "OLD-1"})


def test_an_unknown_warehouse_is_named_with_its_line() -> None:
    assert refused(wanted(("BG-001", "1", ""), warehouse="XX")) == (
        "UNKNOWN_WAREHOUSE",
        {"line": "1", "warehouse": "XX"},
    )


def test_an_unknown_unit_is_refused_with_the_units_there_are() -> None:
    reason, facts = refused(wanted(("BG-001", "1", "吨")))
    assert (reason, facts["units"]) == ("UNKNOWN_UNIT", "包, 箱")


def test_two_lines_of_one_item_and_warehouse_are_refused_with_both_numbers() -> None:
    reason, facts = refused(wanted(("BG-001", "1", ""), ("BG-003", "1", ""), ("BG-001", "1", "箱")))
    assert reason == "DUPLICATE_LINE"
    assert (facts["first_line"], facts["second_line"], facts["item"]) == ("1", "3", "BG-001")


def test_the_same_item_from_another_warehouse_is_another_line() -> None:
    here, there = wanted(("BG-001", "1", "")), wanted(("BG-001", "1", ""), warehouse="LK")
    both = WantedOrder(
        kind=here.kind,
        lines=(*here.lines, *there.lines),
        purpose="",
        requester="zhangsan",
        department="行政部",
        request_id="request-0001",
    )
    assert [line.warehouse for line in placed(both).lines] == ["ZC", "LK"]


@pytest.mark.parametrize("amount", ["0", "-1", "-0.5"])
def test_nothing_and_less_cannot_be_asked_for(amount: str) -> None:
    with pytest.raises(QuantityNotPositive):
        placed(wanted(("SP-001", amount, "")))


@pytest.mark.parametrize("count", [0, 101])
def test_an_order_has_between_one_and_a_hundred_lines(count: int) -> None:
    with pytest.raises(LineCountOutOfRange):
        placed(wanted(*[("BG-001", "1", "")] * count))


def test_a_hundred_lines_are_taken() -> None:
    items = {f"A{number}": item(f"A{number}") for number in range(100)}
    made = place(wanted(*((code, "1", "") for code in items)), 1001, items, WAREHOUSES, NOW, handed_out={})
    assert [line.line for line in made.lines] == list(range(1, 101))


def test_a_sample_needs_a_purpose_and_a_requisition_does_not() -> None:
    with pytest.raises(PurposeRequired):
        placed(wanted(("BG-001", "1", ""), kind="sample"))
    assert placed(wanted(("BG-001", "1", ""))).purpose == ""


def test_a_person_without_department_cannot_ask_for_it() -> None:
    with pytest.raises(DepartmentRequired):
        placed(wanted(("BG-001", "1", ""), department=""))


def test_a_sample_needs_no_department() -> None:
    asked = wanted(("BG-001", "1", ""), kind="sample", purpose="展会", department="")
    assert placed(asked).counterpart == "展会"


def test_quantities_and_amounts_beyond_what_can_be_stored_are_refused() -> None:
    dear = {"A": item("A", cost_micros=10**12)}
    with pytest.raises(AmountTooLarge):
        place(wanted(("A", "100000", "")), 1001, dear, WAREHOUSES, NOW, handed_out={})
    with pytest.raises(NotAnAmount):
        placed(wanted(("BG-001", "999999999999999", "")))


@pytest.mark.parametrize("kind", ["requisition", "return_to_stock", "sample"])
@pytest.mark.parametrize("scale", [0, 3, 6])
def test_the_largest_order_is_what_stock_can_take_and_one_more_is_refused(kind: str, scale: int) -> None:
    box = Pack("箱", Fraction(MAXIMUM_SCALED, 10**scale))
    one_more = Pack("大箱", Fraction(MAXIMUM_SCALED + 1, 10**scale))
    items = {"A": item("A", scale=scale, packs=(box, one_more), cost_micros=0)}

    def ordered(unit: str) -> Order:
        asked = wanted(("A", "1", unit), kind=kind, purpose="展会")
        return place(asked, 1001, items, WAREHOUSES, NOW, handed_out={})

    heard = str(ordered("箱").lines[0].ordered)
    taken = Measure("A", "包", scale, Tracking.NONE).base_quantity(heard, "", "base_quantity")
    assert taken == MAXIMUM_SCALED
    with pytest.raises(NotAnAmount) as caught:
        ordered("大箱")
    assert caught.value.facts["field"] == "lines[0].quantity"


@pytest.mark.parametrize(
    "error",
    [UnknownItem(1, "x"), UnknownUnit(1, "a", "b", "c"), UnknownWarehouse(1, "x"), ItemArchived(1, "x")],
)
def test_errors_of_lines_carry_the_line(error: KuguanError) -> None:
    assert error.facts["line"] == "1"


def test_duplicate_line_is_an_invalid_request_and_not_a_state_of_things() -> None:
    assert DuplicateLine(1, 2, "a", "b").kind == "invalid_input"
