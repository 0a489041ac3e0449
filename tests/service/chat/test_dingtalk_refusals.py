"""Calls that DingTalk refuses, does not answer, or answers with success that is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.chat.dingtalk.refusals import QuotaUsedUp
from bot.chat.errors import (
    AuthFailed,
    ChannelError,
    PayloadRejected,
    RateLimited,
    RecipientUnreachable,
    Transient,
)
from bot.chat.platform import Address, Answer, CardState, ClickIn, MessageRef, Text
from tests.fakes.dingtalk import CARDS, Scripted
from tests.service.chat.dingtalk_world import World, card, until, world

SEND = "POST /v1.0/robot/oToMessages/batchSend"
SHOW = "POST /v1.0/card/instances/createAndDeliver"
PUT = "PUT /v1.0/card/instances"
TOKEN = "POST /v1.0/oauth2/accessToken"
DOWNLOAD = "POST /v1.0/robot/messageFiles/download"
LISI = Address.direct("lisi")


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def test_a_token_that_ended_early_is_fetched_again_once(here: World) -> None:
    await here.channel.send(LISI, Text("一"), "key-1")
    here.fake.expire_tokens()
    await asyncio.gather(*[here.channel.send(LISI, Text("二"), f"key-{number}") for number in range(8)])
    assert len(here.fake.called(TOKEN)) == 2
    assert len(here.fake.seen("lisi")) == 9


async def test_a_token_that_is_never_taken_is_a_matter_for_an_operator(here: World) -> None:
    here.fake.script(SEND, *[Scripted(401, {"code": "InvalidAuthentication"}) for _ in range(2)])
    with pytest.raises(AuthFailed):
        await here.channel.send(LISI, Text("一"), "key")
    assert len(here.fake.called(SEND)) == 2
    assert "InvalidAuthentication" in here.channel.health().last_error


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (Scripted(403, {"code": "Forbidden.AccessDenied.QpsLimitForApi"}), RateLimited),
        (Scripted(403, {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}), RateLimited),
        (Scripted(200, {"code": ""}, after=False, raw=b"not json"), Transient),
        (Scripted(429, {}, {"Retry-After": "7"}), RateLimited),
        (Scripted(403, {"code": "Forbidden.AccessDenied.ApiCountLimitForOrg"}), QuotaUsedUp),
        (Scripted(400, {"code": "90020"}), QuotaUsedUp),
        (Scripted(403, {"code": "Forbidden.AccessDenied.IpNotInWhiteList"}), AuthFailed),
        (Scripted(400, {"code": "staffId.notExisted"}), RecipientUnreachable),
        (Scripted(400, {"code": "invalidParameter.msgParam"}), PayloadRejected),
        (Scripted(503, {}), Transient),
        (Scripted(302, {}, {"Location": "http://127.0.0.1:1/"}), PayloadRejected),
        (Scripted(200, raw=b" " * (20 << 20)), PayloadRejected),
        (Scripted(cut=True), Transient),
    ],
)
async def test_refusals_are_understood(here: World, script: Scripted, error: type[ChannelError]) -> None:
    here.fake.script(SEND, script)
    with pytest.raises(error):
        await here.channel.send(LISI, Text("一"), "key")


async def test_a_slow_answer_is_not_waited_for_without_end(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.dingtalk.api.CALL_SECONDS", 0.2)
    here.fake.script(SEND, Scripted(200, delay=3.0))
    with pytest.raises(Transient):
        await here.channel.send(LISI, Text("一"), "key")


async def test_people_whom_a_message_did_not_reach_are_told_apart_from_success(here: World) -> None:
    here.fake.strangers.add("left")
    here.fake.flooded.add("lisi")
    with pytest.raises(RecipientUnreachable):
        await here.channel.send(Address.direct("left"), Text("一"), "key")
    with pytest.raises(RateLimited):
        await here.channel.send(LISI, Text("一"), "key")
    with pytest.raises(RecipientUnreachable):
        await here.channel.send(Address.direct("left"), card(), "key")


async def test_a_missing_permission_is_named(here: World) -> None:
    here.fake.permitted = False
    with pytest.raises(AuthFailed, match="qyapi_robot_sendmsg"):
        await here.channel.send(LISI, Text("一"), "key")


async def test_a_card_whose_sending_was_not_heard_of_is_shown_once(here: World) -> None:
    here.fake.script(SHOW, Scripted(500, after=True), Scripted(400, {"code": "param.outTrackIdExist"}))
    with pytest.raises(Transient):
        await here.channel.send(LISI, card(), "key")
    for _ in range(2):
        await here.channel.send(LISI, card(), "key")
    assert len(here.fake.seen("lisi")) == 1


async def test_an_update_after_a_tap_is_tried_again(here: World) -> None:
    await here.channel.send(LISI, card(), "key")

    async def approve(event: ClickIn) -> Answer:
        return Answer(card(state=CardState.DONE, stamp="已同意"))

    here.sink.answer = approve
    here.fake.script(PUT, Scripted(429, {}, {"Retry-After": "0"}), Scripted(503))
    await here.fake.push(CARDS, here.fake.tap_of("lisi", "card-1", "approve"))
    await until(lambda: "已同意" in here.fake.drawn("card-1", "wangwu").text)


async def test_calls_of_one_kind_are_held_to_what_dingtalk_takes_in_a_second(here: World) -> None:
    sent = await asyncio.gather(
        *[here.channel.send(LISI, Text("一"), f"key-{number}") for number in range(30)],
        return_exceptions=True,
    )
    refused = [one for one in sent if isinstance(one, RateLimited)]
    assert len(refused) == 10
    assert all(0 < one.retry_after <= 1 for one in refused)


async def test_calls_are_counted_and_an_operator_is_warned(tmp_path: Path) -> None:
    async with world(tmp_path, monthly_calls="5") as here:
        await here.channel.send(LISI, Text("一"), "key-1")
        assert here.channel.health().last_error == ""
        await here.channel.send(LISI, Text("二"), "key-2")
        await here.channel.send(LISI, Text("三"), "key-3")
        assert "4 of 5 calls" in here.channel.health().last_error


async def test_pictures_come_only_from_where_dingtalk_keeps_them(here: World) -> None:
    media = MessageRef("dingtalk", {"download_code": "code"})
    for url in ("http://127.0.0.1:1/x", "https://evil.example/x", "file:///etc/passwd", "http://[", ""):
        here.fake.script(DOWNLOAD, Scripted(200, {"downloadUrl": url}))
        with pytest.raises(PayloadRejected):
            await here.channel.fetch(media)
    here.fake.pictures["code"] = b"<svg/>"
    with pytest.raises(PayloadRejected):
        await here.channel.fetch(media)
    here.fake.pictures["code"] = b"\xff\xd8\xff" + b"\0" * (11 << 20)
    with pytest.raises(PayloadRejected):
        await here.channel.fetch(media)
    with pytest.raises(PayloadRejected):
        await here.channel.fetch(MessageRef("dingtalk", {}))
