"""A card that cannot be replaced later is followed by a new one only where its tap did not close it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.chat.platform import Address, Card, CardRef, LateUpdate, Updated, UpdateResult
from bot.clients import Badge
from bot.commands.ask import Tapped
from bot.desk import Desk
from bot.sending import STILL_OPEN, Sender
from bot.storage import cards, deliveries, received
from bot.storage.cards import CardRow
from bot.storage.received import Received
from bot.storage.tables import DELIVERIES
from bot.webhook import Reception
from deploy.previews.company import company, row
from services.kit.changes import Transaction
from services.kit.ending import ended
from tests.service.bot.conftest import Store
from tests.unit.bot.test_cards import REQUEST

ENOUGH = 20.0
HERE = Address.direct("woZhang3")
OPEN = replace(
    row("request", "zhangsan", REQUEST),
    id="card-1",
    platform="wecom-bot",
    reference={"task": "card-1@1"},
    shown=f"{STILL_OPEN}as-it-was-sent",
)
CLOSED = replace(OPEN, state="corrected")


class Product:
    """A product in which only the answer to a tap replaces a card; it knows what it was sent."""

    name = "wecom-bot"
    capabilities = SimpleNamespace(late_update=LateUpdate.NONE)

    def __init__(self) -> None:
        self.sent: list[Card] = []
        self.refused = 0

    def joined(self, known: CardRef | None, fresh: CardRef) -> CardRef:
        return fresh

    async def update(self, reference: CardRef, card: Card) -> Updated:
        self.refused += 1
        return Updated(UpdateResult.UNSUPPORTED)

    async def send(self, address: Address, content: Card, key: str) -> CardRef:
        self.sent.append(content)
        return CardRef("wecom-bot", {"task": key})


class World:
    """A sender and the reception beside it, with one product and nobody else in it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.product = Product()
        runtime: Any = SimpleNamespace(reader=store.reader, writer=store.writer, database=store.database)
        services: Any = SimpleNamespace(badge=self._badge, speaking=lambda badge: badge)
        known = company()
        known.news = lambda connection: []  # type: ignore[method-assign]
        self.desk = Desk(runtime, services, known, ZoneInfo("Asia/Shanghai"), "")
        ways: Any = SimpleNamespace(channel=lambda name: self.product, at=lambda place: [], to=self._to)
        leases: Any = SimpleNamespace(hold=self._hold)
        self.sender = Sender(self.desk, ways, leases, "one")
        self.reception = Reception(self.desk, self.sender, ways)

    async def _badge(self, who: tuple[str, str, str]) -> Badge:
        return Badge("zhangsan", "", 0)

    async def _to(self, person: str) -> list[tuple[Product, Address]]:
        return [(self.product, HERE)]

    async def _hold(self, name: str, holder: str, seconds: float) -> bool:
        return True

    async def until(self, *states: str) -> None:
        """Wait until every delivery is in one of these states."""
        async with asyncio.timeout(ENOUGH):
            while not set(await self.store.read(_states)) <= set(states):  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.01)

    async def until_refused(self, times: int) -> None:
        """Wait until the product was asked so often for what it cannot do."""
        async with asyncio.timeout(ENOUGH):
            while self.product.refused < times:  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.01)


def _states(connection: Any) -> list[str]:
    return list(connection.execute(select(DELIVERIES.c.state)).scalars())


@pytest.fixture
async def world(store: Store) -> World:
    return World(store)


@asynccontextmanager
async def _sending(world: World) -> AsyncIterator[None]:
    task = asyncio.create_task(world.sender.run())
    try:
        yield
    finally:
        await ended([task])


def _tap(kind: str = "click") -> Received:
    body = {"card": OPEN.id, "action": "cancel"}
    return Received("wecom-bot", "", "tap", kind, HERE.id, "direct", HERE.id, "", body, datetime.now(UTC))


async def _is_known(world: World, card: CardRow, tap: Received) -> None:
    """The card stands open on the screen, a tap on it was kept, and it is to be brought to its true state."""

    def write(tx: Transaction) -> None:
        cards.save(tx, card)
        received.keep(tx, tap)
        deliveries.queue(tx, "renewal", "zhangsan", "renew", {"card": card.id})

    await world.store.change(write)


async def _is_worked_on(world: World, tap: Received) -> None:
    """The tap closes the card."""
    ask = await world.desk.ask(Badge("zhangsan", "", 0), tap.cause)
    await world.reception._after_tap(tap, ask, OPEN, Tapped(CLOSED))


async def test_the_answer_to_a_tap_is_not_followed_by_a_second_card(world: World) -> None:
    tap = _tap()
    await _is_known(world, CLOSED, tap)
    async with _sending(world):
        await world.until_refused(2)
        await _is_worked_on(world, tap)
        await world.until("sent")
    assert not world.product.sent


async def test_a_card_that_its_tap_left_as_it_was_is_followed_by_one(world: World) -> None:
    tap = _tap()
    await _is_known(world, CLOSED, tap)
    async with _sending(world):
        await world.until_refused(2)
        assert not world.product.sent, "the tap may still close it"
        await world.store.change(lambda tx: received.finish(tx, tap.cause, "refused"))
        await world.until("sent")
    assert len(world.product.sent) == 1


async def test_what_was_typed_instead_of_tapped_leaves_no_open_card_behind(world: World) -> None:
    tap = _tap("text")
    await _is_known(world, OPEN, tap)
    async with _sending(world):
        await _is_worked_on(world, tap)
        await world.until("sent")
    assert [card.buttons for card in world.product.sent] == [()]
