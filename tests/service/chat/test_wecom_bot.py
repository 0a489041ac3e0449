"""The channel `wecom-bot` against a gateway on this machine: words, cards, taps, and what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.platform import (
    Address,
    AddressKind,
    Answer,
    TextIn,
    UpdateResult,
)
from tests.fakes.wecom_bot import BOT, FakeWecomBot
from tests.service.chat.wecom_world import (
    World,
    answering,
    approval,
    bot_world,
    decided,
    last_card,
    until,
)

LISI = Address.direct("lisi")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[FakeWecomBot]:
    fake = FakeWecomBot()
    await fake.start(tmp_path)
    yield fake
    await fake.stop()


@pytest.fixture
async def world(gateway: FakeWecomBot) -> AsyncIterator[World]:
    async with bot_world(gateway) as world:
        yield world


# ---------------------------------------------------------------- the journey of a card


async def test_words_come_in_with_who_said_them_and_where(world: World, gateway: FakeWecomBot) -> None:
    await gateway.say("lisi", "领5包A4纸")
    await gateway.say("wo-opaque", "查库存 @张三", group="wr-group")
    await until(lambda: len(world.sink.heard) == 2)
    direct, group = world.sink.heard
    assert isinstance(direct, TextIn)
    assert isinstance(group, TextIn)
    assert (direct.platform, direct.tenant, direct.sender.user_id) == ("wecom-bot", BOT, "lisi")
    assert (direct.text, direct.address) == ("领5包A4纸", LISI)
    assert (group.text, group.address) == ("查库存 @张三", Address(AddressKind.GROUP, "wr-group"))


@pytest.mark.parametrize("nested", [True, False], ids=["nested", "flat"])
async def test_a_card_is_tapped_and_replaced_within_five_seconds(
    world: World, gateway: FakeWecomBot, nested: bool
) -> None:
    gateway.nested_clicks = nested
    await gateway.say("lisi", "你好")
    await world.channel.send(LISI, approval(), "key-1")
    card = last_card(gateway, "lisi")
    assert card.buttons == {"approve": "同意", "reject": "拒绝"}
    world.sink.answers = answering(Answer(decided(approval()), "已同意"))
    await gateway.tap("lisi", card, "approve")
    (click,) = world.sink.clicks
    assert (click.card_id, click.action) == ("card-1", "approve")
    shown = last_card(gateway, "lisi")
    assert shown.buttons == {}
    assert "已同意 · 李四 14:05" in shown.text
    assert click.card_ref is not None
    later = await world.channel.update(click.card_ref, decided(approval()))
    assert later.result is UpdateResult.UNSUPPORTED


async def test_the_dead_button_of_a_card_that_is_over_is_swallowed(
    world: World, gateway: FakeWecomBot
) -> None:
    await gateway.say("lisi", "你好")
    await world.channel.send(LISI, approval(), "key-1")
    world.sink.answers = answering(Answer(decided(approval())))
    await gateway.tap("lisi", last_card(gateway, "lisi"), "approve")
    copy = gateway.chats["lisi"][-1]
    assert not isinstance(copy, str | bytes)
    await gateway.click("lisi", copy, "-")
    await gateway.say("lisi", "然后")
    await until(lambda: any(isinstance(one, TextIn) and one.text == "然后" for one in world.sink.heard))
    assert len(world.sink.clicks) == 1
