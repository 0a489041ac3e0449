"""What is pushed to the channel `wecom-bot`: taps answered late, repeated and odd frames, pictures."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.chat.errors import PayloadRejected
from bot.chat.platform import Address, AddressKind, Answer, EnterIn, Event, Image, ImageIn, TextIn
from tests.fakes.wecom_bot import FakeWecomBot
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


def texts(world: World) -> list[str]:
    return [event.text for event in world.sink.heard if isinstance(event, TextIn)]


async def met(world: World, gateway: FakeWecomBot) -> None:
    """Somebody talked to the bot: from now on it may write to them."""
    await gateway.say("lisi", "你好")
    await until(lambda: "你好" in texts(world))


# ---------------------------------------------------------------- taps


async def test_an_outcome_that_takes_long_comes_as_a_new_card(
    world: World, gateway: FakeWecomBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.wecom_bot.channel.DECIDE_SECONDS", 0.05)
    await met(world, gateway)
    await world.channel.send(LISI, approval(), "key-1")

    async def slowly(event: Event) -> Answer | None:
        await asyncio.sleep(0.3)
        return Answer(replace(decided(approval()), buttons=approval().buttons[:1]), "已同意")

    world.sink.answers = slowly
    copy: Any = gateway.chats["lisi"][-1]
    await gateway.click("lisi", copy, "approve")
    await until(lambda: "已同意" in last_card(gateway, "lisi").text)
    assert len([shown for shown in gateway.seen("lisi") if shown.card]) == 2


async def test_a_tap_answered_after_five_seconds_gets_a_message(world: World, gateway: FakeWecomBot) -> None:
    await met(world, gateway)
    await world.channel.send(LISI, approval(), "key-1")
    world.sink.answers = answering(Answer(decided(approval()), "已同意"))
    event = {"event_key": "approve", "task_id": last_card(gateway, "lisi").key}
    await gateway.push_event("lisi", "template_card_event", event, seconds=-1.0)
    await until(lambda: "已同意 · 李四 14:05" in last_card(gateway, "lisi").text)


async def test_a_tap_in_a_group_is_answered_there(world: World, gateway: FakeWecomBot) -> None:
    await gateway.say("lisi", "领5包A4纸", group="wr-1")
    group = Address(AddressKind.GROUP, "wr-1")
    await world.channel.send(group, approval(), "key-1")
    world.sink.answers = answering(Answer(toast="这张卡片不是发给您的"))
    copy: Any = gateway.chats["wr-1"][-1]
    await gateway.click("wangwu", copy, "approve")
    await until(lambda: gateway.seen("", "wr-1")[-1].text == "这张卡片不是发给您的")
    assert world.sink.clicks[0].address == group
    assert world.sink.clicks[0].sender.user_id == "wangwu"


async def test_an_event_that_is_not_kept_is_handed_over_until_it_is(
    world: World, gateway: FakeWecomBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.sink.refuse = 1
    await met(world, gateway)
    assert texts(world) == ["你好"]


async def test_a_repeated_push_has_no_further_effect(world: World, gateway: FakeWecomBot) -> None:
    for _ in range(3):
        await gateway.push_message("lisi", "text", {"content": "查库存"}, identity="same")
    await until(lambda: world.sink.repeats == 2)
    assert len(world.sink.heard) == 1


async def test_entering_is_answered_by_the_welcome_though_nobody_talked_yet(
    world: World, gateway: FakeWecomBot
) -> None:
    world.sink.answers = answering(Answer(text="您好,我是库管"))
    await gateway.enter("newcomer")
    await until(lambda: gateway.seen("newcomer"))
    assert gateway.seen("newcomer")[0].text == "您好,我是库管"
    assert isinstance(world.sink.heard[0], EnterIn)
    assert [frame["cmd"] for frame in gateway.frames if frame["cmd"].startswith("aibot_resp")] == [
        "aibot_respond_welcome_msg"
    ]


# ---------------------------------------------------------------- frames and media


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "[]",
        "[" * 100_000,
        "{}",
        '{"cmd": 7, "headers": [], "body": "x"}',
        '{"cmd": "aibot_msg_callback", "headers": {}, "body": {"msgtype": "text", "text": null}}',
        '{"cmd": "aibot_event_callback", "body": {"event": "x", "from": {"userid": "u"}}}',
        '{"errcode": 40058, "errmsg": "nobody waits for this"}',
        '{"headers": {"req_id": "unknown"}, "errcode": 0}',
    ],
)
async def test_a_frame_that_makes_no_sense_is_passed_over(
    world: World, gateway: FakeWecomBot, frame: str
) -> None:
    await gateway.push_frame(frame)
    await met(world, gateway)
    assert gateway.connections == 1


async def test_a_frame_that_is_too_large_costs_the_connection_only(
    world: World, gateway: FakeWecomBot
) -> None:
    await gateway.push_frame("x" * 2_000_000)
    await until(lambda: gateway.connections == 2 and gateway.subscribed.is_set())
    await met(world, gateway)


async def test_a_picture_comes_in_encrypted_with_its_own_key(world: World, gateway: FakeWecomBot) -> None:
    data = b"\xff\xd8\xff" + os.urandom(1000)
    await gateway.push_message("lisi", "image", gateway.offer_image(data))
    await until(lambda: world.sink.heard)
    (heard,) = world.sink.heard
    assert isinstance(heard, ImageIn)
    media = await world.channel.fetch(heard.media)
    assert (media.data, media.media_type) == (data, "image/jpeg")
    for changes in (
        {"aeskey": "AAAA"},
        {"url": str(heard.media.data["url"]) + "x"},
        {"url": "file:///etc/passwd"},
    ):
        with pytest.raises(PayloadRejected):
            await world.channel.fetch(replace(heard.media, data={**heard.media.data, **changes}))


async def test_words_and_pictures_of_one_message_come_one_by_one(world: World, gateway: FakeWecomBot) -> None:
    items = [
        {"msgtype": "text", "text": {"content": "@库管 这个"}},
        {"msgtype": "image", "image": gateway.offer_image(b"a")},
        {"msgtype": "text", "text": {"content": "还有吗"}},
        {"msgtype": "image", "image": gateway.offer_image(b"b")},
    ]
    await gateway.push_message("lisi", "mixed", {"msg_item": items}, group="wr-1")
    await until(lambda: len(world.sink.heard) == 3)
    assert texts(world) == ["这个\n还有吗"]
    assert len({event.dedupe_key for event in world.sink.heard}) == 3


async def test_voice_is_heard_as_its_words(world: World, gateway: FakeWecomBot) -> None:
    await gateway.push_message("lisi", "voice", {"content": "领五包A4纸"})
    await until(lambda: texts(world) == ["领五包A4纸"])


async def test_a_picture_goes_out_in_parts(world: World, gateway: FakeWecomBot) -> None:
    await met(world, gateway)
    data = b"\x89PNG\r\n\x1a\n" + os.urandom(1_200_000)
    await world.channel.send(LISI, Image(data, "image/png", "图"), "k")
    assert gateway.chats["lisi"] == [data]
    parts = [frame for frame in gateway.frames if frame["cmd"] == "aibot_upload_media_chunk"]
    assert [frame["body"]["chunk_index"] for frame in parts] == [1, 2, 3]
