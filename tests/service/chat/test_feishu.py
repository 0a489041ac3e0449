"""The Feishu channel at work on both transports: what people say and tap, and what they are shown."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.chat.errors import AuthFailed, PayloadRejected, RateLimited, RecipientUnreachable, Transient
from bot.chat.feishu.api import MEDIA_LIMIT
from bot.chat.platform import (
    Address,
    AddressKind,
    Answer,
    CardRef,
    CardState,
    ClickIn,
    EnterIn,
    Event,
    Image,
    ImageIn,
    Text,
    TextIn,
    UpdateResult,
)
from tests.fakes.feishu_platform import Refused
from tests.service.chat.feishu_bot import World, approval, world

PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 100


@pytest.fixture(params=["websocket", "webhook"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Connected in each of the two ways."""
    async with world(request.param, tmp_path) as connected:
        yield connected


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    """Connected over the long connection."""
    async with world("websocket", tmp_path) as connected:
        yield connected


async def test_words_come_in_with_everything_that_is_known_of_who_wrote(both: World) -> None:
    await both.fake.say("zhangsan", "领用 A4纸 5包")
    [event] = both.sink.events
    assert isinstance(event, TextIn)
    assert (event.text, event.platform, event.tenant) == ("领用 A4纸 5包", "feishu", both.fake.tenant)
    ids = both.fake.ids("zhangsan")
    assert event.sender.user_id == ids["open_id"]
    assert set(event.sender.alternate_ids) == {ids["user_id"], ids["union_id"]}
    assert event.address == Address.direct(ids["open_id"])
    assert both.channel.health().connected
    assert both.channel.health().last_inbound is not None


async def test_a_card_goes_out_a_tap_comes_in_and_the_answer_is_the_decided_card(both: World) -> None:
    reference = await both.channel.send(both.address("lixia"), approval(), "k-1")
    assert isinstance(reference, CardRef)
    done = approval(CardState.DONE, "已同意 · 李霞 14:05")

    async def decide(event: Event) -> Answer:
        return Answer(done, "已同意")

    both.sink.answer = decide
    [shown] = both.fake.seen("lixia")
    assert shown.card is not None
    assert shown.card.buttons == {"approve": "同意", "reject": "拒绝"}
    assert await both.fake.tap("lixia", shown.card, "approve") == "已同意"
    [event] = both.sink.events
    assert isinstance(event, ClickIn)
    assert (event.card_id, event.action, event.text) == ("c-1", "approve", "")
    [after] = both.fake.seen("lixia")
    assert after.card is not None
    assert not after.card.buttons
    assert "已同意 · 李霞 14:05" in after.card.text


async def test_a_reason_is_typed_into_the_card(both: World) -> None:
    await both.channel.send(both.address("lixia"), approval(), "k-1")
    [shown] = both.fake.seen("lixia")
    assert shown.card is not None
    await both.fake.tap("lixia", shown.card, "reject", "本月已超额")
    [event] = both.sink.events
    assert isinstance(event, ClickIn)
    assert (event.action, event.text) == ("reject", "本月已超额")


async def test_a_card_is_replaced_later_and_not_after_two_weeks(both: World) -> None:
    reference = await both.channel.send(both.address("lixia"), approval(), "k-1")
    assert isinstance(reference, CardRef)
    closed = approval(CardState.CLOSED, "已由王五处理")
    assert (await both.channel.update(reference, closed)).result is UpdateResult.UPDATED
    [after] = both.fake.seen("lixia")
    assert after.card is not None
    assert "已由王五处理" in after.card.text
    both.clock.ahead = timedelta(days=14, seconds=1).total_seconds()
    assert (await both.channel.update(reference, closed)).result is UpdateResult.EXPIRED


async def test_a_late_answer_changes_the_card_after_the_tap_was_answered(both: World) -> None:
    await both.channel.send(both.address("lixia"), approval(), "k-1")
    goes_on = asyncio.Event()

    async def decide(event: Event) -> Answer:
        await goes_on.wait()
        return Answer(approval(CardState.DONE, "已同意"))

    both.sink.answer = decide
    [shown] = both.fake.seen("lixia")
    assert shown.card is not None
    assert await both.fake.tap("lixia", shown.card, "approve") == ""
    assert both.fake.calls.count("patch") == 0
    goes_on.set()
    await both.fake.until(lambda: both.fake.calls.count("patch") == 1)
    [after] = both.fake.seen("lixia")
    assert after.card is not None
    assert "已同意" in after.card.text
    assert not after.card.buttons


