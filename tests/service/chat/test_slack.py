"""The Slack channel against the workspace on this machine, over Socket Mode and over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
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
    Answer,
    Button,
    CardRef,
    CardState,
    ClickIn,
    EnterIn,
    Event,
    Image,
    ImageIn,
    Line,
    MessageRef,
    Text,
    TextIn,
    Tone,
    UpdateResult,
)
from bot.chat.slack import check, configured
from bot.chat.slack.api import FILE_HOSTS
from bot.chat.slack.channel import SlackChannel
from services.kit.settings import SettingMissing
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_api import BOT, TEAM, Fault, direct
from tests.service.chat.wecom_world import (
    Clock,
    RecordingSink,
    approval,
    listening,
    settings_of,
    tools_of,
    until,
)

ZHANG, LI = "U0ZHANG001", "U0LI000001"
GENERAL = "C0GENERAL1"


@dataclass
class World:
    fake: FakeSlack
    channel: SlackChannel
    sink: RecordingSink
    session: aiohttp.ClientSession


async def _world(folder: Path, *, over_http: bool) -> AsyncIterator[World]:
    fake, sink, clock = FakeSlack(over_http=over_http), RecordingSink(), Clock()
    await fake.start(folder)
    async with aiohttp.ClientSession() as session:
        chat = settings_of("SLACK", fake.environment)
        channel = SlackChannel(
            chat, tools_of(session, clock), first_pause=0.02, longest_pause=0.1, heartbeat=0.4
        )
        runner, url = await listening(channel)
        await channel.start(sink)
        await fake.bot_is_at(url)
        yield World(fake, channel, sink, session)
        await channel.stop()
        await runner.cleanup()
    await fake.stop()


@pytest.fixture(params=["socket", "http"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async for each in _world(tmp_path, over_http=request.param == "http"):
        yield each


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[World]:
    async for each in _world(tmp_path, over_http=False):
        yield each


async def sent_card(world: World, user: str = LI, **changes: Any) -> CardRef:
    reference = await world.channel.send(Address.direct(user), approval(**changes), "key-card")
    assert isinstance(reference, CardRef)
    return reference


# ---------------------------------------------------------------- words


async def test_words_come_in_and_go_out(world: World) -> None:
    await world.fake.say(ZHANG, "领用 A4纸 5包 & <投标>")
    [event] = world.sink.heard
    assert isinstance(event, TextIn)
    assert event.text == "领用 A4纸 5包 & <投标>"
    assert (event.platform, event.tenant, event.sender.user_id) == ("slack", TEAM, ZHANG)
    assert event.address == Address.direct(ZHANG)
    await world.channel.send(event.address, Text("已收到 <b> & *星号*"), "k1")
    assert [one.text for one in world.fake.seen(ZHANG)] == ["已收到 <b> & *星号*"]
    assert world.channel.health().connected
    assert world.channel.health().last_inbound is not None


async def test_a_mention_in_a_channel_is_heard_once_and_answered_in_its_thread(world: World) -> None:
    await world.fake.say(ZHANG, "A4纸还有多少", GENERAL)
    [event] = world.sink.heard
    assert isinstance(event, TextIn)
    assert world.sink.repeats == 1
    assert event.text == "A4纸还有多少"
    assert event.address.kind is AddressKind.GROUP
    await world.channel.send(event.address, Text("320 包"), "k1")
    answer = world.fake.messages[-1]
    assert (answer.channel, answer.thread) == (GENERAL, world.fake.messages[0].ts)


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B0OTHER001"},
        {"subtype": "message_changed"},
        {"subtype": "bot_message"},
        {"subtype": "message_deleted"},
        {"user": BOT},
    ],
)
async def test_bots_and_edits_are_not_heard(world: World, more: dict[str, str]) -> None:
    assert await world.fake.push_event({**world.fake.written(ZHANG, "1027"), **more})
    assert world.sink.heard == []


async def test_talk_in_a_channel_that_does_not_call_the_bot_is_not_heard(world: World) -> None:
    assert await world.fake.push_event(world.fake.written(ZHANG, "今天吃什么", GENERAL))
    assert world.sink.heard == []


async def test_an_event_told_again_has_the_same_key(world: World) -> None:
    event = world.fake.written(ZHANG, "查库存")
    for _ in range(3):
        assert await world.fake.push_event(event, "Ev1")
    assert (len(world.sink.heard), world.sink.repeats) == (1, 2)


async def test_what_was_not_kept_is_told_again(world: World) -> None:
    world.sink.refuse = 1
    await world.fake.say(ZHANG, "查库存")
    assert [event.dedupe_key for event in world.sink.heard] == [
        f"{direct(ZHANG)}:{world.fake.messages[0].ts}"
    ]


async def test_opening_the_messages_tab_greets_once(world: World) -> None:
    await world.fake.enter(ZHANG)
    await world.fake.enter(ZHANG)
    [event] = world.sink.heard
    assert isinstance(event, EnterIn)


async def test_the_shortcuts_of_the_home_tab_act_as_if_typed(world: World) -> None:
    await world.fake.push_event({"type": "app_home_opened", "user": ZHANG, "tab": "home"})
    await until(lambda: ZHANG in world.fake.homes)
    assert await world.fake.push(world.fake.tapped_home(ZHANG, "say:approvals"), "interactive")
    [event] = world.sink.heard
    assert isinstance(event, TextIn)
    assert event.text == "待我审批"
    assert event.address == Address.direct(ZHANG)


# ---------------------------------------------------------------- cards


async def test_a_tap_replaces_the_card_and_says_a_passing_word(world: World) -> None:
    async def answer(event: Event) -> Answer:
        assert isinstance(event, ClickIn)
        done = approval(buttons=(), state=CardState.DONE, stamp="已同意 · 李四 14:05")
        return Answer(done, "已同意,马上通知库管")

    world.sink.answers = answer
    reference = await sent_card(world)
    [shown] = world.fake.seen(LI)
    assert shown.card is not None
    assert shown.card.buttons == {"approve": "同意", "reject": "拒绝"}
    assert "320 → 315" in shown.card.text
    assert await world.fake.tap(LI, shown.card, "approve") == "已同意,马上通知库管"
    await until(lambda: world.fake.message(shown.card.key).edits == 1)  # type: ignore[union-attr]
    [after] = world.fake.seen(LI)
    assert after.card is not None
    assert after.card.buttons == {}
    assert "✅ 已同意 · 李四 14:05" in after.card.text
    [click] = world.sink.clicks
    assert (click.card_id, click.action, click.sender.user_id) == ("card-1", "approve", LI)
    assert click.card_ref == reference


async def test_the_same_tap_delivered_twice_has_one_key(world: World) -> None:
    await sent_card(world)
    message = world.fake.messages[0]
    payload = world.fake.tapped(LI, message, message.blocks[-2]["elements"][0])
    assert await world.fake.push(payload, "interactive")
    assert await world.fake.push(payload, "interactive")
    assert (len(world.sink.clicks), world.sink.repeats) == (1, 1)


async def test_an_outcome_that_takes_long_is_shown_when_it_comes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.slack.channel.ANSWER_SECONDS", 0.05)
    ready = asyncio.Event()

    async def answer(event: Event) -> Answer:
        await ready.wait()
        return Answer(approval(buttons=(), state=CardState.DONE, stamp="已同意"))

    world.sink.answers = answer
    await sent_card(world)
    message = world.fake.messages[0]
    payload = world.fake.tapped(LI, message, message.blocks[-2]["elements"][0])
    assert await world.fake.push(payload, "interactive")
    assert message.edits == 0
    ready.set()
    await until(lambda: message.edits == 1)


async def test_a_reason_is_asked_for_in_a_window(world: World) -> None:
    asking = (Button("approve", "同意", Tone.PRIMARY), Button("reject", "拒绝", Tone.DANGER, "拒绝的原因"))
    await sent_card(world, buttons=asking)
    [shown] = world.fake.seen(LI)
    assert shown.card is not None
    world.sink.answers = _said("已拒绝")
    world.fake.reason = "超出预算"
    assert await world.fake.tap(LI, shown.card, "reject") == "已拒绝"
    [window] = world.fake.windows
    assert window["blocks"][0]["label"]["text"] == "拒绝的原因"
    [click] = world.sink.clicks
    assert (click.action, click.text) == ("reject", "超出预算")
    assert click.card_ref is not None
    assert click.card_ref.data["ts"] == world.fake.messages[0].ts


async def test_a_tap_counts_without_words_where_no_window_opens(world: World) -> None:
    await sent_card(world, buttons=(Button("reject", "拒绝", Tone.DANGER, "拒绝的原因"),))
    world.fake.faults["views.open"] = [Fault(error="expired_trigger_id")]
    world.sink.answers = _said("已拒绝")
    [shown] = world.fake.seen(LI)
    assert shown.card is not None
    assert await world.fake.tap(LI, shown.card, "reject") == "已拒绝"
    assert [(one.action, one.text) for one in world.sink.clicks] == [("reject", "")]


async def test_a_tap_that_is_not_kept_is_not_acknowledged(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fakes.slack.ACK_SECONDS", 0.3)
    await sent_card(world)
    message = world.fake.messages[0]
    world.sink.refuse = 1
    payload = world.fake.tapped(LI, message, message.blocks[-2]["elements"][0])
    assert not await world.fake.push(payload, "interactive")
    assert world.sink.clicks == []


async def test_a_card_that_is_gone_is_expired(socket: World) -> None:
    reference = await sent_card(socket)
    assert (await socket.channel.update(reference, approval())).result is UpdateResult.UPDATED
    socket.fake.messages.clear()
    assert (await socket.channel.update(reference, approval())).result is UpdateResult.EXPIRED
    nothing = CardRef("slack", {})
    assert (await socket.channel.update(nothing, approval())).result is UpdateResult.UNSUPPORTED


async def test_of_a_card_that_is_too_long_the_thread_says_everything(socket: World) -> None:
    lines = tuple(Line(f"物品{number}", f"现存 {number} → {number + 1} 包" * 8) for number in range(300))
    await sent_card(socket, lines=lines)
    card = socket.fake.messages[0]
    await until(lambda: any("物品299" in one.text for one in socket.fake.messages[1:]))
    assert {one.thread for one in socket.fake.messages[1:]} == {card.ts}


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
        f"https://not{FILE_HOSTS[0]}/x",
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


def _said(toast: str) -> Any:
    async def answer(event: Event) -> Answer:
        return Answer(toast=toast)

    return answer
