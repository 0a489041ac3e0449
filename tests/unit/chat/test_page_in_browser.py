"""The page in a real browser: what a person sees, types and taps, against a conversation in memory."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from playwright.async_api import Browser, expect

from bot.chat.errors import Overloaded
from bot.chat.local import card_reference
from bot.chat.platform import (
    Address,
    Answer,
    Button,
    Card,
    CardState,
    Change,
    ClickIn,
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


async def test_an_amount_of_the_same_figure_is_no_part_of_the_effect(chat: ChatPage, world: World) -> None:
    line = Line("鼠标", "−6 个:现存 6 → 0 · 可用 0 个", Change("6", "0"))
    await world.channel.send(PERSON, Card(id="last", title="领用", lines=(line,)), "last")
    words = chat.cards("领用").locator(".change-words")
    await expect(words).to_have_text(["−6 个:现存", "可用 0 个"])
    await expect(words.locator(".change-amount")).to_have_text("−6 个")


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


ASKING = Card(
    id="card-2",
    title="审批 LY1027",
    lines=(Line("申请人", "张三"),),
    buttons=(
        Button("approve", "同意", Tone.PRIMARY),
        Button("reject", "拒绝", Tone.DANGER, "拒绝原因(可不填)"),
    ),
    fallback="也可以回复「同意 1027」或「拒绝 1027 原因」",
)


async def test_a_button_that_asks_for_words_unfolds_and_sends_them_along(
    chat: ChatPage, world: World
) -> None:
    await world.channel.send(PERSON, ASKING, "card")
    card = await chat.last_card("审批")
    await expect(card.locator(".fallback")).to_have_text(ASKING.fallback)
    await card.locator('[data-action="reject"]').click()
    words = card.get_by_label("拒绝原因(可不填)")
    await expect(words).to_be_focused()
    assert world.sink.heard == {}, "nothing is decided before it is sent"
    await chat.page.keyboard.press("Escape")
    await expect(words).to_have_count(0)
    await card.locator('[data-action="reject"]').click()
    await words.fill("预算没批")
    # The card is drawn anew with other figures: neither the words nor the place to write are lost.
    await world.channel.update(card_reference("zhangsan", "card-2"), replace(ASKING, subtitle="新的数字"))
    await expect(card.get_by_text("新的数字")).to_be_visible()
    await expect(words).to_have_value("预算没批")
    await expect(words).to_be_focused()
    world.sink.reply = lambda _: Answer(card=replace(ASKING, buttons=(), state=CardState.REFUSED))
    await chat.page.keyboard.press("Enter")
    refused = await chat.last_card("审批", "refused")
    await expect(refused.locator(".stamp")).to_be_visible()
    [event] = world.sink.heard.values()
    assert isinstance(event, ClickIn)
    assert (event.action, event.text) == ("reject", "预算没批")
    await expect(refused.locator(".fallback")).to_have_count(0)


async def test_a_long_conversation_keeps_only_its_end_on_the_page_and_brings_the_rest_back(
    world: World, browser_window: Browser
) -> None:
    for number in range(30):
        await world.channel.send(PERSON, Text(f"旧消息 {number}"), f"old-{number}")
    page = await ChatPage.open(browser_window, world.url, person="zhangsan")
    await page.ready()
    for number in range(400):
        await world.channel.send(PERSON, Text(f"消息 {number}"), f"new-{number}")
    await expect(page.bubbles("消息 399")).to_be_visible()
    assert await page.page.locator("#log .entry").count() <= 160
    await expect(page.bubbles("消息 399")).to_be_in_viewport()
    before = await page.page.locator("#log .entry").count()
    await page.page.get_by_role("button", name="更早的消息").click()
    await page.page.wait_for_function(f"document.querySelectorAll('#log .entry').length > {before}")
    shown = await page.page.locator("#log .entry .bubble").all_inner_texts()
    assert shown == [f"消息 {number}" for number in range(400 - len(shown), 400)], "no gap and no repeat"
    assert page.complaints == []


async def test_the_rest_of_what_can_be_written_is_counted(chat: ChatPage) -> None:
    field, count = chat.page.locator("#text"), chat.page.locator(".count")
    await field.fill("很" * 300)
    await expect(count).to_be_hidden()
    await field.fill("很" * 480)
    await expect(count).to_have_text("还能写 20 个字")
    await field.press_sequentially("很" * 30)
    await expect(count).to_have_text("一次最多 500 个字,请分开说")
    assert len(await field.input_value()) == 500


async def test_a_used_link_says_what_to_do_now(world: World, browser_window: Browser) -> None:
    window = await browser_window.new_context(locale="zh-CN")
    page = await window.new_page()
    await page.goto(f"{world.url}/sign-in/used")
    await expect(page.get_by_role("heading")).to_have_text("这个登录链接不能再用")
    await expect(page.get_by_text("网页登录")).to_be_visible()
    await page.get_by_role("button", name="重新打开").click()
    await expect(page.locator("#app")).to_be_visible()
    await window.close()
