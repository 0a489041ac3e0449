"""What the database itself refuses when two changes were decided on the same reading of an order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.kit.changes import Transaction
from services.kit.errors import VersionChanged
from services.orders.storage import orders
from tests.service.orders.neighbours import World


async def test_of_two_changes_to_one_reading_of_an_order_the_second_is_refused(world: World) -> None:
    name = (await world.create()).name

    def change_twice(tx: Transaction) -> None:
        order = orders.find_order(tx.connection, name)
        assert order is not None
        for _ in range(2):
            orders.update_order(tx.connection, order, replace(order, revision=order.revision + 1))

    with pytest.raises(VersionChanged):
        await world.at_work.runtime.writer.act(change_twice)
