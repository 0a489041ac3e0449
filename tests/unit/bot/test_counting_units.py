"""个 counts what comes in single pieces; of what holds several it says nothing certain."""

import pytest
from kuguan.stock.v1.items_pb2 import Item

from bot.company import factor


@pytest.mark.parametrize("unit", ["只", "瓶", "把", "个", "卷"])
def test_pieces_are_counted_as_pieces(unit: str) -> None:
    assert factor(Item(code="A", base_unit=unit), "个") == 1


@pytest.mark.parametrize("unit", ["盒", "板", "包", "箱", "袋"])
def test_ten_eggs_are_not_ten_trays(unit: str) -> None:
    assert factor(Item(code="A", base_unit=unit), "个") is None
    assert factor(Item(code="A", base_unit=unit), "") == 1
