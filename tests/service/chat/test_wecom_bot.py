"""The channel `wecom-bot` against a gateway on this machine: words, cards, taps, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot.chat.errors import PayloadRejected, RateLimited, RecipientUnreachable, Transient
from bot.chat.platform import (
    Address,
    AddressKind,
    Answer,
    Card,
    CardState,
    Event,
    Image,
    ImageIn,
    Text,
    TextIn,
    UpdateResult,
)
from bot.chat.wecom_bot.channel import WecomBotChannel
from bot.chat.wecom_bot.connection import Timing
from tests.fakes.chat import ShownCard
from tests.fakes.wecom_bot import BOT, FakeWecomBot
from tests.service.chat.wecom_world import (
    Clock,
    MemoryLeases,
    RecordingSink,
    World,
    approval,
    settings_of,
    tools_of,
    until,
)

LISI = Address.direct("lisi")
QUICK = Timing(ping=0.2, call=1.0, lease=0.6, evicted=0.3, longest_evicted=0.6, pause=0.05, longest_pause=0.2)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[FakeWecomBot]:
    fake = FakeWecomBot()
    await fake.start(tmp_path)
    yield fake
    await fake.stop()


@pytest.fixture
async def world(gateway: FakeWecomBot) -> AsyncIterator[World]:
    clock = Clock()
    async with aiohttp.ClientSession() as session:
        settings = settings_of("WECOM_BOT", gateway.environment)
        channel = WecomBotChannel(settings, tools_of(session, clock), QUICK)
        sink = RecordingSink()
        await channel.start(sink)
        await gateway.bot_is_at("")
        await until(lambda: channel.health().connected)
        yield World(channel, sink, clock, session)
        await channel.stop()


def last_card(gateway: FakeWecomBot, chat: str) -> ShownCard:
    return [shown.card for shown in gateway.seen(chat) if shown.card][-1]


def decided(card: Card) -> Card:
    return replace(card, buttons=(), state=CardState.DONE, stamp="已同意 · 李四 14:05", fallback="")


def answering(answer: Answer | None, seconds: float = 0.0):  # type: ignore[no-untyped-def]
    async def answers(event: Event) -> Answer | None:
        await asyncio.sleep(seconds)
        return answer

    return answers


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
