"""What was kept and not worked on before a stop is worked on first, in a person's order, and once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from bot.arrivals import kept
from bot.chat.platform import Address, Sender, TextIn
from bot.clients import Badge
from bot.storage import deliveries, received
from bot.storage.received import Received
from bot.storage.tables import DELIVERIES
from bot.webhook import Reception
from services.kit.changes import Transaction
from tests.service.bot.conftest import Store

ENOUGH = 60.0


class Replica(Reception):
    """A bot that answers each sentence with itself, in the commit that ends it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.worked: list[str] = []
        services = SimpleNamespace(badge=self._badge)
        desk: Any = SimpleNamespace(runtime=store, services=services)
        nobody: Any = SimpleNamespace(wake=lambda: None)
        super().__init__(desk, nobody, nobody)
        self._kinds = {"text": self._words}

    async def _badge(self, who: tuple[str, str, str]) -> Badge:
        return Badge(who[2], "", 0)

    async def _words(self, row: Received, badge: Badge) -> None:
        text = row.body["text"]
        self.worked.append(text)

        def write(tx: Transaction) -> None:
            deliveries.queue(tx, f"{row.cause}#0", badge.person, "say", {"text": text}, row.cause)
            received.finish(tx, row.cause, "done")

        await self.store.change(write)

    def of(self, person: str) -> list[str]:
        return [text for text in self.worked if text.startswith(person)]


def _said(store: Store, person: str, number: int) -> TextIn:
    return TextIn(
        platform="slack",
        tenant="T1",
        sender=Sender(person),
        address=Address.direct(person),
        dedupe_key=f"{person}{number}",
        sent_at=store.clock(),
        received_at=store.clock(),
        text=f"{person}{number}",
    )


async def _leave_behind(store: Store, people: str, count: int) -> None:
    """What a bot kept that was killed before it worked on any of it."""
    for number in range(count):
        for person in people:
            event = _said(store, person, number)
            await store.change(lambda tx, event=event: received.keep(tx, kept(event)))  # type: ignore[misc]


async def _until_nothing_is_left(store: Store) -> None:
    async with asyncio.timeout(ENOUGH):
        while await store.read(lambda c: received.unfinished(c, 1)):  # noqa: ASYNC110 - nobody tells it
            await asyncio.sleep(0.01)


async def test_it_comes_before_what_is_said_after_the_start(store: Store) -> None:
    await _leave_behind(store, "uv", 20)
    bot = Replica(store)
    assert await bot.line_up(), "that was all of it"
    await bot.handle(_said(store, "u", 20))
    # The product brings again what it never got an answer for.
    await bot.handle(_said(store, "u", 19))
    await bot.handle(_said(store, "v", 20))
    await _until_nothing_is_left(store)
    for person in "uv":
        assert bot.of(person) == [f"{person}{number}" for number in range(21)]


async def test_two_replicas_share_it_and_answer_each_once(store: Store) -> None:
    await _leave_behind(store, "uvw", 20)
    one, other = Replica(store), Replica(store)
    await asyncio.gather(one.line_up(), other.line_up())
    await asyncio.gather(one.handle(_said(store, "u", 20)), other.handle(_said(store, "v", 20)))
    await _until_nothing_is_left(store)
    answered = await store.read(lambda c: c.execute(select(DELIVERIES.c.key)).scalars().all())
    assert len(answered) == len(set(answered)) == 3 * 20 + 2
    for bot in (one, other):
        for person in "uvw":
            numbers = [int(text[1:]) for text in bot.of(person)]
            assert numbers == sorted(set(numbers)), "in order, and nothing twice by the same one"