async def test_an_update_while_a_tap_is_answered_waits_for_it(here: World) -> None:
    reference = await here.channel.send(here.address("lixia"), approval(), "k-1")
    assert isinstance(reference, CardRef)
    updating: list[asyncio.Task[object]] = []

    async def decide(event: Event) -> Answer:
        done = approval(CardState.DONE, "已完成")
        updating.append(asyncio.create_task(here.channel.update(reference, done)))
        await asyncio.sleep(0.3)
        return Answer(approval(CardState.PROCESSING, "处理中"))

    here.sink.answer = decide
    [shown] = here.fake.seen("lixia")
    assert shown.card is not None
    await here.fake.tap("lixia", shown.card, "approve")
    await updating[0]
    [after] = here.fake.seen("lixia")
    assert after.card is not None
    assert "已完成" in after.card.text


async def test_a_card_that_is_being_tapped_elsewhere_is_changed_a_moment_later(here: World) -> None:
    reference = await here.channel.send(here.address("lixia"), approval(), "k-1")
    assert isinstance(reference, CardRef)
    [message] = here.fake.sent.values()
    message.open_taps = 1  # another replica has not answered yet
    with pytest.raises(RateLimited):
        await here.channel.update(reference, approval(CardState.DONE, "已完成"))
    message.open_taps = 0
    assert (await here.channel.update(reference, approval(CardState.DONE))).result is UpdateResult.UPDATED


async def test_a_card_of_somebody_out_of_reach_is_expired(here: World) -> None:
    reference = await here.channel.send(here.address("lixia"), approval(), "k-1")
    assert isinstance(reference, CardRef)
    here.fake.scripted["patch"] = [Refused(400, 230013)]
    assert (await here.channel.update(reference, approval())).result is UpdateResult.EXPIRED


async def test_pictures_that_are_empty_or_too_large_stay_here(here: World) -> None:
    for data in (b"", b"0" * (MEDIA_LIMIT + 1)):
        with pytest.raises(PayloadRejected):
            await here.channel.send(here.address("lixia"), Image(data, "image/png", "x"), "k-1")
    await here.fake.send_picture("zhangsan", b"0" * (MEDIA_LIMIT + 1))
    [event] = here.sink.events
    assert isinstance(event, ImageIn)
    with pytest.raises(PayloadRejected):
        await here.channel.fetch(event.media)
    here.fake.scripted["resource"] = [Refused(400, 234003)]
    with pytest.raises(Transient):
        await here.channel.fetch(event.media)


async def test_the_same_key_sends_once(both: World) -> None:
    for _ in range(2):
        await both.channel.send(both.address("lixia"), Text("您好"), "k-1")
    await both.channel.send(both.address("lixia"), Text("您好"), "k-2")
    assert [shown.text for shown in both.fake.seen("lixia")] == ["您好", "您好"]


async def test_a_group_is_heard_where_the_bot_is_named_and_only_there(both: World) -> None:
    await both.fake.say("zhangsan", "库存 A4纸", group="warehouse")
    other = [{"key": "@_user_1", "id": {"open_id": "ou_somebody"}, "name": "李霞", "tenant_key": "t"}]
    await both.fake.push(both.fake.message("zhangsan", "text", {"text": "@_user_1 你看"}, "warehouse", other))
    [event] = both.sink.events
    assert isinstance(event, TextIn)
    assert event.text == "库存 A4纸"
    assert event.address == Address(AddressKind.GROUP, "oc_warehouse")
    await both.channel.send(event.address, Text("还有 320 包"), "k-1")
    assert [shown.text for shown in both.fake.seen("", "warehouse")] == ["还有 320 包"]


async def test_pictures_come_in_and_go_out(both: World) -> None:
    await both.fake.send_picture("zhangsan", PICTURE)
    [event] = both.sink.events
    assert isinstance(event, ImageIn)
    media = await both.channel.fetch(event.media)
    assert (media.data, media.media_type) == (PICTURE, "image/png")
    await both.channel.send(both.address("zhangsan"), Image(PICTURE, "image/png", "条码"), "k-1")
    assert both.fake.calls.count("upload") == 1
    assert len(both.fake.seen("zhangsan")) == 1


async def test_somebody_who_opens_the_chat_is_greeted_once(both: World) -> None:
    async def greet(event: Event) -> Answer | None:
        return Answer(text="您好") if len(both.sink.events) == 1 and both.sink.deliveries == 1 else None

    both.sink.answer = greet
    for _ in range(2):
        await both.fake.enter("zhangsan")
    assert len(both.sink.events) == 1
    assert isinstance(both.sink.events[0], EnterIn)
    await both.fake.until(lambda: len(both.fake.seen("zhangsan")) > 0)
    assert [shown.text for shown in both.fake.seen("zhangsan")] == ["您好"]


