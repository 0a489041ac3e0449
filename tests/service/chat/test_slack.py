"""The Slack channel: words, taps and cards, over Socket Mode and over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

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
    Line,
    Text,
    TextIn,
    Tone,
    UpdateResult,
)
from tests.fakes.slack_api import BOT, TEAM, Fault, direct
from tests.service.chat.slack_world import GENERAL, LI, ZHANG, World, sent_card, slack_world
from tests.service.chat.wecom_world import (
    approval,
    until,
)


@pytest.fixture(params=["socket", "http"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    async for each in slack_world(tmp_path, over_http=request.param == "http"):
        yield each


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[World]:
    async for each in slack_world(tmp_path, over_http=False):
        yield each


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


def _said(toast: str) -> Any:
    async def answer(event: Event) -> Answer:
        return Answer(toast=toast)

    return answer
