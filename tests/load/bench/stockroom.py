"""A stock service as a real process with a real broker, its relay and its inbox at work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import grpc
from kuguan.stock.v1 import items_pb2, items_pb2_grpc
from sqlalchemy import Connection, func, select

from services.kit import run, testing
from services.kit.access import Caller
from services.kit.database import Database
from services.kit.testing import Keys
from services.kit.verify import verify
from services.stock.service import SERVICE
from services.stock.storage.tables import RESERVATIONS
from tests.load.bench import children, goods

Found = TypeVar("Found")

_SHOP = Caller(
    permissions=frozenset({"stock.read", "stock.reserve", "items.read", "items.write"}), client="shop"
)
_CATALOGUE_SECONDS = 120.0


@dataclass(frozen=True)
class Stockroom:
    """Where it listens, which process it is, and how to look into its database."""

    address: str
    process: int
    broker_url: str
    keys: Keys
    database: Database

    @property
    def token(self) -> str:
        """A token of a program that may reserve, read and import; valid for ten minutes from now."""
        return self.keys.token(_SHOP)

    def look(self, function: Callable[[Connection], Found]) -> Found:
        """Read something from its database."""
        with self.database.reading.begin() as connection:
            return function(connection)

    def promises(self) -> int:
        """How many promises there are."""
        return self.look(
            lambda connection: int(connection.scalar(select(func.count()).select_from(RESERVATIONS)) or 0)
        )

    def broken(self) -> list[str]:
        """What the invariants find wrong; nothing after everything that was done to it."""
        return [text for finding in verify(self.database, SERVICE) for text in finding.broken]


@contextmanager
def at_work(
    folder: Path, database_url: str, items: int, entries_of_each: int = 1, *, gate: bool = False
) -> Iterator[tuple[Stockroom, float]]:
    """Stock with so many goods, ready for questions, with a gate or without; how long its start took in
    seconds."""
    keys = Keys.new()
    keys.write(folder / "secrets")
    with testing.broker(folder / "broker") as broker:
        asyncio.run(testing.set_up_streams(broker.url, {"stock": SERVICE.hears}))
        database = Database(database_url, "stock")
        database.migrate({"kit": run.KIT_MIGRATIONS, "stock": SERVICE.migrations})
        goods.fill(database, items, entries_of_each)
        # A new one: the connection that filled it did not wait for the disk.
        database.dispose()
        database = Database(database_url, "stock")
        environment = {
            "KUGUAN_DATA": str(folder),
            "KUGUAN_STOCK_DATABASE_URL": database_url,
            "KUGUAN_BROKER_URL": broker.url,
            "KUGUAN_LISTEN": "127.0.0.1:0",
            "KUGUAN_LOG_LEVEL": "warning",
            "KUGUAN_GATE": "on" if gate else "off",
        }
        began = time.monotonic()
        with children.module("services.stock", folder, environment) as child:
            room = Stockroom(child.address, child.process.pid, broker.url, keys, database)
            _wait_for_words(room)
            try:
                yield room, time.monotonic() - began
            finally:
                database.dispose()


def _wait_for_words(room: Stockroom) -> None:
    """Ask for an item by its name until the whole catalogue has been read; until then it is too busy."""
    request = items_pb2.FindItemsRequest(text=goods.name(0))
    ends = time.monotonic() + _CATALOGUE_SECONDS
    with grpc.insecure_channel(room.address) as channel:
        find = items_pb2_grpc.ItemServiceStub(channel).FindItems
        while True:
            try:
                answer = find(request, timeout=30, metadata=(("authorization", f"Bearer {room.token}"),))
                break
            except grpc.RpcError as error:
                code = cast(grpc.Call, error).code()
                if code is not grpc.StatusCode.RESOURCE_EXHAUSTED or time.monotonic() > ends:
                    raise
            time.sleep(0.05)
    assert answer.matches[0].item.code == goods.code(0), "the goods are not found by their names"
