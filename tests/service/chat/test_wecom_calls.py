"""Calls of the channel `wecom` that are refused, limited or lost; and what an administrator has set up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.chat.errors import AuthFailed, PayloadRejected, RateLimited, RecipientUnreachable, Transient
from bot.chat.platform import Address, AddressKind, Line, Text, UpdateResult
from bot.chat.wecom import check, configured
from services.kit.settings import SettingInvalid, SettingMissing
from tests.fakes.wecom import FakeWecom, Fault
from tests.service.chat.wecom_world import (
    Clock,
    World,
    app_world,
    approval,
    decided,
    last_card,
    settings_of,
    tools_of,
    until,
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


# ---------------------------------------------------------------- calls


@pytest.mark.parametrize("code", [40014, 42001])
async def test_a_token_that_ended_early_is_fetched_once_and_the_call_repeated(
    world: World, wecom: FakeWecom, code: int
) -> None:
    await world.channel.send(LISI, Text("一"), "1")
    fetched = wecom.tokens_fetched
    wecom.faults["message/send"] = [Fault({"errcode": code, "errmsg": "expired"})]
    await world.channel.send(LISI, Text("二"), "2")
    assert wecom.chats["lisi"] == ["一", "二"]
    assert wecom.tokens_fetched == fetched + 1
    wecom.faults["message/send"] = [Fault({"errcode": code, "errmsg": "expired"})] * 2
    with pytest.raises(Transient):
        await world.channel.send(LISI, Text("三"), "3")


async def test_many_calls_at_once_fetch_one_token(world: World, wecom: FakeWecom) -> None:
    wecom.members |= {f"p{number}" for number in range(20)}
    sends = [world.channel.send(Address.direct(f"p{number}"), Text("好"), "k") for number in range(20)]
    await asyncio.gather(*sends)
    assert wecom.tokens_fetched == 1
    world.clock.turn(seconds=7200 - 299)
    await world.channel.send(LISI, Text("好"), "k")
    assert wecom.tokens_fetched == 2, "renewed five minutes before it ends"


REFUSALS = {
    "429": (Fault(status=429, headers={"Retry-After": "7"}), RateLimited),
    "45009": (Fault({"errcode": 45009}), RateLimited),
    "45033": (Fault({"errcode": 45033}), RateLimited),
    "60020": (Fault({"errcode": 60020}), AuthFailed),
    "81013": (Fault({"errcode": 81013}), RecipientUnreachable),
    "40058": (Fault({"errcode": 40058}), PayloadRejected),
    "busy": (Fault({"errcode": -1}), Transient),
    "500": (Fault(status=500), Transient),
    "502 without JSON": (Fault(status=502), Transient),
    "a word for a code": (Fault({"errcode": "what"}), Transient),
    "an object for a code": (Fault({"errcode": {}}), Transient),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_means_what_the_core_can_act_on(world: World, wecom: FakeWecom, name: str) -> None:
    fault, error = REFUSALS[name]
    wecom.faults["message/send"] = [fault]
    with pytest.raises(error) as raised:
        await world.channel.send(LISI, Text("好"), "k")
    assert "token-1" not in str(raised.value)
    assert "access_token" not in str(raised.value)
    health = world.channel.health()
    assert health.last_error
    assert health.connected is not issubclass(error, AuthFailed | Transient)
    await world.channel.send(LISI, Text("好"), "k")
    assert world.channel.health().last_error == ""


async def test_who_cannot_see_the_app_is_unreachable_even_when_the_answer_says_ok(
    world: World, wecom: FakeWecom
) -> None:
    wecom.faults["message/send"] = [Fault({"errcode": 0, "invaliduser": "zhangsan"})]
    with pytest.raises(RecipientUnreachable):
        await world.channel.send(Address.direct("ZhangSan"), Text("好"), "k")
    with pytest.raises(RecipientUnreachable):
        await world.channel.send(Address.direct("nobody"), Text("好"), "k")
    with pytest.raises(RecipientUnreachable):
        await world.channel.send(Address(AddressKind.GROUP, "g"), Text("好"), "k")


@pytest.mark.parametrize("user", ["@all", "lisi|ZhangSan", "", "a" * 65, "李四"])
async def test_nobody_is_written_to_but_the_one_who_is_meant(
    world: World, wecom: FakeWecom, user: str
) -> None:
    with pytest.raises(RecipientUnreachable):
        await world.channel.send(Address.direct(user), Text("好"), "k")
    assert "message/send" not in [path for path, _ in wecom.calls]


async def test_what_the_product_would_drop_in_silence_is_sent_later(world: World, wecom: FakeWecom) -> None:
    for number in range(30):
        await world.channel.send(LISI, Text(str(number)), str(number))
    with pytest.raises(RateLimited) as limited:
        await world.channel.send(LISI, Text("30"), "30")
    assert 0 < limited.value.retry_after <= 60
    await world.channel.send(Address.direct("wangwu"), Text("others go on"), "k")
    assert (len(wecom.chats["lisi"]), wecom.dropped) == (30, 0)


async def test_a_card_whose_answer_was_lost_is_not_shown_twice(world: World, wecom: FakeWecom) -> None:
    wecom.faults["message/send"] = [Fault(status=500, done=True)]
    with pytest.raises(Transient):
        await world.channel.send(LISI, approval(), "key-1")
    reference = await world.channel.send(LISI, approval(), "key-1")
    assert len(wecom.chats["lisi"]) == 1
    updated = await world.channel.update(reference, decided(approval()))
    assert updated.result is UpdateResult.EXPIRED, "its code went with the lost answer"


async def test_a_card_shown_anew_is_another_task(world: World, wecom: FakeWecom) -> None:
    await world.channel.send(LISI, approval(), "key-1")
    await world.channel.send(LISI, approval(), "key-2")
    tasks = {shown.card.key for shown in wecom.seen("lisi") if shown.card}
    assert len(tasks) == 2
    await wecom.tap("lisi", last_card(wecom, "lisi"), "approve")
    assert world.sink.clicks[0].card_id == "card-1"


async def test_an_update_that_is_limited_spends_no_code(world: World, wecom: FakeWecom) -> None:
    reference = await world.channel.send(LISI, approval(), "key-1")
    for fault in (Fault(status=429), Fault({"errcode": 45009}), Fault(status=500)):
        wecom.faults["message/update_template_card"] = [fault]
        with pytest.raises((RateLimited, Transient)):
            await world.channel.update(reference, decided(approval()))
    wecom.faults["message/update_template_card"] = [Fault({"errcode": 42001})]
    updated = await world.channel.update(reference, decided(approval()))
    assert updated.result is UpdateResult.UPDATED
    assert "已同意" in last_card(wecom, "lisi").text


async def test_long_words_come_in_parts_and_none_is_lost(world: World, wecom: FakeWecom) -> None:
    words = "\n".join(f"第{number}行 库存 充足" for number in range(200))
    await world.channel.send(LISI, Text(words), "k")
    said = [one for one in wecom.chats["lisi"] if isinstance(one, str)]
    assert len(said) > 1
    assert "\n".join(said) == words


async def test_a_repeat_goes_on_after_the_part_that_arrived(world: World, wecom: FakeWecom) -> None:
    card = approval(lines=tuple(Line(f"物品{number}", f"−{number} 件") for number in range(30)))
    wecom.faults["message/send"] = [Fault(status=500)]
    with pytest.raises(Transient):
        await world.channel.send(LISI, card, "key-1")
    await world.channel.send(LISI, Text("别的话"), "key-2")
    await world.channel.send(LISI, card, "key-1")
    texts = [shown.text for shown in wecom.seen("lisi") if not shown.card]
    assert [text.partition("\n")[0] for text in texts] == ["别的话", card.title], (
        "the text before the card once"
    )

    again = approval("card-2", lines=card.lines)
    wecom.faults["message/send"] = [None, Fault(status=500)]
    with pytest.raises(Transient):
        await world.channel.send(LISI, again, "key-3")
    await world.channel.send(LISI, again, "key-3")
    texts = [shown.text for shown in wecom.seen("lisi") if not shown.card]
    assert len(texts) == 3, "a text that arrived is not said again"
    assert len([shown for shown in wecom.seen("lisi") if shown.card]) == 2


# ---------------------------------------------------------------- setting up


async def test_nothing_set_is_no_channel_and_half_set_says_what_is_missing(
    wecom: FakeWecom, clock: Clock
) -> None:
    async with aiohttp.ClientSession() as session:
        tools = tools_of(session, clock)
        assert configured(settings_of("WECOM", {}), tools) is None
        assert configured(settings_of("WECOM", {"KUGUAN_WECOM_BOT_ID": "b"}), tools) is None
        for name in wecom.environment:
            left = {key: value for key, value in wecom.environment.items() if key != name}
            if name == "KUGUAN_WECOM_API_URL":
                continue
            with pytest.raises(SettingMissing) as missing:
                configured(settings_of("WECOM", left), tools)
            assert missing.value.setting == name
        wrong = {**wecom.environment, "KUGUAN_WECOM_AGENT_ID": "１２"}
        with pytest.raises(SettingInvalid):
            configured(settings_of("WECOM", wrong), tools)


async def test_the_check_goes_through(world: World, wecom: FakeWecom) -> None:
    found = await check(settings_of("WECOM", wecom.environment), world.session)
    assert [(one.step, one.ok) for one in found] == [
        ("callback", True),
        ("token", True),
        ("app", True),
    ]


async def test_the_menu_is_set_at_the_start_and_after_a_refusal(
    wecom: FakeWecom, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.wecom.menu._PAUSES", (0.05, 0.05))
    wecom.faults["menu/create"] = [Fault({"errcode": 48002}), Fault(status=500)]
    async with app_world(wecom, clock) as world:
        await until(lambda: wecom.menu)
        assert world.channel.health().last_error == "", "everything can still be typed"
    said = [one for top in wecom.menu["button"] for one in top.get("sub_button", [top])]
    assert [one["key"] for one in said] == [
        "say:查库存",
        "say:领用",
        "say:退料",
        "say:待我审批",
        "say:我的单据",
    ]


async def test_the_check_names_the_step_that_is_missing(
    world: World, wecom: FakeWecom, tmp_path: Path
) -> None:
    async def outcome(**changes: str) -> tuple[str, bool, str]:
        environment = {**wecom.environment, **changes}
        found = await check(settings_of("WECOM", environment), world.session)
        return found[-1].step, found[-1].ok, found[-1].key

    (tmp_path / "other").write_text("other")
    assert await outcome(KUGUAN_WECOM_CORP_ID="") == ("settings", False, "check.wecom.settings.corp_id")
    assert await outcome(KUGUAN_WECOM_AGENT_ID="x") == ("settings", False, "check.wecom.settings.agent_id")
    assert await outcome(KUGUAN_WECOM_CORP_ID="wwother") == ("token", False, "check.wecom.token.refused")
    wrong = str(tmp_path / "other")
    assert await outcome(KUGUAN_WECOM_SECRET_FILE=wrong) == ("token", False, "check.wecom.token.refused")
    gone = "http://127.0.0.1:1"
    assert await outcome(KUGUAN_WECOM_API_URL=gone) == ("token", False, "check.wecom.token.unreachable")
    wecom.trusted = False
    assert await outcome() == ("app", False, "check.wecom.app.address_not_trusted")
    environment = {**wecom.environment, "KUGUAN_WECOM_AES_KEY_FILE": wrong}
    found = await check(settings_of("WECOM", environment), world.session)
    assert (found[0].key, found[0].ok) == ("check.wecom.callback.wrong_key", False)
