"""The journey in a real browser: a phone and a desk, live cards, another person's page open beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.journey.page import NARROW, PATIENCE, WIDE, ChatPage, browser_program, started_browser
from tests.journey.system import System

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(browser_program() is None, reason="MISSING: chromium on this machine"),
]


@pytest.fixture
async def browser_window() -> AsyncIterator[Browser]:
    async with started_browser() as browser:
        yield browser


@asynccontextmanager
async def opened(
    browser: Browser, system: System, person: str, size: tuple[int, int]
) -> AsyncIterator[ChatPage]:
    """A person's page that complains about nothing and fetches from this machine only."""
    chat = await ChatPage.open(browser, system.url, person=person, size=size)
    try:
        await chat.ready()
        yield chat
        assert chat.complaints == []
        assert {urlsplit(url).netloc for url in chat.requests if not url.startswith("data:")} == {
            urlsplit(system.url).netloc
        }
    finally:
        await chat.close()


async def number_of(chat: ChatPage, sentence: str) -> str:
    """Say a sentence, confirm the card, answer with the name of the order."""
    # Orders of other tests may still be under way.
    under_way = chat.cards("LY", "processing")
    before = await under_way.count()
    await chat.say(sentence)
    card = await chat.last_card("请确认")
    await chat.tap(card, "confirm")
    await expect(under_way).to_have_count(before + 1, timeout=PATIENCE)
    words = await under_way.last.inner_text()
    return next(word for word in words.split() if word.startswith("LY"))


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["390", "1280"])
async def test_everybody_sees_the_journey_happen_without_reloading(
    browser_window: Browser, system: System, size: tuple[int, int]
) -> None:
    before = await asyncio.to_thread(system.stock, "BG-001")
    async with (
        opened(browser_window, system, "zhangsan", size) as zhangsan,
        opened(browser_window, system, "lixia", size) as lixia,
    ):
        order = await number_of(zhangsan, "领5包A4纸 用于投标")
        nothing_turns = zhangsan.cards(order).locator(".stamp, .spinner")
        assert await nothing_turns.count() == 0, "it waits for a person, nothing is at work"
        # The other page was open all the while: the card comes to it by itself.
        asking = await lixia.last_card(order)
        rows = await lixia.rows(asking)
        assert "投标" in rows["用途"]
        assert any("315" in value or "−5 包" in value for value in rows.values())
        await lixia.tap(asking, "approve")
        await expect(lixia.cards(order, "done").last).to_be_visible(timeout=PATIENCE)
        await expect(zhangsan.bubbles(f"{order} 已批准")).to_be_visible(timeout=PATIENCE)
        # The keeper's part, by switching persons on the manager's page.
        await lixia.become("zhaoliu")
        picking = await lixia.last_card(order)
        await lixia.tap(picking, "hand_over")
        await expect(lixia.cards(order, "done").last).to_be_visible(timeout=PATIENCE)
        mine = zhangsan.cards(order, "done").last
        await expect(mine).to_contain_text("已发料", timeout=PATIENCE)
        await expect(zhangsan.bubbles(f"{order} 已发料完成")).to_be_visible(timeout=PATIENCE)
        # Cards change in place: one for the order, and nothing left to tap on it.
        assert await zhangsan.cards(order).count() == 1
        assert await mine.locator("[data-action]").count() == 0
        await expect(mine).to_be_in_viewport()
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert await zhangsan.page.evaluate(wide) <= 0, "nothing sticks out sideways"
        await lixia.become("lixia")
        await expect(lixia.cards(order, "done").last).to_contain_text("已发料", timeout=PATIENCE)
    after = await asyncio.to_thread(system.stock, "BG-001")
    assert after["on_hand"] == before["on_hand"] - 5


async def test_the_page_comes_back_by_itself_when_the_bot_was_killed(
    browser_window: Browser, system: System
) -> None:
    async with opened(browser_window, system, "zhangsan", NARROW) as zhangsan:
        order = await number_of(zhangsan, "领6包A4纸")
        lixia = system.person("lixia")
        card = await asyncio.to_thread(lixia.gets, order, "reject")
        killed = await asyncio.to_thread(system.kill, "bot")
        await asyncio.to_thread(system.wait_restarted, "bot", killed)
        # What happens from now on has to come to the page without anybody reloading it.
        await asyncio.to_thread(lixia.taps, card, "reject")
        await expect(zhangsan.cards(order, "refused").last).to_be_visible(timeout=4 * PATIENCE)
        await zhangsan.ready()
        await expect(zhangsan.bubbles(f"{order} 被 李霞 拒绝了")).to_be_visible(timeout=PATIENCE)
        assert await zhangsan.bubbles(f"{order} 被 李霞 拒绝了").count() == 1
        assert await zhangsan.cards(order).count() == 1
        await zhangsan.say("A4纸还有多少")
        await expect(zhangsan.cards("A4打印纸 库存").last).to_be_visible(timeout=PATIENCE)


async def test_a_sentence_said_while_the_bot_is_away_arrives_once(
    browser_window: Browser, system: System
) -> None:
    async with opened(browser_window, system, "sunli", WIDE) as sunli:
        killed = await asyncio.to_thread(system.kill, "bot")
        await sunli.composer.fill("订书钉还有多少")
        await sunli.composer.press("Enter")
        await asyncio.to_thread(system.wait_restarted, "bot", killed)
        await expect(sunli.cards("订书钉 库存").last).to_be_visible(timeout=4 * PATIENCE)
        assert await sunli.said("订书钉还有多少").count() == 1
        assert await sunli.cards("订书钉 库存").count() == 1


async def test_a_choice_is_made_and_confirmed_on_a_phone(browser_window: Browser, system: System) -> None:
    async with opened(browser_window, system, "hefeng", NARROW) as hefeng:
        await hefeng.say("领 螺栓 40个")
        choice = await hefeng.last_card("是哪一个")
        await hefeng.tap(choice, "choose_1")
        confirm = await hefeng.last_card("请确认")
        assert "−40 个" in (await hefeng.rows(confirm)).get("内六角螺栓M8", "") + await confirm.inner_text()
        await hefeng.tap(confirm, "cancel")
        await expect(hefeng.cards("请确认", "closed").last).to_be_visible(timeout=PATIENCE)
