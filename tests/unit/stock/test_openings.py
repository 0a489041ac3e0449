"""Opening stock: a verdict for each row, with a reason one can act on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.kit.errors import InvalidField, KuguanError
from services.stock.domain.items import Measure, Tracking
from services.stock.domain.openings import Known, Opened, OpeningRow, check_cost, judge
from services.stock.domain.shelf import Key
from tests.unit.stock.goods import MILK, PAPER, TODAY

SCREEN = Measure("DZ-001", "台", 0, Tracking.SERIAL)
KNOWN = Known(
    measures={"BG-001": PAPER, "SP-001": MILK, "DZ-001": SCREEN},
    warehouses=frozenset({"ZC", "LK"}),
    received={Key("BG-001", "LK"): "QC1", Key("SP-001", "ZC", "OLD"): "TL7"},
    serial_places={("DZ-001", "S1"): "LK"},
    lot_expiries={("SP-001", "L1"): TODAY},
)


def row(item: str = "BG-001", amount: str = "5", **facts: object) -> OpeningRow:
    """A row of an opening file."""
    plain = OpeningRow(1, item, "ZC", "", "", amount, "", None, None)
    return replace(plain, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("XX-9"), "UNKNOWN_ITEM"),
        (row(""), "UNKNOWN_ITEM"),
        (row(warehouse="QQ"), "UNKNOWN_WAREHOUSE"),
        (row(amount="0"), "INVALID_FIELD"),
        (row(amount="-3"), "INVALID_FIELD"),
        (row(amount="五"), "NOT_AN_AMOUNT"),
        (row(amount="0.5"), "TOO_FINE"),
        (row(unit="箱"), "UNKNOWN_UNIT"),
        (row(warehouse="LK"), "ALREADY_OPENED"),
        (row("SP-001", lot="OLD"), "ALREADY_MOVED"),
        (row("SP-001"), "LOT_MISSING"),
        (row("SP-001", lot="A B"), "INVALID_FIELD"),
        (row("SP-001", lot="L1", expiry=TODAY + timedelta(days=1)), "LOT_EXPIRY_DIFFERS"),
        (row("DZ-001", "1"), "SERIAL_MISSING"),
        (row("DZ-001", "2", serial="S2"), "SERIAL_QUANTITY"),
        (row("DZ-001", "1", serial="S1"), "SERIAL_ELSEWHERE"),
        (row(lot="L1"), "NOT_TRACKED"),
        (row(serial="S1"), "NOT_TRACKED"),
        (row(expiry=TODAY), "NOT_TRACKED"),
        (row(problem=InvalidField("expiry_date", "not a day")), "INVALID_FIELD"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(bad: OpeningRow, reason: str) -> None:
    (verdict,) = judge([bad], KNOWN)
    assert isinstance(verdict, KuguanError)
    assert verdict.reason == reason


def test_good_rows_are_taken() -> None:
    rows = [
        row(),
        row("SP-001", lot="L1", expiry=TODAY),
        row("SP-001", lot="L2"),
        row("DZ-001", "1", serial="S9"),
    ]
    assert all(isinstance(verdict, Opened) for verdict in judge(rows, KNOWN))


def test_the_same_key_twice_is_refused_the_second_time() -> None:
    first, second = judge([row(row=7), row(row=8)], KNOWN)
    assert isinstance(first, Opened)
    assert isinstance(second, KuguanError)
    assert (second.reason, second.facts) == ("DUPLICATE_ROW", {"first_row": "7"})


def test_one_serial_in_two_places_of_a_file_is_refused() -> None:
    _, second = judge(
        [row("DZ-001", "1", serial="S5"), row("DZ-001", "1", serial="S5", warehouse="LK")], KNOWN
    )
    assert isinstance(second, KuguanError)
    assert second.reason == "SERIAL_ELSEWHERE"


def test_one_lot_has_one_expiry_date_in_a_file() -> None:
    rows = [row("SP-001", lot="N", expiry=TODAY), row("SP-001", lot="N", expiry=None, warehouse="LK")]
    _, second = judge(rows, KNOWN)
    assert isinstance(second, KuguanError)
    assert second.reason == "LOT_EXPIRY_DIFFERS"


def test_a_cost_is_not_negative() -> None:
    assert check_cost(None) is None
    assert check_cost(0) == 0
    with pytest.raises(InvalidField):
        check_cost(-1)
