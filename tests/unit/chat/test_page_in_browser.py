"""The page in a real browser: what a person sees, types and taps, against a conversation in memory."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from bot.chat.errors import Overloaded
from bot.chat.platform import (
    Address,
    Answer,
    Button,
    Card,
    CardState,
    Change,
    EnterIn,
    Event,
    Line,
    Text,
    Tone,
)
from tests.journey.page import NARROW, WIDE, ChatPage, browser_program, started_browser
from tests.unit.chat.conftest import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser_program() is None, reason="no chromium on this machine"),
]

PERSON = Address.direct("zhangsan")
CARD = Card(
    id="card-1",
    title="确认领用",
    lines=(Line("物料", "A4打印纸"), Line("现存", "320 → 315 包", Change("320", "315"))),
    buttons=(Button("confirm", "确认", Tone.PRIMARY), Button("cancel", "取消")),
)
DONE = Card(id="card-1", title="确认领用", lines=CARD.lines, state=CardState.DONE, stamp="已完成 · 赵六")


@pytest.fixture
async def browser_window() -> AsyncIterator[Browser]:
    async with started_browser() as browser:
        yield browser


@pytest.fixture
async def chat(world: World, browser_window: Browser) -> AsyncIterator[ChatPage]:
    """张三 in front of the page, one greeting in the conversation."""
    await world.channel.send(PERSON, Text("您好"), "hello")
    page = await ChatPage.open(browser_window, world.url, person="zhangsan")
    await page.ready()
    yield page
    assert page.complaints == []


async def test_a_sentence_is_sent_with_enter_and_answered_live(chat: ChatPage, world: World) -> None:
    await chat.say("打印纸还剩多少")
    await expect(chat.page.locator(".dots")).to_be_visible()
    await world.channel.send(PERSON, Text("现存 320 包"), "answer")
    await expect(chat.bubbles("现存 320 包")).to_be_visible()
    await expect(chat.page.locator(".dots")).to_have_count(0)
    assert [getattr(event, "text", "") for event in world.sink.heard.values()] == ["打印纸还剩多少"]


async def test_words_never_become_markup(chat: ChatPage, world: World) -> None:
    evil = "<img src=x onerror=document.title='owned'><b>x</b>"
    await chat.say(evil)
    card = Card(
        id="evil", title=evil, subtitle=evil, lines=(Line(evil, evil),), buttons=(Button("ok", evil),)
    )
    await world.channel.send(PERSON, card, "evil")
    await expect(chat.cards(evil)).to_be_visible()
    assert await chat.page.locator("#log img, #log b").count() == 0
    assert await chat.page.title() == "库管"


async def test_a_card_shows_the_effect_and_changes_in_place_when_tapped(chat: ChatPage, world: World) -> None:
    await world.channel.send(PERSON, CARD, "card")
    card = await chat.last_card("确认领用")
    assert await chat.rows(card) == {"物料": "A4打印纸", "现存": "320 → 315 包"}
    await expect(card.locator(".change-after")).to_have_text("315")
    world.sink.reply = lambda _: Answer(card=DONE, toast="已提交")
    await chat.tap(card, "confirm")
    await expect(chat.toasts).to_have_text("已提交")
    done = await chat.last_card("确认领用", "done")
    await expect(done.locator(".stamp")).to_have_text("已完成 · 赵六")
    await expect(done.locator("button")).to_have_count(0)
    await expect(chat.cards()).to_have_count(1)
    # Whoever uses the keyboard is not thrown out of the card.
    assert await chat.page.evaluate("document.activeElement.dataset.card") == "card-1"


async def test_a_double_tap_is_one_tap(chat: ChatPage, world: World) -> None:
    await world.channel.send(PERSON, CARD, "card")
    card = await chat.last_card("确认领用")
    await card.locator('[data-action="confirm"]').dblclick()
    await expect(chat.page.locator('[data-action="confirm"][aria-busy="true"]')).to_be_visible()
    await asyncio.sleep(0.2)
    assert len(world.sink.heard) == 1


async def test_enter_that_picks_a_word_of_an_input_method_does_not_send(chat: ChatPage, world: World) -> None:
    await chat.composer.fill("lingyong")
    for detail in ("isComposing: true, keyCode: 229", "isComposing: false, keyCode: 229"):
        await chat.composer.evaluate(
            "(node) => node.dispatchEvent(new KeyboardEvent('keydown', "
            f"{{key: 'Enter', bubbles: true, cancelable: true, {detail}}}))"
        )
    assert await chat.composer.input_value() == "lingyong"
    assert world.sink.heard == {}


async def test_the_keyboard_breaks_lines_and_brings_back_the_last_sentence(chat: ChatPage) -> None:
    await chat.composer.fill("一")
    await chat.composer.press("Shift+Enter")
    await chat.composer.type("二")
    assert await chat.composer.input_value() == "一\n二"
    await chat.composer.press("Enter")
    await chat.say("第二句")
    await chat.composer.press("ArrowUp")
    assert await chat.composer.input_value() == "第二句"
    await chat.composer.press("ArrowUp")
    assert await chat.composer.input_value() == "一\n二"
    await chat.composer.press("ArrowDown")
    await chat.composer.press("ArrowDown")
    assert await chat.composer.input_value() == ""


async def test_shortcuts_start_a_sentence_or_say_it(chat: ChatPage, world: World) -> None:
    await chat.page.get_by_role("button", name="查库存").click()
    assert await chat.composer.input_value() == "查 "
    await chat.page.get_by_role("button", name="待我审批").click()
    await expect(chat.said("待我审批")).to_be_visible()


async def test_a_cut_connection_is_announced_and_everything_follows_once(
    chat: ChatPage, world: World
) -> None:
    await chat.context.set_offline(True)
    await chat.say("离线时说的")
    await expect(chat.banner).to_be_visible()
    await expect(chat.page.locator(".delivery-waiting")).to_be_visible()
    await world.channel.send(PERSON, Text("离线时收到的"), "meanwhile")
    await chat.context.set_offline(False)
    await expect(chat.bubbles("离线时收到的")).to_be_visible()
    await expect(chat.page.locator(".delivery-waiting")).to_have_count(0)
    await expect(chat.banner).to_be_hidden()
    await expect(chat.said("离线时说的")).to_have_count(1)
    assert len(world.sink.heard) == 1


async def test_unsent_words_survive_a_reload(chat: ChatPage, world: World) -> None:
    world.sink.failure = Overloaded(1)
    await chat.say("太忙的时候说的")
    await expect(chat.page.locator(".delivery-failed")).to_contain_text("太忙")
    world.sink.failure = None
    await chat.page.reload()
    await chat.ready()
    await expect(chat.said("太忙的时候说的")).to_have_count(1)
    await expect(chat.page.locator(".pending")).to_have_count(0)
    assert len(world.sink.heard) == 1


async def test_a_refused_sentence_can_be_tried_again(chat: ChatPage, world: World) -> None:
    world.sink.failure = Overloaded(1)
    await chat.say("再试一次")
    world.sink.failure = None
    await chat.page.get_by_role("button", name="重试").click()
    await expect(chat.page.locator(".pending")).to_have_count(0)
    assert len(world.sink.heard) == 1


async def test_each_tab_is_somebody_and_badges_tell_of_the_others(chat: ChatPage, world: World) -> None:
    await world.channel.send(Address.direct("lixia"), CARD, "approval")
    badge = chat.page.locator('[data-person="lixia"] .badge')
    await expect(badge).to_have_text("1")
    second = ChatPage(chat.context, await chat.context.new_page())
    await second.page.goto(world.url)
    await second.become("lixia")
    await expect(second.page.locator(".persona.current .persona-name")).to_have_text("Li Xia")
    await expect(second.composer).to_have_attribute("placeholder", re.compile("^Say"))
    await chat.say("我还是张三")
    assert [event.sender.user_id for event in world.sink.heard.values()] == ["zhangsan"]


async def test_the_language_of_the_page_follows_the_person(chat: ChatPage) -> None:
    await chat.page.locator('[data-language="en"]').locator("visible=true").click()
    await expect(chat.page.get_by_role("button", name="My approvals")).to_be_visible()
    assert await chat.page.evaluate("document.documentElement.lang") == "en"
    frame = await chat.page.locator(".side, .header, .dock").all_inner_texts()
    assert re.findall(r"[\u4e00-\u9fff]+", "".join(frame)) == ["中文"]


async def test_a_newcomer_is_welcomed(world: World, browser_window: Browser) -> None:
    def reply(event: Event) -> Answer | None:
        return Answer(text="我是库管,说一句话就行。") if isinstance(event, EnterIn) else None

    world.sink.reply = reply
    page = await ChatPage.open(browser_window, world.url, person="zhangsan", size=NARROW)
    await expect(page.bubbles("我是库管")).to_be_visible()


async def test_a_page_whose_server_lost_its_memory_starts_over(chat: ChatPage, world: World) -> None:
    await world.channel.send(PERSON, CARD, "card")
    await chat.last_card("确认领用")
    await chat.context.set_offline(True)
    await expect(chat.banner).to_be_visible()
    world.conversation.forget("zhangsan")
    await world.channel.send(PERSON, Text("新的开始"), "new")
    await chat.context.set_offline(False)
    await expect(chat.bubbles("新的开始")).to_be_visible()
    await expect(chat.cards()).to_have_count(0)


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_everything_can_be_read_in_both_themes(
    world: World, browser_window: Browser, size: tuple[int, int], theme: str
) -> None:
    for number, state in enumerate(CardState):
        card = Card(
            id=f"c{number}", title="确认领用", subtitle="主仓库", lines=CARD.lines,
            buttons=(*CARD.buttons, Button("reject", "拒绝", Tone.DANGER)), state=state, stamp="处理结果",
        )  # fmt: skip
        await world.channel.send(PERSON, card, f"k{number}")
    page = await ChatPage.open(
        browser_window, world.url, person="zhangsan", size=size, theme="dark" if theme == "dark" else "light"
    )
    await page.ready()
    await page.say("领5包A4纸")
    assert await page.page.evaluate(CONTRASTS) == []
    # Nothing is wider than the screen.
    assert await page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints == []


# Every piece of text against the nearest painted ground behind it: WCAG AA asks for 4.5, large text for 3.
CONTRASTS = """() => {
  const parse = (color) => {
    const canvas = document.createElement('canvas');
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    pen.fillStyle = color; pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const part = (byte) => {
      const value = byte / 255;
      return value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4;
    };
    return .2126 * part(r) + .7152 * part(g) + .0722 * part(b);
  };
  const ground = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const color = parse(getComputedStyle(each).backgroundColor);
      if (color[3] > 200) return color;
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    const words = walker.currentNode.data.trim();
    if (!words || !node.getClientRects().length || node.closest('.unseen, .pending, noscript')) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(parse(style.color)), light(ground(node))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const large = parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 600;
    if (ratio < (large ? 3 : 4.5)) poor.push(`${node.className} ${words} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
