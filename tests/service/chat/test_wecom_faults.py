"""Pushes to the channel `wecom` that are forged, late, repeated, reordered, huge or slow; and pictures."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.chat.errors import PayloadRejected
from bot.chat.platform import Address, Event, Image, ImageIn, TextIn
from tests.fakes.wecom import CORP, FakeWecom
from tests.service.chat.wecom_world import (
    Clock,
    World,
    app_world,
)

LISI = Address.direct("lisi")
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


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


# ---------------------------------------------------------------- pushes


async def test_the_address_question_is_answered_with_the_bare_word(world: World, wecom: FakeWecom) -> None:
    status, said, _ = await wecom.check_address("1616140317555161061")
    assert (status, said) == (200, "1616140317555161061")


async def test_the_address_question_of_somebody_else_is_refused(world: World, wecom: FakeWecom) -> None:
    async with world.session.get(
        world.url + "/chat/wecom",
        params={
            "msg_signature": "0" * 40,
            "timestamp": str(int(wecom.clock())),
            "nonce": "n",
            "echostr": "AAAA",
        },
    ) as response:
        assert (response.status, await response.text()) == (403, "")


async def test_a_push_is_taken_once(world: World, wecom: FakeWecom) -> None:
    pushed = wecom.pushed("lisi", "text", MsgId="1", Content="查库存")
    assert await wecom.post(**pushed) == (200, "")
    assert (await wecom.post(**pushed))[0] == 403, "a replay inside the window"
    world.clock.turn(seconds=400)
    assert (await wecom.post(**pushed))[0] == 403, "a replay after the window"
    assert len(world.sink.heard) == 1
    assert world.sink.repeats == 0


async def test_a_redelivery_with_a_new_signature_has_no_further_effect(
    world: World, wecom: FakeWecom
) -> None:
    for _ in range(3):
        assert (await wecom.push("lisi", "text", MsgId="1", Content="查库存"))[0] == 200
    assert (len(world.sink.heard), world.sink.repeats) == (1, 2)


async def test_late_and_reordered_pushes_are_all_taken(world: World, wecom: FakeWecom) -> None:
    pushes = [wecom.pushed("lisi", "text", MsgId=str(number), Content=str(number)) for number in range(5)]
    world.clock.turn(seconds=200)
    for pushed in reversed(pushes):
        assert (await wecom.post(**pushed))[0] == 200
    assert [one.text for one in world.sink.heard if isinstance(one, TextIn)] == ["4", "3", "2", "1", "0"]


async def test_what_was_not_kept_is_asked_for_again(world: World, wecom: FakeWecom) -> None:
    world.sink.refuse = 1
    pushed = wecom.pushed("lisi", "text", MsgId="1", Content="查库存")
    assert (await wecom.post(**pushed))[0] == 503
    assert (await wecom.post(**pushed))[0] == 200
    assert len(world.sink.heard) == 1


async def test_what_failed_on_the_way_is_taken_again(
    world: World, wecom: FakeWecom, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = world.sink.handle

    async def falls(event: Event) -> None:
        raise RuntimeError("as the test asked")

    monkeypatch.setattr(world.sink, "handle", falls)
    pushed = wecom.pushed("lisi", "text", MsgId="1", Content="查库存")
    assert (await wecom.post(**pushed))[0] == 500
    monkeypatch.setattr(world.sink, "handle", handle)
    assert (await wecom.post(**pushed))[0] == 200
    assert len(world.sink.heard) == 1


@pytest.mark.parametrize("seconds", [-301, 301, -86400])
async def test_a_timestamp_far_from_now_is_refused(world: World, wecom: FakeWecom, seconds: int) -> None:
    pushed = wecom.enveloped("<xml><MsgType>text</MsgType></xml>", wecom.clock() + seconds)
    assert (await wecom.post(**pushed))[0] == 403


def altered(pushed: dict[str, Any]) -> dict[str, Any]:
    return {**pushed, "body": pushed["body"].replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[AAAA")}


def signed_by_nobody(pushed: dict[str, Any]) -> dict[str, Any]:
    query = {name: value for name, value in pushed["query"].items() if name != "msg_signature"}
    return {**pushed, "query": query}


def for_another_company(pushed: dict[str, Any]) -> dict[str, Any]:
    return {**pushed, "body": pushed["body"].replace(CORP.encode(), b"wwother")}


def with_entities(pushed: dict[str, Any]) -> dict[str, Any]:
    return {**pushed, "body": LAUGHS.encode() + pushed["body"]}


def cut_off(pushed: dict[str, Any]) -> dict[str, Any]:
    return {**pushed, "body": pushed["body"][:-20]}


def compressed(pushed: dict[str, Any]) -> dict[str, Any]:
    return {**pushed, "body": gzip.compress(pushed["body"])}


def with_a_strange_time(pushed: dict[str, Any]) -> dict[str, Any]:
    return {**pushed, "query": {**pushed["query"], "timestamp": "１２３"}}


def with_a_long_nonce(pushed: dict[str, Any]) -> dict[str, Any]:
    return {**pushed, "query": {**pushed["query"], "nonce": "n" * 5000}}


FORGERIES = (
    altered,
    signed_by_nobody,
    for_another_company,
    with_entities,
    cut_off,
    compressed,
    with_a_strange_time,
    with_a_long_nonce,
)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
async def test_a_forged_push_is_refused_and_the_true_one_still_taken(
    world: World, wecom: FakeWecom, forge: Any
) -> None:
    pushed = wecom.pushed("lisi", "text", MsgId="1", Content="查库存")
    assert (await wecom.post(**forge(pushed)))[0] == 403
    assert world.sink.heard == []
    assert (await wecom.post(**pushed))[0] == 200


async def test_entities_inside_the_encrypted_message_are_refused_too(world: World, wecom: FakeWecom) -> None:
    message = f"{LAUGHS}<xml><MsgType>text</MsgType><Content>&b;</Content></xml>"
    assert (await wecom.post(**wecom.enveloped(message)))[0] == 403


async def test_a_message_for_another_app_is_refused(world: World, wecom: FakeWecom) -> None:
    status, _ = await wecom.push("lisi", "text", AgentID="1000099", MsgId="1", Content="查库存")
    assert status == 403
    assert world.sink.heard == []


async def test_a_huge_body_is_refused_without_being_read(world: World, wecom: FakeWecom) -> None:
    pushed = wecom.pushed("lisi", "text", MsgId="1", Content="查库存")
    status, _ = await wecom.post(pushed["query"], b"x" * 20_000_000)
    assert status == 403


async def test_a_huge_body_without_a_length_is_refused(world: World, wecom: FakeWecom) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(320):
            yield b"x" * 65536

    pushed = wecom.pushed("lisi", "text", MsgId="1", Content="查库存")
    try:
        status, _ = await wecom.post(pushed["query"], endless())
    except aiohttp.ClientError:
        return  # the connection was closed while more was still coming
    assert status == 403


async def test_a_slow_body_is_given_up(
    world: World, wecom: FakeWecom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.wecom.channel.BODY_SECONDS", 0.2)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"<xml>"
        await asyncio.sleep(2)
        yield b"</xml>"

    pushed = wecom.pushed("lisi", "text", MsgId="1", Content="查库存")
    assert (await wecom.post(pushed["query"], dripping()))[0] == 403


@pytest.mark.parametrize("kind", ["voice", "video", "location", "link"])
async def test_what_cannot_be_read_is_heard_as_nothing(world: World, wecom: FakeWecom, kind: str) -> None:
    assert (await wecom.push_message("lisi", kind, MediaId="m"))[0] == 200
    (heard,) = world.sink.heard
    assert isinstance(heard, TextIn)
    assert heard.text == ""


@pytest.mark.parametrize("event", ["subscribe", "unsubscribe", "view", "template_card_menu_event", "unknown"])
async def test_other_events_are_taken_without_a_word(world: World, wecom: FakeWecom, event: str) -> None:
    assert await wecom.push_event("lisi", event, EventKey="x") == (200, "")
    assert world.sink.heard == []


async def test_the_menu_says_what_the_person_would_have_typed(world: World, wecom: FakeWecom) -> None:
    await wecom.push_event("lisi", "click", EventKey="say:查库存")
    (heard,) = world.sink.heard
    assert isinstance(heard, TextIn)
    assert heard.text == "查库存"


# ---------------------------------------------------------------- pictures


async def test_a_picture_comes_in_and_goes_out(world: World, wecom: FakeWecom) -> None:
    wecom.media["media-in"] = b"\xff\xd8\xff picture"
    await wecom.push_message("lisi", "image", MediaId="media-in", PicUrl="http://never.fetched.example/")
    (heard,) = world.sink.heard
    assert isinstance(heard, ImageIn)
    media = await world.channel.fetch(heard.media)
    assert (media.data, media.media_type) == (b"\xff\xd8\xff picture", "image/jpeg")
    await world.channel.send(LISI, Image(b"\x89PNG picture", "image/png", "图"), "key")
    assert wecom.chats["lisi"] == [b"\x89PNG picture"]
    with pytest.raises(PayloadRejected):
        await world.channel.send(LISI, Image(b"GIF", "image/gif", "图"), "key")


async def test_a_picture_that_is_gone_or_too_large_is_refused(
    world: World, wecom: FakeWecom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wecom.push_message("lisi", "image", MediaId="gone")
    (heard,) = world.sink.heard
    assert isinstance(heard, ImageIn)
    with pytest.raises(PayloadRejected):
        await world.channel.fetch(heard.media)
    wecom.media["gone"] = b"x" * 2000
    monkeypatch.setattr("bot.chat.wecom.api.LARGEST_PICTURE", 1000)
    with pytest.raises(PayloadRejected):
        await world.channel.fetch(heard.media)
