"""Calls as they go over the wire: which method, and the bytes of the n-th request."""

from __future__ import annotations

import random
from collections.abc import Callable

from google.type.decimal_pb2 import Decimal
from kuguan.stock.v1 import items_pb2, stock_pb2
from kuguan.type.v1.quantity_pb2 import Quantity

from tests.load.bench import echo
from tests.load.bench.goods import HOT_ITEM, WAREHOUSE, code, spoken_words

STOCK = "/kuguan.stock.v1.StockService/"
ITEMS = "/kuguan.stock.v1.ItemService/"
HOLD_SECONDS = 24 * 3600
BATCH = 1000

Payload = Callable[[int], bytes]


def promise(document: str, item: str) -> stock_pb2.ReserveRequest:
    """A request for one piece of an item."""
    line = stock_pb2.ReserveLine(
        line=1, item=item, warehouse=WAREHOUSE, quantity=Quantity(value=Decimal(value="1"))
    )
    return stock_pb2.ReserveRequest(
        request_id=document, document=document, lines=[line], hold_seconds=HOLD_SECONDS
    )


def kind_of_call(kind: str, prefix: str, items: int) -> tuple[str, Payload]:
    """The method of a kind of call, and how its requests are made; the same seed for every run."""
    chance = random.Random(prefix)

    def any_item() -> str:
        return code(chance.randrange(items))

    def batch(number: int) -> bytes:
        names = (f"{prefix}-{number}-{position}" for position in range(BATCH))
        return stock_pb2.BatchReserveRequest(
            requests=[promise(name, any_item()) for name in names]
        ).SerializeToString()

    kinds: dict[str, tuple[str, Payload]] = {
        "echo": (echo.METHOD, lambda number: b""),
        "uniform": (
            f"{STOCK}Reserve",
            lambda number: promise(f"{prefix}-{number}", any_item()).SerializeToString(),
        ),
        "hot": (
            f"{STOCK}Reserve",
            lambda number: promise(f"{prefix}-{number}", HOT_ITEM).SerializeToString(),
        ),
        "batch": (f"{STOCK}BatchReserve", batch),
        "availability": (
            f"{STOCK}GetAvailability",
            lambda number: stock_pb2.GetAvailabilityRequest(item=any_item()).SerializeToString(),
        ),
        "find": (
            f"{ITEMS}FindItems",
            lambda number: items_pb2.FindItemsRequest(
                text=spoken_words(chance.randrange(items), number)
            ).SerializeToString(),
        ),
    }
    return kinds[kind]
