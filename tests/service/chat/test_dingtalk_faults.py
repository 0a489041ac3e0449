"""What goes wrong with the stream and its pushes, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.chat.dingtalk import DingTalkChannel
from bot.chat.dingtalk import channel as channel_module
from bot.chat.dingtalk.account import Account
from bot.chat.errors import (
    ChannelError,
    Overloaded,
)
from bot.chat.platform import Address, Answer, CardRef, CardState, ClickIn, Text, TextIn
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from tests.fakes.dingtalk import CARDS, MESSAGES, Scripted
from tests.service.chat.dingtalk_world import NoLeases, World, card, until, world

SEND = "POST /v1.0/robot/oToMessages/batchSend"
OPEN = "POST /v1.0/gateway/connections/open"
LISI = Address.direct("lisi")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect again at once."""
    monkeypatch.setattr(channel_module, "FIRST_PAUSE", 0.02)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


def said(text: str) -> dict[str, object]:
    return {"msgtype": "text", "text": {"content": text}}


# ---------------------------------------------------------------- the stream


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_a_stream_that_ends_is_opened_again_with_a_new_ticket(here: World, code: int) -> None:
    await here.fake.close(code)
    await until(lambda: not here.channel.health().connected or len(here.fake.called(OPEN)) == 2)
    await here.fake.say("zhangsan", "还在吗")
    assert here.sink.texts == ["还在吗"]
    assert len(here.fake.called(OPEN)) == 2


async def test_a_stream_whose_end_is_announced_is_replaced_while_it_still_delivers(here: World) -> None:
    (old,) = here.fake.sockets
    await here.fake.announce_end(close_after=None)
    late = here.fake.frame("CALLBACK", MESSAGES, here.fake.message("zhangsan", said("最后一句")), "late")
    acknowledged = here.fake.waiting["late"] = asyncio.get_running_loop().create_future()
    await old.send_str(late)
    assert (await asyncio.wait_for(acknowledged, 10))["code"] == 200
    await here.fake.say("zhangsan", "第一句")
    assert here.sink.texts == ["最后一句", "第一句"]
    await old.close()
    await until(lambda: here.channel.health().connected)


async def test_a_stream_that_answers_no_ping_is_given_up(tmp_path: Path) -> None:
    async with world(tmp_path, heartbeat=0.2) as here:
        here.fake.answers_pings = False
        await here.fake.close(1000)
        await here.fake.until_connected()
        opened = len(here.fake.called(OPEN))
        # It is given up, and so is the next one; the last of them may still be deaf when pings are answered.
        await until(lambda: len(here.fake.called(OPEN)) > opened + 1)
        here.fake.answers_pings = True
        await until(lambda: here.channel.health().connected)


async def test_wrong_credentials_are_shown_and_tried_again(tmp_path: Path) -> None:
    async with world(tmp_path) as here:
        here.fake.client_secret = "another"
        await here.fake.close(1000)
        await until(lambda: "authFailed" in here.channel.health().last_error)
        assert not here.channel.health().connected


async def test_trouble_with_the_gateway_is_tried_again(here: World) -> None:
    here.fake.script(
        OPEN,
        Scripted(status=500),
        Scripted(status=200, body={"endpoint": "http://127.0.0.1/", "ticket": "t"}),
        Scripted(status=200, raw=b"<html>"),
        Scripted(cut=True),
    )
    await here.fake.close(1011)
    await here.fake.say("zhangsan", "还在吗")
    assert here.sink.texts == ["还在吗"]


