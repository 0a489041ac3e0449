"""The DingTalk channel against the gateway: words in, card out, a tap, and what everybody sees of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.dingtalk import channel as channel_module
from bot.chat.platform import (
    Address,
    AddressKind,
    Answer,
    CardRef,
    CardState,
    ClickIn,
    Image,
    ImageIn,
    MessageRef,
    Text,
    TextIn,
    UpdateResult,
)
from tests.fakes.dingtalk import CARDS, MESSAGES, Scripted
from tests.service.chat.dingtalk_world import World, card, until, world

PUT = "PUT /v1.0/card/instances"
SEND = "POST /v1.0/robot/oToMessages/batchSend"
LISI = Address.direct("lisi")
DONE = card(state=CardState.DONE, stamp="已同意 · 李四 14:05")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 32


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def shown_card(here: World, user: str = "lisi") -> CardRef:
    reference = await here.channel.send(Address.direct(user), card(), "key-1")
    assert isinstance(reference, CardRef)
    return reference


async def approve(event: ClickIn) -> Answer:
    return Answer(DONE, "已同意")


async def test_words_of_a_direct_chat_come_in(here: World) -> None:
    await here.fake.say("zhangsan", "领用 A4纸 5包")
    (event,) = here.sink.events
    assert isinstance(event, TextIn)
    assert event.text == "领用 A4纸 5包"
    assert (event.platform, event.tenant, event.sender.user_id) == ("dingtalk", "dingcorp0001", "zhangsan")
    assert event.address == Address.direct("zhangsan")
    assert here.channel.health().last_inbound is not None


async def test_a_mention_in_a_group_comes_in_without_its_blank(here: World) -> None:
    await here.fake.say("zhangsan", "A4纸还有多少", group="cidGroup==")
    (event,) = here.sink.events
    assert isinstance(event, TextIn)
    assert event.text == "A4纸还有多少"
    assert event.address == Address(AddressKind.GROUP, "cidGroup==")


async def test_a_card_is_shown_with_its_words_and_buttons(here: World) -> None:
    await shown_card(here)
    (shown,) = here.fake.seen("lisi")
    assert shown.card is not None
    assert shown.card.title == "请审批 · 领用 LY1027"
    assert shown.card.buttons == {"approve": "同意", "reject": "拒绝"}
    for words in ("张三 · 行政部", "A4打印纸：−5 包:现存 320 → 315", "用途：新员工入职", "同意 1027"):
        assert words in shown.card.text


async def test_a_tap_is_answered_with_the_final_card_and_then_shown_to_everybody(here: World) -> None:
    await shown_card(here)
    here.sink.answer = approve
    (shown,) = here.fake.seen("lisi")
    assert shown.card is not None
    word = await here.fake.tap("lisi", shown.card, "approve")
    assert word == "已同意"
    mine = here.fake.drawn("card-1", "lisi")
    assert "已同意 · 李四 14:05" in mine.text
    assert mine.buttons == {}
    await until(lambda: "已同意 · 李四 14:05" in here.fake.drawn("card-1", "somebody else").text)
    tap = here.sink.events[-1]
    assert isinstance(tap, ClickIn)
    assert (tap.card_id, tap.action, tap.sender.user_id) == ("card-1", "approve", "lisi")


async def test_parameters_of_a_tap_are_read_where_an_older_page_puts_them(here: World) -> None:
    await shown_card(here)
    await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "reject", beside=True))
    tap = here.sink.events[-1]
    assert isinstance(tap, ClickIn)
    assert tap.action == "reject"


async def test_a_passing_word_without_a_card_is_seen_by_who_tapped_only(here: World) -> None:
    await shown_card(here)

    async def not_yours(event: ClickIn) -> Answer:
        return Answer(toast="这张卡片不是发给您的")

    here.sink.answer = not_yours
    await here.fake.push(CARDS, here.fake.tap_of("wangwu", "card-1", "approve"))
    assert "这张卡片不是发给您的" in here.fake.drawn("card-1", "wangwu").text
    assert "这张卡片不是发给您的" not in here.fake.drawn("card-1", "lisi").text
    assert here.fake.called(PUT) == []


async def test_a_stranger_who_taps_is_told_in_a_message(here: World) -> None:
    await shown_card(here)

    async def hint(event: ClickIn) -> Answer:
        return Answer(text="请先绑定账号")

    here.sink.answer = hint
    await here.fake.push(CARDS, here.fake.tap_of("wangwu", "card-1", "approve"))
    await until(lambda: [one.text for one in here.fake.seen("wangwu")] == ["请先绑定账号"])


async def test_a_late_decision_is_answered_in_time_and_shown_when_it_comes(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert channel_module.ANSWER_SECONDS < 2.0
    # A slow machine is no reason to be late.
    monkeypatch.setattr(channel_module, "ANSWER_SECONDS", 0.3)
    await shown_card(here)
    decided = asyncio.Event()

    async def slowly(event: ClickIn) -> Answer:
        await decided.wait()
        return Answer(DONE, "已同意")

    here.sink.answer = slowly
    answer = await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve"))
    assert answer is not None, "answered within the two seconds"
    assert json.loads(answer["data"]) == {"response": {}}
    assert here.fake.drawn("card-1", "lisi").buttons, "nothing was decided yet"
    decided.set()
    await until(lambda: not here.fake.drawn("card-1", "lisi").buttons)


async def test_a_card_is_not_updated_while_a_tap_on_it_waits_for_its_answer(here: World) -> None:
    reference = await shown_card(here)
    updates: list[asyncio.Task[object]] = []

    async def with_an_update(event: ClickIn) -> Answer:
        updates.append(asyncio.ensure_future(here.channel.update(reference, DONE)))
        await asyncio.sleep(0.3)
        assert here.fake.called(PUT) == []
        return Answer(DONE)

    here.sink.answer = with_an_update
    await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve"))
    await updates[0]
    await until(lambda: len(here.fake.called(PUT)) == 1)


async def test_a_card_is_replaced_any_time_later(here: World) -> None:
    reference = await shown_card(here)
    for _ in range(2):
        updated = await here.channel.update(reference, DONE)
        assert updated.result is UpdateResult.UPDATED
    shown = here.fake.drawn("card-1", "lisi")
    assert shown.buttons == {}
    assert "回复" not in shown.text


async def test_renewals_that_change_nothing_are_no_calls(here: World) -> None:
    reference = await shown_card(here)
    await asyncio.gather(*[here.channel.update(reference, DONE) for _ in range(5)])
    assert len(here.fake.called(PUT)) == 1
    here.sink.answer = approve
    await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve"))
    await until(lambda: len(here.fake.called(PUT)) == 2)


async def test_news_that_came_after_a_tap_are_not_undone_by_it(here: World) -> None:
    reference = await shown_card(here)

    async def work(event: ClickIn) -> Answer:
        return Answer(card(state=CardState.PROCESSING, stamp="处理中"))

    here.sink.answer = work
    await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve"))
    await here.channel.update(reference, DONE)
    await asyncio.sleep(2 * channel_module.AFTER_ANSWER)
    assert "已同意 · 李四 14:05" in here.fake.drawn("card-1", "wangwu").text
    assert "已同意 · 李四 14:05" in here.fake.drawn("card-1", "lisi").text
    assert len(here.fake.called(PUT)) == 1, "only the newest is shown"


async def test_what_was_drawn_last_is_shown_last(here: World) -> None:
    reference = await shown_card(here)
    drawings = [card(state=CardState.PROCESSING, stamp=f"第{number}次") for number in range(8)]
    here.fake.script(PUT, Scripted(200, delay=0.2, after=True))
    await asyncio.gather(*[here.channel.update(reference, drawing) for drawing in drawings])
    assert "第7次" in here.fake.drawn("card-1", "lisi").text


async def test_a_card_that_is_gone_cannot_be_replaced(here: World) -> None:
    reference = await shown_card(here)
    here.fake.cards.clear()
    assert (await here.channel.update(reference, DONE)).result is UpdateResult.EXPIRED


async def test_a_card_sent_again_is_shown_once(here: World) -> None:
    await shown_card(here)
    await shown_card(here)
    assert len(here.fake.seen("lisi")) == 1


async def test_a_card_goes_to_a_group(here: World) -> None:
    group = Address(AddressKind.GROUP, "cidGroup==")
    await here.channel.send(group, card(), "key")
    (shown,) = here.fake.seen("lisi", "cidGroup==")
    assert shown.card is not None


async def test_words_are_answered_without_a_counted_call_right_after_somebody_wrote(here: World) -> None:
    await here.fake.say("zhangsan", "帮助")
    await here.channel.send(Address.direct("zhangsan"), Text("您可以这样说"), "key")
    await here.channel.send(LISI, Text("请审批"), "key")
    assert [one.text for one in here.fake.seen("zhangsan")] == ["您可以这样说"]
    assert [body["userIds"] for body in here.fake.called(SEND)] == [["lisi"]]


async def test_words_go_by_a_call_when_the_way_to_reply_has_ended(here: World) -> None:
    await here.fake.say("zhangsan", "帮助")
    here.fake.sessions.clear()
    await here.channel.send(Address.direct("zhangsan"), Text("您可以这样说"), "key")
    assert [one.text for one in here.fake.seen("zhangsan")] == ["您可以这样说"]
    assert len(here.fake.called(SEND)) == 1


async def test_pictures_come_in_and_are_fetched(here: World) -> None:
    here.fake.pictures["code-1"] = PNG
    said = {"msgtype": "picture", "content": {"downloadCode": "code-1"}}
    await here.fake.push(MESSAGES, here.fake.message("zhangsan", said))
    (event,) = here.sink.events
    assert isinstance(event, ImageIn)
    media = await here.channel.fetch(event.media)
    assert (media.data, media.media_type) == (PNG, "image/png")


async def test_rich_text_comes_in_as_its_words_and_its_pictures(here: World) -> None:
    parts = [{"text": "这是 "}, {"downloadCode": "one"}, {"text": "A4纸"}, {"downloadCode": "two"}]
    said = {"msgtype": "richText", "content": {"richText": parts}}
    await here.fake.push(MESSAGES, here.fake.message("zhangsan", said))
    text, *pictures = here.sink.events
    assert isinstance(text, TextIn)
    assert text.text == "这是 A4纸"
    assert [event.media.data["download_code"] for event in pictures if isinstance(event, ImageIn)] == [
        "one",
        "two",
    ]
    assert len({event.dedupe_key for event in here.sink.events}) == 3


async def test_a_picture_goes_out(here: World) -> None:
    await here.channel.send(LISI, Image(PNG, "image/png", "货架"), "key")
    (shown,) = here.fake.seen("lisi")
    assert here.fake.uploaded[shown.text] == PNG


async def test_without_a_template_a_card_is_words_with_the_commands_to_type(tmp_path: Path) -> None:
    async with world(tmp_path, card_template_id="") as here:
        assert not here.channel.capabilities.buttons
        reference = await shown_card(here)
        (shown,) = here.fake.seen("lisi")
        for words in ("请审批 · 领用 LY1027", "现存 320 → 315", "同意 1027 / 拒绝 1027"):
            assert words in shown.text
        assert (await here.channel.update(reference, DONE)).result is UpdateResult.UNSUPPORTED


async def test_a_reference_of_a_message_is_kept_for_a_card(here: World) -> None:
    known = await shown_card(here)
    assert here.channel.joined(known, CardRef("dingtalk", {"card": "other"})) == known
    assert isinstance(known, MessageRef)
