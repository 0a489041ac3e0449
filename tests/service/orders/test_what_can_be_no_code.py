"""What can be no code and no person is refused alike on every database: one of them takes no NUL."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from kuguan.orders.v1 import orders_pb2
from sqlalchemy import Connection

from services.kit.changes import Transaction
from services.kit.database import Database
from services.kit.errors import InvalidField
from services.kit.reading import View
from services.kit.run import KIT_MIGRATIONS
from services.orders.commands import create_order
from services.orders.domain.errors import UnknownItem, UnknownWarehouse
from services.orders.queries import get_returnable, list_orders
from services.orders.service import SERVICE
from services.orders.storage import catalogue
from tests.service.orders.neighbours import AUDITOR, ZHANGSAN, paper
from tests.unit.orders.samples import item

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A database of orders in which paper is known."""
    database = Database(database_url, "orders")
    database.migrate({"kit": KIT_MIGRATIONS, "orders": SERVICE.migrations})
    with database.group() as open_connection:
        catalogue.put_items(open_connection, [item("BG-001")])
        yield open_connection
    database.dispose()


@pytest.mark.parametrize("code", ["BG\x00001", "\x00", "bg-001", "x" * 10_000])
def test_what_can_be_no_code_is_unknown(connection: Connection, code: str) -> None:
    tx = Transaction(connection, NOW)
    tx.caller = ZHANGSAN
    asked = paper()
    asked.lines[0].item = code
    with pytest.raises(UnknownItem):
        create_order(tx, asked)
    asked = paper()
    asked.lines[0].warehouse = code
    with pytest.raises(UnknownWarehouse):
        create_order(tx, asked)
    returnable = orders_pb2.GetReturnableRequest(
        items=[code, "BG-001"], return_to_stock=orders_pb2.ReturnToStockEntry()
    )
    answer = get_returnable(View(connection, NOW, ZHANGSAN), returnable)
    assert [one.item for one in answer.items] == ["BG-001"]


@pytest.mark.parametrize("person", ["zhang\x00san", "\x00", "张三", "x" * 41])
def test_what_can_be_no_person_is_refused(connection: Connection, person: str) -> None:
    with pytest.raises(InvalidField) as caught:
        list_orders(View(connection, NOW, AUDITOR), orders_pb2.ListOrdersRequest(requester=person))
    assert caught.value.field == "requester"
