"""The sender outlives its database being away: nothing is sent twice, nothing is lost, limits are kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from bot import outages
from bot.chat.errors import RateLimited, Transient
from bot.chat.platform import Address, MessageRef, Text
from bot.sending import Sender
from bot.storage import deliveries
from bot.storage.tables import DELIVERIES
from services.kit.ending import ended
from services.kit.errors import InternalFault, Unreachable
from tests.service.bot.conftest import Store

ENOUGH = 60.0
PLACE = {"platform": "slack", "address_kind": "direct", "address": "U1"}


class Product:
    """A product that takes what it gets, and does what a test wants to happen meanwhile."""

    name = "slack"

    def __init__(self, *happens: Callable[[], None]) -> None:
        self.happens = list(happens)
        self.said: list[str] = []

    async def send(self, address: Address, content: Text, key: str) -> MessageRef:
        if self.happens:
            self.happens.pop(0)()
        self.said.append(content.text)
        return MessageRef("slack", {})


class Cut:
    """The true writer and reader behind a line that is cut and mended; `asked` counts what found it cut."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.is_cut = False
        self.cuts_looks = True
        self.error: Exception = Unreachable()
        self.asked = 0

    def cut(self) -> None:
        self.is_cut = True

    async def act(self, action: Any) -> Any:
        if self.is_cut:
            self.asked += 1
            raise self.error
        return await self.store.writer.act(action)

    async def look(self, question: Any) -> Any:
        if self.is_cut and self.cuts_looks:
            self.asked += 1
            raise OperationalError("SELECT", {}, Exception("gone"))
        return await self.store.reader.look(question)


class Always:
    """Leases that nobody else asks for."""

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        return True


@asynccontextmanager
async def _sending(store: Store, product: Any, line: Any) -> AsyncIterator[asyncio.Task[None]]:
    runtime = SimpleNamespace(writer=line, reader=line, database=store.database)
    desk: Any = SimpleNamespace(runtime=runtime)
    ways: Any = SimpleNamespace(at=lambda _: [(product, Address.direct("U1"))])
    leases: Any = Always()
    task = asyncio.create_task(Sender(desk, ways, leases, "one").run())
    try:
        yield task
    finally:
        await ended([task])


async def _queue(store: Store, *keys: str) -> None:
    for key in keys:
        data = {"text": key, "to": PLACE}
        await store.change(lambda tx, key=key, data=data: deliveries.queue(tx, key, "@u", "say", data))  # type: ignore[misc]


async def _until(look: Callable[[], bool], task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(ENOUGH):
        while not look():
            assert not task.done(), "the sender ended"
            await asyncio.sleep(0.01)


async def _until_all_is_sent(store: Store, task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(ENOUGH):
        while await store.read(deliveries.next_due) is not None:
            assert not task.done(), "the sender ended"
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "_LONGEST_PAUSE", 0.3)


async def test_what_was_taken_while_the_database_went_is_not_sent_again(store: Store) -> None:
    await _queue(store, "1", "2")
    line = Cut(store)
    product = Product(line.cut)
    async with _sending(store, product, line) as task:
        await _until(lambda: line.asked >= 4, task)
        line.is_cut = False
        await _until_all_is_sent(store, task)
    assert product.said == ["1", "2"]


@pytest.mark.parametrize("refusal", [Transient("down"), RateLimited(0.2)])
async def test_what_was_refused_while_the_database_went_comes_later(store: Store, refusal: Exception) -> None:
    await _queue(store, "1", "2")
    line = Cut(store)

    def refuse() -> None:
        line.cut()
        raise refusal

    product = Product(refuse)
    async with _sending(store, product, line) as task:
        await _until(lambda: line.asked >= 4, task)
        line.is_cut = False
        await _until_all_is_sent(store, task)
    assert product.said == ["1", "2"]


async def test_the_pause_a_product_asked_for_begins_when_it_can_be_kept(store: Store) -> None:
    store.clock.now = datetime.now(UTC)
    await _queue(store, "1")
    line = Cut(store)

    def refuse() -> None:
        line.cut()
        raise RateLimited(3600.0)

    product = Product(refuse)
    async with _sending(store, product, line) as task:
        await _until(lambda: line.asked >= 3, task)
        line.is_cut = False
        async with asyncio.timeout(ENOUGH):
            while await store.read(deliveries.next_due) == store.clock():
                assert not task.done(), "the sender ended"
                await asyncio.sleep(0.02)
    assert await store.read(deliveries.next_due) == store.clock.turn(hours=1)
    assert product.said == []


async def test_what_cannot_be_looked_up_for_a_while_is_sent_afterwards(store: Store) -> None:
    line = Cut(store)
    line.cut()
    product = Product()
    async with _sending(store, product, line) as task:
        await _until(lambda: line.asked >= 3, task)
        await _queue(store, "1")
        line.is_cut = False
        await _until_all_is_sent(store, task)
    assert product.said == ["1"]


async def test_a_database_that_is_away_is_no_failed_try(store: Store) -> None:
    await _queue(store, "1")
    line = Cut(store)

    def gone() -> None:
        line.cut()
        raise OperationalError("SELECT", {}, Exception("gone"))

    async with _sending(store, Product(gone), line) as task:
        await _until(lambda: line.asked >= 2, task)
        line.is_cut = False
        await _until_all_is_sent(store, task)
    tries = select(DELIVERIES.c.tries)
    assert await store.read(lambda c: c.execute(tries).scalar()) == 1, "only the one that went well"


async def test_a_fault_of_ours_stays_loud(store: Store) -> None:
    await _queue(store, "1")
    line = Cut(store)
    line.error, line.cuts_looks = InternalFault(), False
    product = Product(line.cut)
    async with _sending(store, product, line) as task:
        await asyncio.wait([task], timeout=ENOUGH)
        assert task.done()
        assert task.exception() is not None
    assert product.said == ["1"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_postgresql_that_goes_and_comes_back(store: Store, database_url: str) -> None:
    address = store.database.writing.url
    admin = address.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    name = address.database

    def switch(allowed: bool) -> None:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {str(allowed).lower()}".encode())
            if not allowed:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                )

    await _queue(store, "1", "2")
    line = Cut(store)

    class Watched:
        """The true line, which tells when it failed."""

        failed = 0

        async def act(self, action: Any) -> Any:
            return await self._told(line.act(action))

        async def look(self, question: Any) -> Any:
            return await self._told(line.look(question))

        async def _told(self, asked: Awaitable[Any]) -> Any:
            try:
                return await asked
            except (Unreachable, OperationalError):
                self.failed += 1
                raise

    watched = Watched()
    product = Product(lambda: switch(False))
    try:
        async with _sending(store, product, watched) as task:
            await _until(lambda: watched.failed >= 4, task)
            switch(True)
            await _until_all_is_sent(store, task)
    finally:
        switch(True)
    assert product.said == ["1", "2"]