async def test_what_was_not_kept_comes_again(both: World) -> None:
    both.sink.refuse = 2
    await both.fake.say("zhangsan", "库存 A4纸")
    assert len(both.sink.events) == 1
    assert both.sink.deliveries == 3


async def test_the_same_message_delivered_twice_has_one_key(both: World) -> None:
    event = both.fake.message("zhangsan", "text", {"text": "库存 A4纸"})
    await both.fake.push(event)
    event["header"]["event_id"] = "another-delivery"
    await both.fake.push(event)
    assert both.sink.deliveries == 2
    assert len(both.sink.events) == 1


async def test_an_expired_token_is_renewed_once_and_the_call_repeated(here: World) -> None:
    await here.channel.send(here.address("lixia"), Text("1"), "k-1")
    here.fake.expire_tokens()
    await here.channel.send(here.address("lixia"), Text("2"), "k-2")
    assert [shown.text for shown in here.fake.seen("lixia")] == ["1", "2"]
    assert here.fake.calls.count("token") == 2


async def test_a_token_that_is_never_taken_ends_in_refused_credentials(here: World) -> None:
    here.fake.scripted["send"] = [Refused(400, 99991663), Refused(400, 99991663)]
    with pytest.raises(AuthFailed):
        await here.channel.send(here.address("lixia"), Text("1"), "k-1")
    assert here.fake.calls.count("send") == 2


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (Refused(429, 99991400, headers={"x-ogw-ratelimit-reset": "7"}), RateLimited),
        (Refused(400, 99991400, headers={"x-ogw-ratelimit-reset": "7"}), RateLimited),
        (Refused(400, 230013), RecipientUnreachable),
        (Refused(400, 230002), RecipientUnreachable),
        (Refused(400, 230099), PayloadRejected),
        (Refused(400, 230018), RecipientUnreachable),
        (Refused(429, 99991400, headers={"x-ogw-ratelimit-reset": "7.0"}), RateLimited),
        (Refused(400, 99991672), AuthFailed),
        (Refused(503, 0), Transient),
        (Refused(200, 123456789), Transient),
        (Refused(502, 0, page="<html>Bad Gateway</html>"), Transient),
        (Refused(200, 0, page="[]"), Transient),
        (Refused(429, 0, page="slow down", headers={"x-ogw-ratelimit-reset": "7"}), RateLimited),
    ],
)
async def test_errors_are_told_apart(here: World, refused: Refused, error: type[Exception]) -> None:
    here.fake.scripted["send"] = [refused]
    with pytest.raises(error) as caught:
        await here.channel.send(here.address("lixia"), Text("1"), "k-1")
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 7


async def test_a_sixth_message_within_a_second_is_told_when_to_come_back(here: World) -> None:
    for number in range(5):
        await here.channel.send(here.address("lixia"), Text(str(number)), f"k-{number}")
    with pytest.raises(RateLimited) as caught:
        await here.channel.send(here.address("lixia"), Text("5"), "k-5")
    assert 0 < caught.value.retry_after <= 1


async def test_a_person_outside_the_app_cannot_be_written_to(here: World) -> None:
    here.fake.open_id("wangwu")
    here.fake.outside.add("wangwu")
    with pytest.raises(RecipientUnreachable):
        await here.channel.send(here.address("wangwu"), Text("1"), "k-1")
    with pytest.raises(RecipientUnreachable):
        await here.channel.send(Address.direct("ou_unknown"), Text("1"), "k-1")


async def test_imported_ids_of_other_kinds_are_written_to_as_well(here: World) -> None:
    ids = here.fake.ids("lixia")
    for number, kind in enumerate(("user_id", "union_id", "open_id")):
        await here.channel.send(Address.direct(ids[kind]), Text(kind), f"k-{number}")
    assert [shown.text for shown in here.fake.seen("lixia")] == ["user_id", "union_id", "open_id"]


async def test_what_people_wrote_is_no_markup_in_a_message(here: World) -> None:
    await here.channel.send(
        here.address("lixia"), Text('<at user_id="all"></at> **1** < 2 [x](http://y.example)'), "k-1"
    )
    [shown] = here.fake.seen("lixia")
    assert "<at" not in shown.text
    assert "](" not in shown.text
    assert "**" not in shown.text
    assert " < 2" in shown.text