async def test_no_ticket_and_no_secret_is_ever_logged(tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with world(tmp_path) as here:
            here.fake.script(
                OPEN,
                Scripted(
                    status=200, body={"endpoint": f"ws://127.0.0.1:{here.fake.port}/no", "ticket": "hush-1"}
                ),
                Scripted(status=200, body={"endpoint": "ws://127.0.0.1:1/no", "ticket": "hush-2"}),
            )
            await here.fake.close(1000)
            await here.fake.until_connected()
            here.fake.script(SEND, Scripted(status=403, body={"code": "Forbidden.AccessDenied.Other"}))
            with pytest.raises(ChannelError):
                await here.channel.send(LISI, Text("…"), "key")
            told = json.dumps(logs, default=str) + here.channel.health().last_error
            secrets = {"hush-1", "hush-2", here.fake.client_secret, *here.fake.tokens, *here.fake.sessions}
    assert not [secret for secret in secrets if secret in told]


async def test_what_is_no_push_is_passed_over(here: World) -> None:
    for text in ("", "[]", "null", "{", '{"type":"CALLBACK"}', '{"headers":[]}', "[" * 100_000, "\0"):
        await here.fake.push_raw(text)
    broken = here.fake.frame("CALLBACK", MESSAGES, {}, "broken").replace('"data": "{}"', '"data": "{"')
    await here.fake.push_raw(broken)
    await here.fake.say("zhangsan", "还在吗")
    assert here.sink.texts == ["还在吗"]


async def test_a_push_that_is_far_too_long_ends_the_stream_and_no_more(here: World) -> None:
    with contextlib.suppress(ConnectionError):
        await here.fake.push_raw(" " * (20 << 20))
    await until(lambda: len(here.fake.called(OPEN)) == 2)
    await here.fake.say("zhangsan", "还在吗")
    assert here.sink.texts == ["还在吗"]


async def test_topics_nobody_asked_for_and_events_are_acknowledged(here: World) -> None:
    unknown = await here.fake.push("/v1.0/something/else", {})
    assert unknown is not None
    assert unknown["code"] == 404
    event = await here.fake.push("*", {"eventType": "user_add_org"}, kind="EVENT")
    assert event is not None
    assert json.loads(event["data"])["status"] == "SUCCESS"
    assert here.sink.events == []


# ---------------------------------------------------------------- pushes


async def test_a_push_that_comes_again_is_kept_once(here: World) -> None:
    message = here.fake.message("zhangsan", said("领用 A4纸 5包"))
    for identifier in ("first", "first", "second"):
        assert await here.fake.push(MESSAGES, message, identifier) is not None
    assert here.sink.texts == ["领用 A4纸 5包"]
    assert here.sink.repeats == 2
    await here.channel.send(LISI, card(), "key")
    for _ in range(2):
        await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve"), "same tap")
    assert len([event for event in here.sink.events if isinstance(event, ClickIn)]) == 1


async def test_many_pushes_at_once_are_all_acknowledged_in_their_order(here: World) -> None:
    texts = [f"第{number}句" for number in range(300)]
    answers = await asyncio.gather(
        *[here.fake.push(MESSAGES, here.fake.message("zhangsan", said(text))) for text in texts]
    )
    assert {answer["code"] for answer in answers if answer} == {200}
    assert here.sink.texts == texts


async def test_a_bot_that_is_overloaded_is_asked_again(here: World) -> None:
    here.sink.refusals = [Overloaded(0.01), Overloaded(0.01)]
    await here.fake.say("zhangsan", "领用 A4纸 5包")
    assert here.sink.texts == ["领用 A4纸 5包"]
    here.sink.refusals = [Overloaded(0.01) for _ in range(channel_module.KEEP_TRIES)]
    answer = await here.fake.push(MESSAGES, here.fake.message("zhangsan", said("还有吗")))
    assert answer is not None
    assert answer["code"] == 500


async def test_a_tap_that_was_not_kept_is_not_acknowledged_as_done(here: World) -> None:
    await here.channel.send(LISI, card(), "key")
    here.sink.refusals = [Overloaded(), ValueError("broken")]
    for _ in range(2):
        answer = await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve"))
        assert answer is not None
        assert answer["code"] == 500
    assert (await here.channel.update(CardRef("dingtalk", {"card": "card-1"}), card())).result == "updated"


async def test_outsiders_and_other_companies_are_not_listened_to(here: World) -> None:
    outsider = here.fake.message("somebody", said("库存"))
    del outsider["senderStaffId"]
    await here.fake.push(MESSAGES, outsider)
    assert "not an employee" in here.channel.health().last_error
    foreign = {**here.fake.message("somebody", said("库存")), "senderCorpId": "dingother"}
    await here.fake.push(MESSAGES, foreign)
    await here.channel.send(LISI, card(), "key")
    await here.fake.push(CARDS, {**here.fake.tap_of("lisi", "card-1", "approve"), "corpId": "dingother"})
    assert here.sink.events == []


async def test_a_reply_goes_to_no_other_host(here: World) -> None:
    wrong = ("https://evil.example/robot", "https://dingtalk.com.example/", "http://[", "", 5)
    for number, url in enumerate(wrong, 1):
        message = here.fake.message("zhangsan", said("库存")) | {"sessionWebhook": url}
        answer = await here.fake.push(MESSAGES, message)
        assert answer is not None
        assert answer["code"] == 200
        await here.channel.send(Address.direct("zhangsan"), Text("320 包"), "key")
        assert len(here.fake.called(SEND)) == number


async def test_messages_of_kinds_the_bot_cannot_read_are_acknowledged(here: World) -> None:
    for message in ({"msgtype": "file", "content": {}}, {"msgtype": "text"}, {"msgtype": "richText"}, {}):
        answer = await here.fake.push(MESSAGES, here.fake.message("zhangsan", message))
        assert answer is not None
        assert answer["code"] == 200
    spoken = {"msgtype": "audio", "content": {"duration": 2000, "recognition": "A4纸还有多少"}}
    await here.fake.push(MESSAGES, here.fake.message("zhangsan", spoken))
    assert here.sink.texts == ["A4纸还有多少"]


async def test_stopping_gives_the_acknowledgements_that_are_due(here: World) -> None:
    began = asyncio.Event()

    async def slowly(event: ClickIn) -> Answer:
        began.set()
        await asyncio.sleep(0.2)
        return Answer(card(state=CardState.DONE))

    await here.channel.send(LISI, card(), "key")
    here.sink.answer = slowly
    push = asyncio.create_task(here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve")))
    await began.wait()
    await here.channel.stop()
    await here.channel.stop()
    answer = await push
    assert answer is not None
    assert answer["code"] == 200
    assert isinstance(here.sink.events[-1], ClickIn)
    assert not here.channel.health().connected


async def test_control_characters_and_half_characters_do_no_harm(here: World) -> None:
    await here.fake.push(MESSAGES, here.fake.message("zhangsan", said("A4\0纸 \ud83d 5包")))
    event = here.sink.events[-1]
    assert isinstance(event, TextIn)
    assert event.text.encode().decode() == "A4纸 ? 5包"


async def test_late_and_reordered_pushes_are_kept_with_their_own_times(here: World) -> None:
    old = here.fake.message("zhangsan", said("昨天")) | {"createAt": 1795248000000}
    new = here.fake.message("zhangsan", said("今天")) | {"createAt": 1795334400000}
    for message in (new, old):
        await here.fake.push(MESSAGES, message)
    assert here.sink.texts == ["今天", "昨天"]
    assert here.sink.events[0].sent_at > here.sink.events[1].sent_at


async def test_a_way_to_reply_that_is_about_to_end_is_not_used(here: World) -> None:
    here.fake.replies_last = 5
    await here.fake.say("zhangsan", "库存")
    await here.channel.send(Address.direct("zhangsan"), Text("320 包"), "key")
    assert len(here.fake.called(SEND)) == 1


async def test_two_bots_share_the_pushes(here: World) -> None:
    tools = Tools(here.session, lambda: datetime.now(UTC), NoLeases())
    chat = ChatSettings("DINGTALK", here.fake.environment, {})
    second = DingTalkChannel(Account.of(chat), tools)
    await second.start(here.sink)
    try:
        await until(lambda: len(here.fake.sockets) == 2)
        for number in range(40):
            await here.fake.say("zhangsan", f"第{number}句")
        await second.send(LISI, card(), "key")
        await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve"))
    finally:
        await second.stop()
    assert len(here.sink.texts) == 40
    assert {here.channel.health().last_inbound, second.health().last_inbound}.isdisjoint({None})
