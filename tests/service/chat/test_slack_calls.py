"""Slack's pictures, refusals and limits, and the check of a set-up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.chat.errors import (
    AuthFailed,
    ChannelError,
    PayloadRejected,
    RateLimited,
    RecipientUnreachable,
    Transient,
)
from bot.chat.platform import (
    Address,
    AddressKind,
    Image,
    ImageIn,
    MessageRef,
    Text,
    TextIn,
)
from bot.chat.slack import check, configured
from bot.chat.slack.api import FILE_HOSTS
from bot.chat.slack.channel import SlackChannel
from services.kit.settings import SettingMissing
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_api import Fault, direct
from tests.service.chat.slack_world import GENERAL, LI, ZHANG, World, slack_world
from tests.service.chat.wecom_world import (
    Clock,
    approval,
    settings_of,
    tools_of,
)

FILES = "https://"


@pytest.fixture(params=["socket", "http"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async for each in slack_world(tmp_path, over_http=request.param == "http"):
        yield each


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[World]:
    async for each in slack_world(tmp_path, over_http=False):
        yield each


# ---------------------------------------------------------------- pictures


async def test_a_picture_comes_in_and_is_fetched(world: World) -> None:
    file = world.fake.picture("F0PICTURE1", b"\x89PNG picture")
    event = world.fake.written(ZHANG, "看这个", subtype="file_share", files=[file])
    assert await world.fake.push_event(event)
    text, picture = world.sink.heard
    assert isinstance(text, TextIn)
    assert isinstance(picture, ImageIn)
    assert text.dedupe_key != picture.dedupe_key
    media = await world.channel.fetch(picture.media)
    assert (media.data, media.media_type) == (b"\x89PNG picture", "image/png")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/picture",
        "https://slack.com.evil.example/x",
        "http://files.slack.com/x",
        "https://files.slack.com:8443/x",
        "https://user@files.slack.com/x",
        FILES + f"not{FILE_HOSTS[0]}/x",
        f"https://{FILE_HOSTS[0]}.example.com/x",
        "http://127.0.0.1:1/x",
        "//files.slack.com/x",
        "file:///etc/passwd",
    ],
)
async def test_the_token_goes_to_no_other_host(socket: World, url: str) -> None:
    with pytest.raises(PayloadRejected):
        await socket.channel.fetch(MessageRef("slack", {"file": "F1", "url": url}))


async def test_files_that_are_not_given_out_are_told_apart(socket: World) -> None:
    file = socket.fake.picture("F0PICTURE1", b"x" * 11 * 1024 * 1024)
    media = MessageRef("slack", {"file": file["id"], "url": file["url_private"]})
    with pytest.raises(PayloadRejected):
        await socket.channel.fetch(media)
    socket.fake.scopes = "chat:write"
    with pytest.raises(AuthFailed):
        await socket.channel.fetch(media)
    socket.fake.scopes = "files:read"
    socket.fake.picture("F0PICTURE1", b"%PDF", "application/pdf")
    with pytest.raises(PayloadRejected):
        await socket.channel.fetch(media)
    socket.fake.faults["file"] = [Fault(status=500)]
    with pytest.raises(Transient):
        await socket.channel.fetch(media)


async def test_a_file_of_another_workspace_is_looked_up_first(socket: World) -> None:
    socket.fake.picture("F0PICTURE1", b"png")
    media = await socket.channel.fetch(MessageRef("slack", {"file": "F0PICTURE1", "url": ""}))
    assert media.data == b"png"


async def test_a_picture_goes_out_in_three_steps(socket: World) -> None:
    image = Image(b"\x89PNG", "image/png", "入库单 RK12")
    await socket.channel.send(Address.direct(ZHANG), image, "k")
    await socket.channel.send(Address(AddressKind.GROUP, f"{GENERAL}:1700000000.000001"), image, "k2")
    assert [(place, thread) for place, _, thread in socket.fake.shared] == [
        (direct(ZHANG), ""),
        (GENERAL, "1700000000.000001"),
    ]
    assert all(socket.fake.files[file][0] == b"\x89PNG" for _, file, _ in socket.fake.shared)


# ---------------------------------------------------------------- what Slack refuses


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=429, error="ratelimited", headers={"Retry-After": "7"}), RateLimited),
        (Fault(status=429, body=b"", headers={"Retry-After": "7"}), RateLimited),
        (Fault(error="channel_not_found"), RecipientUnreachable),
        (Fault(error="messages_tab_disabled"), RecipientUnreachable),
        (Fault(error="invalid_blocks"), PayloadRejected),
        (Fault(error="msg_too_long"), PayloadRejected),
        (Fault(error="token_revoked"), AuthFailed),
        (Fault(error="account_inactive"), AuthFailed),
        (Fault(error="missing_scope"), AuthFailed),
        (Fault(error="fatal_error"), Transient),
        (Fault(status=503, body=b"<html>down</html>"), Transient),
        (Fault(status=200, body=b"\xff\xfe{", headers={"Content-Type": "application/json"}), Transient),
        (Fault(status=200, body=b"[1]", headers={"Content-Type": "application/json"}), Transient),
        (Fault(cut=True), Transient),
    ],
)
async def test_each_refusal_has_its_error(socket: World, fault: Fault, error: type[ChannelError]) -> None:
    socket.fake.faults["chat.postMessage"] = [fault]
    with pytest.raises(error) as caught:
        await socket.channel.send(Address.direct(ZHANG), Text("好"), "k")
    assert "xoxb" not in str(caught.value)
    assert socket.channel.health().last_error


async def test_after_429_nothing_is_asked_until_the_time_is_over(socket: World) -> None:
    limited = Fault(status=429, error="ratelimited", headers={"Retry-After": "7"})
    socket.fake.faults["chat.postMessage"] = [limited]
    for _ in range(3):
        with pytest.raises(RateLimited) as caught:
            await socket.channel.send(Address.direct(ZHANG), Text("好"), "k")
        assert 6 < caught.value.retry_after <= 7
    assert [method for method, _ in socket.fake.calls].count("chat.postMessage") == 1
    # Another place is not concerned.
    await socket.channel.send(Address.direct(LI), Text("好"), "k")


async def test_too_much_at_once_in_one_place_waits_here(socket: World) -> None:
    for number in range(4):
        await socket.channel.send(Address.direct(ZHANG), Text("好"), f"k{number}")
    with pytest.raises(RateLimited):
        await socket.channel.send(Address.direct(ZHANG), Text("好"), "k4")


async def test_a_token_that_was_replaced_is_read_again(socket: World) -> None:
    socket.fake.bot_token = "xoxb-newer"
    with pytest.raises(AuthFailed):
        await socket.channel.send(Address.direct(ZHANG), Text("好"), "k")
    socket.fake.write_secret("bot-token", "xoxb-newer")
    await socket.channel.send(Address.direct(ZHANG), Text("好"), "k")
    assert [one.text for one in socket.fake.seen(ZHANG)] == ["好"]


@pytest.mark.parametrize("fault", [Fault(done=True, cut=True), Fault(done=True, status=500, body=b"")])
@pytest.mark.parametrize("thread", ["", "1700000000.000001"])
async def test_a_message_whose_answer_was_lost_is_not_shown_twice(
    socket: World, fault: Fault, thread: str
) -> None:
    address = Address(AddressKind.GROUP, f"{GENERAL}:{thread}") if thread else Address.direct(LI)
    socket.fake.faults["chat.postMessage"] = [replace(fault)]
    with pytest.raises(Transient):
        await socket.channel.send(address, approval(), "one-key")
    reference = await socket.channel.send(address, approval(), "one-key")
    assert len(socket.fake.messages) == 1
    assert reference.data["ts"] == socket.fake.messages[0].ts
    # Another key is another message.
    await socket.channel.send(address, approval(), "two-key")
    assert len(socket.fake.messages) == 2


async def test_a_message_of_the_process_before_is_not_shown_twice(socket: World) -> None:
    await socket.channel.send(Address.direct(LI), approval(), "one-key")
    chat = settings_of("SLACK", socket.fake.environment)
    after = SlackChannel(chat, tools_of(socket.session, Clock()))
    reference = await after.send(Address.direct(LI), approval(), "one-key")
    assert [one.ts for one in socket.fake.messages] == [reference.data["ts"]]
    await after.send(Address.direct(LI), approval(), "two-key")
    assert len(socket.fake.messages) == 2


async def test_where_the_bot_may_not_look_back_it_writes(socket: World) -> None:
    socket.fake.scopes = "chat:write"
    await socket.channel.send(Address.direct(LI), approval(), "one-key")
    socket.fake.faults["conversations.history"] = [Fault(status=429, error="ratelimited")]
    socket.fake.scopes = "chat:write,im:history,im:write"
    await socket.channel.send(Address.direct(LI), approval(), "two-key")
    assert len(socket.fake.messages) == 2


async def test_a_message_that_never_arrived_is_written_at_the_second_try(socket: World) -> None:
    socket.fake.faults["chat.postMessage"] = [Fault(status=500, body=b"")]
    with pytest.raises(Transient):
        await socket.channel.send(Address.direct(LI), approval(), "one-key")
    await socket.channel.send(Address.direct(LI), approval(), "one-key")
    assert len(socket.fake.messages) == 1


# ---------------------------------------------------------------- setting up


async def test_half_of_the_settings_are_no_channel(tmp_path: Path) -> None:
    fake = FakeSlack()
    await fake.start(tmp_path)
    try:
        environment = dict(fake.environment)
        del environment["KUGUAN_SLACK_APP_TOKEN_FILE"]
        async with aiohttp.ClientSession() as session:
            tools = tools_of(session, Clock())
            assert configured(settings_of("SLACK", {}), tools) is None
            with pytest.raises(SettingMissing):
                configured(settings_of("SLACK", environment), tools)
            [finding] = await check(settings_of("SLACK", environment), session)
            assert finding.key == "check.slack.settings.no_door"
            [finding] = await check(settings_of("SLACK", {"KUGUAN_SLACK_APP_TOKEN": "x"}), session)
            assert finding.key == "check.slack.settings.missing"
    finally:
        await fake.stop()


async def test_the_check_names_what_is_missing(world: World) -> None:
    chat = settings_of("SLACK", world.fake.environment)
    door = "http.ready" if world.fake.over_http else "socket.right"
    assert await _keys(world, chat) == ["token.right", "scopes.right", door]
    world.fake.scopes = "chat:write,im:history"
    findings = await check(chat, world.session)
    assert findings[1].facts["scopes"] == "app_mentions:read, files:read, files:write, im:write"
    world.fake.faults["apps.connections.open"] = [Fault(error="missing_scope")]
    if not world.fake.over_http:
        assert (await _keys(world, chat))[-1] == "socket.refused"
    world.fake.bot_token = "another"
    assert (await _keys(world, chat))[0] == "token.refused"
    world.fake.faults["auth.test"] = [Fault(status=502, body=b"")]
    assert (await _keys(world, chat))[0] == "token.unreachable"


async def _keys(world: World, chat: Any) -> list[str]:
    return [finding.key.removeprefix("check.slack.") for finding in await check(chat, world.session)]
