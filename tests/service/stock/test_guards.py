"""What the database itself refuses when two changes were decided on the same figures."""

from __future__ import annotations

import pytest

from services.kit.changes import Transaction
from services.stock.storage import balances
from tests.service.stock.house import House


async def test_a_balance_that_somebody_else_changed_is_not_overdrawn(house: House) -> None:
    await house.stocked("A4", "10")

    def overdraw(tx: Transaction) -> None:
        mine, theirs = (balances.load(tx.connection, {"A4"}, tx.now) for _ in range(2))
        for shelf in (mine, theirs):
            assert shelf.promise("A4", "ZC", 8)
        balances.save(tx.connection, mine)
        balances.save(tx.connection, theirs)

    with pytest.raises(AssertionError, match="changed between"):
        await house.at_work.runtime.writer.act(overdraw)
    assert await house.figures("A4") == ("10", "0", "0", "10")
