"""The channel `wecom` against a WeCom on this machine: words in, cards out, taps, updates, and its faults."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.chat.platform import (
    Address,
    Answer,
    Card,
    CardRef,
    EnterIn,
    Event,
    TextIn,
    UpdateResult,
)
from tests.fakes.wecom import CORP, FakeWecom
from tests.service.chat.wecom_world import (
    Clock,
    World,
    answering,
    app_world,
    approval,
    decided,
    last_card,
    until,
)

LISI = Address.direct("lisi")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def wecom(tmp_path: Path, clock: Clock) -> AsyncIterator[FakeWecom]:
    fake = FakeWecom(clock.seconds)
    await fake.start(tmp_path)
    yield fake
    await fake.stop()


@pytest.fixture
async def world(wecom: FakeWecom, clock: Clock) -> AsyncIterator[World]:
    async with app_world(wecom, clock) as world:
        yield world


async def sent(world: World, card: Card, key: str = "key-1") -> CardRef:
    reference = await world.channel.send(LISI, card, key)
    assert isinstance(reference, CardRef)
    return reference


# ---------------------------------------------------------------- the journey of a card


async def test_words_come_in_once_with_who_said_them(world: World, wecom: FakeWecom) -> None:
    await wecom.say("ZhangSan", "领5包A4纸 <用于> 投标 & 其他")
    (heard,) = world.sink.heard
    assert isinstance(heard, TextIn)
    assert heard.text == "领5包A4纸 <用于> 投标 & 其他"
    assert (heard.platform, heard.tenant, heard.sender.user_id) == ("wecom", CORP, "ZhangSan")
    assert heard.sender.alternate_ids == ("zhangsan",)
    assert heard.address == Address.direct("ZhangSan")


async def test_a_card_is_tapped_and_the_clickers_copy_shows_the_outcome(
    world: World, wecom: FakeWecom
) -> None:
    await sent(world, approval())
    card = last_card(wecom, "lisi")
    assert card.buttons == {"approve": "同意", "reject": "拒绝"}
    assert "A4打印纸: −5 包:现存 320 → 315" in card.text
    assert "同意 1027" in card.text
    world.sink.answers = answering(Answer(decided(approval()), "已同意"))
    await wecom.tap("lisi", card, "approve")
    (click,) = world.sink.clicks
    assert (click.card_id, click.action) == ("card-1", "approve")
    shown = last_card(wecom, "lisi")
    assert shown.buttons == {}
    assert "已同意 · 李四 14:05" in shown.text


async def test_every_code_of_a_card_replaces_it_once(world: World, wecom: FakeWecom) -> None:
    known = await sent(world, approval())
    await wecom.tap("lisi", last_card(wecom, "lisi"), "approve")
    fresh = world.sink.clicks[0].card_ref
    assert fresh is not None
    reference = world.channel.joined(known, fresh)
    for number in (1, 2):
        card = replace(decided(approval()), stamp=f"已同意 {number}")
        updated = await world.channel.update(reference, card)
        assert updated.result is UpdateResult.UPDATED
        assert f"已同意 {number}" in last_card(wecom, "lisi").text
        reference = updated.reference
    over = await world.channel.update(reference, replace(decided(approval()), stamp="3"))
    assert over.result is UpdateResult.EXPIRED


async def test_a_code_is_over_after_72_hours(world: World, wecom: FakeWecom) -> None:
    reference = await sent(world, approval())
    world.clock.turn(hours=72, seconds=1)
    updated = await world.channel.update(reference, decided(approval()))
    assert updated.result is UpdateResult.EXPIRED


async def test_a_code_that_was_spent_elsewhere_is_passed_over(world: World, wecom: FakeWecom) -> None:
    reference = await sent(world, approval())
    await world.channel.update(reference, replace(decided(approval()), stamp="1"))
    updated = await world.channel.update(reference, replace(decided(approval()), stamp="2"))
    assert updated.result is UpdateResult.EXPIRED


async def test_an_outcome_that_takes_long_comes_with_the_clicks_own_code(
    world: World, wecom: FakeWecom
) -> None:
    await sent(world, approval())
    gate = asyncio.Event()

    async def slowly(event: Event) -> Answer | None:
        await gate.wait()
        return Answer(decided(approval()), "已同意")

    world.sink.answers = slowly
    await wecom.tap("lisi", last_card(wecom, "lisi"), "approve")
    assert last_card(wecom, "lisi").buttons == {}, "the buttons are grey while the outcome is awaited"
    gate.set()
    await until(lambda: "已同意 · 李四" in last_card(wecom, "lisi").text)
    assert len(wecom.seen("lisi")) == 1


async def test_a_refusal_without_a_card_is_said(world: World, wecom: FakeWecom) -> None:
    await sent(world, approval())
    world.sink.answers = answering(Answer(toast="这张卡片不是发给您的"))
    await wecom.tap("lisi", last_card(wecom, "lisi"), "approve")
    await until(lambda: wecom.seen("lisi")[-1].text == "这张卡片不是发给您的")


async def test_opening_the_app_welcomes_once(world: World, wecom: FakeWecom) -> None:
    world.sink.answers = answering(Answer(text="您好"))
    await wecom.enter("lisi")
    world.clock.turn(hours=3)
    await wecom.enter("lisi")
    (entered,) = world.sink.heard
    assert isinstance(entered, EnterIn)


async def test_the_grey_button_of_a_card_that_is_over_leads_to_nothing(
    world: World, wecom: FakeWecom
) -> None:
    await sent(world, approval())
    assert await wecom.click("lisi", last_card(wecom, "lisi").key, "-") == (200, "")
    assert world.sink.heard == []


async def test_what_has_nothing_to_tap_is_text_and_what_is_over_a_card(
    world: World, wecom: FakeWecom
) -> None:
    sheet = replace(approval(), buttons=(), fallback="")
    await sent(world, sheet, "1")
    (figures,) = wecom.seen("lisi")
    assert figures.card is None
    assert "A4打印纸: −5 包:现存 320 → 315" in figures.text
    await sent(world, decided(approval()), "2")
    over = last_card(wecom, "lisi")
    assert over.buttons == {}
    assert "已同意 · 李四 14:05" in over.text
