"""A request whose outcome is not known is neither called cancelled nor placed a second time."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from kuguan.orders.v1.orders_pb2 import CreateOrderRequest, CreateOrderResponse, Order, OrderState

from bot import taps
from bot.cards import draw
from bot.commands.ask import Ask, Say
from bot.commands.corrections import correct_request
from bot.storage import cards, received
from bot.storage.cards import CardRow
from bot.storage.received import Received
from bot.understand import Command, understand
from bot.webhook import Reception
from deploy.previews.company import facts, row
from services.kit.errors import KuguanError, RemoteError, Unreachable, VersionChanged
from tests.service.bot.conftest import Store
from tests.unit.bot.test_cards import REQUEST, actions

CARD = replace(
    row("request", "zhangsan", REQUEST), id="card-1", request=CreateOrderRequest().SerializeToString()
)


class Orders:
    """Places the order, after what a test wants to happen meanwhile."""

    def __init__(self, outcome: KuguanError | None = None) -> None:
        self.outcome = outcome
        self.asked = 0
        self.services = SimpleNamespace(orders=SimpleNamespace(CreateOrder=None))

    async def write(self, _method: object, _request: object) -> CreateOrderResponse:
        self.asked += 1
        if self.outcome is not None:
            raise self.outcome
        order = Order(name="LY1001", state=OrderState.ORDER_STATE_PENDING_APPROVAL)
        return CreateOrderResponse(order=order)


class Bot(Reception):
    """A bot that only ends taps."""

    def __init__(self, store: Store) -> None:
        desk: Any = SimpleNamespace(runtime=store, services=None)
        nobody: Any = SimpleNamespace(wake=lambda: None, channel=lambda _: None)
        super().__init__(desk, nobody, nobody)

    async def _shown(self, card: CardRow, ask: Ask, toast: str) -> Any:
        return card.state


def _ask(bot: Reception, voice: Any) -> Ask:
    about = facts("zhangsan")
    return Ask("zhangsan", about.words, about.company, voice, "cause", remember=bot._remember)


async def _tap(store: Store, action: str) -> Received:
    body = {"card": CARD.id, "action": action}
    now = store.clock()
    row = Received("local", "", action, "click", "zhangsan", "direct", "zhangsan", "", body, now)
    await store.change(lambda tx: received.keep(tx, row))
    return row


@pytest.fixture(autouse=True)
def _there_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def same(_ask: Ask, _sign: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return lines

    monkeypatch.setattr(taps, "with_figures", same)


async def _kept(store: Store) -> CardRow:
    found = await store.read(lambda c: cards.get(c, CARD.id))
    assert found is not None
    return found


async def test_what_may_have_been_placed_can_only_be_confirmed_again(store: Store) -> None:
    bot = Bot(store)
    await store.change(lambda tx: cards.save(tx, CARD))
    with pytest.raises(Unreachable):
        await taps.confirm_request(_ask(bot, Orders(Unreachable())), CARD, "confirm")
    card = draw(await _kept(store), facts("zhangsan"))
    assert actions(card) == ["confirm"], "an order that may exist is not called cancelled"
    assert "不会重复" in card.subtitle


@pytest.mark.parametrize(
    ("kind", "offered"), [("rule_broken", ["confirm", "cancel"]), ("denied", ["confirm"])]
)
async def test_after_a_refusal_that_is_certain_it_can_be_cancelled(
    store: Store, kind: str, offered: list[str]
) -> None:
    bot = Bot(store)
    await store.change(lambda tx: cards.save(tx, CARD))
    refusal = RemoteError(kind, "NO", {})
    with pytest.raises(RemoteError):
        await taps.confirm_request(_ask(bot, Orders(refusal)), CARD, "confirm")
    assert actions(draw(await _kept(store), facts("zhangsan"))) == offered


async def test_a_correction_makes_no_second_request_of_one_on_its_way(store: Store) -> None:
    line = {"item": "BG-001", "quantity": "5", "unit": "包", "problem": None}
    data = {**REQUEST, "plan": {"command": Command.REQUEST_ISSUE.value, "lines": [line]}}
    ask = _ask(Bot(store), Orders())
    intent = understand("不对,是3包", ask.company.vocabulary)
    assert intent.command is Command.CORRECT_REQUEST
    under_way = replace(CARD, data={**data, "sent": True})
    assert await correct_request(ask, intent, None, under_way) == [Say(ask.words("correction.sent"))]


async def test_what_is_being_placed_is_not_called_cancelled(store: Store) -> None:
    bot = Bot(store)
    ask = _ask(bot, Orders())
    card = await store.change(lambda tx: cards.save(tx, CARD))
    cancelled = await taps.cancel(ask, card, "cancel")
    placed = await taps.confirm_request(ask, card, "confirm")
    with pytest.raises(VersionChanged):
        await bot._after_tap(await _tap(store, "cancel"), ask, card, cancelled)
    await bot._after_tap(await _tap(store, "confirm"), ask, card, placed)
    assert (await _kept(store)).kind == "order"


async def test_what_was_cancelled_is_not_placed(store: Store) -> None:
    bot, voice = Bot(store), Orders()
    ask = _ask(bot, voice)
    card = await store.change(lambda tx: cards.save(tx, CARD))
    await bot._after_tap(await _tap(store, "cancel"), ask, card, await taps.cancel(ask, card, "cancel"))
    with pytest.raises(VersionChanged):
        await taps.confirm_request(ask, card, "confirm")
    assert not voice.asked
    assert (await _kept(store)).state == "cancelled"
