"""The channel `wecom-bot` when its connection or the answers to its commands go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot.chat.errors import PayloadRejected, RateLimited, RecipientUnreachable, Transient
from bot.chat.platform import Address, Text, TextIn
from bot.chat.wecom_bot import check, configured
from services.kit.errors import Unreachable
from services.kit.settings import SettingMissing
from tests.fakes.wecom_bot import BOT, SECRET, FakeWecomBot
from tests.service.chat.wecom_world import (
    QUICK,
    Clock,
    MemoryLeases,
    World,
    bot_world,
    settings_of,
    tools_of,
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


# ---------------------------------------------------------------- the connection


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 4000])
async def test_a_close_with_any_code_is_followed_by_a_new_connection(
    world: World, gateway: FakeWecomBot, code: int
) -> None:
    await gateway.close(code)
    await gateway.bot_is_at("")
    await gateway.say("lisi", "还在吗")
    await until(lambda: texts(world) == ["还在吗"])
    assert gateway.connections == 2


async def test_a_cut_connection_is_followed_by_a_new_one(world: World, gateway: FakeWecomBot) -> None:
    await gateway.drop()
    await gateway.bot_is_at("")
    await met(world, gateway)


async def test_a_socket_without_pongs_is_given_up(world: World, gateway: FakeWecomBot) -> None:
    gateway.answers_pings = False
    await until(lambda: gateway.connections >= 2)
    gateway.answers_pings = True
    await gateway.bot_is_at("")


async def test_a_socket_that_answers_pings_but_brings_nothing_is_built_anew(gateway: FakeWecomBot) -> None:
    async with bot_world(gateway, timing=replace(QUICK, deaf=0.5)):
        await until(lambda: gateway.connections >= 2)


async def test_refused_credentials_are_told_and_not_tried_again_and_again(gateway: FakeWecomBot) -> None:
    gateway.accepts = False
    async with bot_world(gateway, timing=replace(QUICK, longest_pause=60.0), wait=False) as world:
        await until(lambda: world.channel.health().last_error)
        await asyncio.sleep(0.5)
        assert gateway.connections == 1
        health = world.channel.health()
        assert not health.connected
        assert "AuthFailed" in health.last_error
        assert SECRET not in health.last_error


async def test_nobody_at_the_address_is_told_and_tried_again(gateway: FakeWecomBot) -> None:
    async with bot_world(gateway) as world:
        await gateway.stop()
        await until(lambda: "cannot connect" in world.channel.health().last_error)
        with pytest.raises(Transient):
            await world.channel.send(LISI, Text("好"), "k")


async def test_stopping_closes_the_socket_and_gives_the_lease_back(gateway: FakeWecomBot) -> None:
    leases = MemoryLeases(Clock())
    async with bot_world(gateway, leases):
        assert leases.held
    assert leases.held == {}
    await until(lambda: not gateway.subscribed.is_set())


# ---------------------------------------------------------------- one connection for all replicas


async def test_of_two_replicas_one_is_connected_and_the_other_takes_over(gateway: FakeWecomBot) -> None:
    leases = MemoryLeases(Clock())
    async with bot_world(gateway, leases) as first, bot_world(gateway, leases, wait=False) as second:
        await asyncio.sleep(1.0)
        assert (gateway.connections, gateway.evictions) == (1, 0)
        assert second.channel.health().connected, "a replica that stands by is well"
        with pytest.raises(Transient):
            await second.channel.send(LISI, Text("好"), "k")
        await first.channel.stop()
        await until(lambda: gateway.connections == 2 and gateway.subscribed.is_set())
        await met(second, gateway)
        assert gateway.evictions == 0


async def test_a_replica_that_lost_its_lease_lets_go_of_the_connection(gateway: FakeWecomBot) -> None:
    leases = MemoryLeases(Clock())
    async with bot_world(gateway, leases) as world:
        until_then = leases.clock().replace(year=2100)
        leases.held[f"wecom-bot:{BOT}"] = ("another replica", until_then)
        await until(lambda: not gateway.subscribed.is_set())
        await asyncio.sleep(0.5)
        assert not gateway.subscribed.is_set()
        del leases.held[f"wecom-bot:{BOT}"]
        await until(gateway.subscribed.is_set)
        await met(world, gateway)


async def test_a_database_that_cannot_be_asked_for_a_moment_costs_no_connection(
    gateway: FakeWecomBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    leases = MemoryLeases(Clock())
    async with bot_world(gateway, leases, replace(QUICK, lease=1.5)):
        hold = leases.hold

        async def fails(name: str, holder: str, seconds: float) -> bool:
            raise Unreachable

        monkeypatch.setattr(leases, "hold", fails)
        await asyncio.sleep(0.7)
        monkeypatch.setattr(leases, "hold", hold)
        await asyncio.sleep(0.6)
        assert gateway.subscribed.is_set()
        assert gateway.connections == 1
        monkeypatch.setattr(leases, "hold", fails)
        await until(lambda: not gateway.subscribed.is_set())


@pytest.mark.parametrize("closes", [True, False], ids=["closed", "left deaf"])
async def test_an_evicted_socket_is_closed_and_comes_back_after_a_pause(
    world: World, gateway: FakeWecomBot, closes: bool
) -> None:
    gateway.closes_evicted = closes
    async with aiohttp.ClientSession() as session, session.ws_connect(gateway.url) as other:
        subscribe = {"bot_id": BOT, "secret": SECRET}
        frame = {"cmd": "aibot_subscribe", "headers": {"req_id": "other"}, "body": subscribe}
        await other.send_str(json.dumps(frame))
        await until(lambda: gateway.evictions == 1)
        await until(lambda: "another program" in world.channel.health().last_error)
        assert not world.channel.health().connected
        await other.close()
    await until(lambda: gateway.connections == 3 and gateway.subscribed.is_set())
    await met(world, gateway)


async def test_two_programs_with_one_bot_evict_each_other_ever_more_rarely(gateway: FakeWecomBot) -> None:
    timing = replace(QUICK, evicted=0.2, longest_evicted=60.0)
    # Each has leases of its own, as programs have that know nothing of each other.
    async with bot_world(gateway, timing=timing), bot_world(gateway, timing=timing, wait=False):
        await asyncio.sleep(3.0)
        assert 1 <= gateway.evictions <= 10


async def test_a_bot_that_was_evicted_for_days_still_comes_back(world: World, gateway: FakeWecomBot) -> None:
    world.channel._connection._evictions = 5000
    await gateway.close(1000)
    await gateway.bot_is_at("")


# ---------------------------------------------------------------- answers


async def test_a_command_without_an_answer_ends(world: World, gateway: FakeWecomBot) -> None:
    await met(world, gateway)
    gateway.keep_silent = 1
    with pytest.raises(Transient):
        await world.channel.send(LISI, Text("好"), "k")
    await world.channel.send(LISI, Text("又好"), "k")
    assert gateway.chats["lisi"] == ["又好"]


async def test_a_refusal_that_does_not_say_of_what_is_of_the_one_command_that_waits(
    world: World, gateway: FakeWecomBot
) -> None:
    await met(world, gateway)
    gateway.names_refusals = False
    gateway.refuse = [{"errcode": 40058, "errmsg": "missing field"}]
    with pytest.raises(PayloadRejected):
        await world.channel.send(LISI, Text("好"), "k")
    gateway.refuse = [{"errcode": 40058, "errmsg": "missing field"}] * 2
    both = await asyncio.gather(
        world.channel.send(LISI, Text("一"), "1"),
        world.channel.send(LISI, Text("二"), "2"),
        return_exceptions=True,
    )
    assert all(isinstance(one, PayloadRejected | Transient) for one in both), "no command waits for ever"


REFUSALS = {45009: RateLimited, 40008: PayloadRejected, 40058: PayloadRejected, 86201: RecipientUnreachable}


@pytest.mark.parametrize(("code", "error"), [*REFUSALS.items(), (-1, Transient), ("what", Transient)])
async def test_a_refusal_means_what_the_core_can_act_on(
    world: World, gateway: FakeWecomBot, code: int | str, error: type[Exception]
) -> None:
    await met(world, gateway)
    gateway.refuse = [{"errcode": code, "errmsg": "no"}]
    with pytest.raises(error):
        await world.channel.send(LISI, Text("好"), "k")


async def test_who_never_talked_to_the_bot_cannot_be_written_to(world: World, gateway: FakeWecomBot) -> None:
    with pytest.raises(RecipientUnreachable):
        await world.channel.send(Address.direct("stranger"), Text("好"), "k")


async def test_more_than_a_chat_may_get_is_sent_later(world: World, gateway: FakeWecomBot) -> None:
    await met(world, gateway)
    for number in range(30):
        await world.channel.send(LISI, Text(str(number)), str(number))
    with pytest.raises(RateLimited):
        await world.channel.send(LISI, Text("30"), "30")
    assert len(gateway.chats["lisi"]) == 30


# ---------------------------------------------------------------- setting up


async def test_nothing_set_is_no_channel_and_half_set_says_what_is_missing(gateway: FakeWecomBot) -> None:
    async with aiohttp.ClientSession() as session:
        tools = tools_of(session, Clock())
        assert configured(settings_of("WECOM_BOT", {}), tools) is None
        for name in ("KUGUAN_WECOM_BOT_ID", "KUGUAN_WECOM_BOT_SECRET_FILE"):
            left = {key: value for key, value in gateway.environment.items() if key != name}
            with pytest.raises(SettingMissing) as missing:
                configured(settings_of("WECOM_BOT", left), tools)
            assert missing.value.setting == name


async def test_the_check_subscribes_once_and_names_what_is_wrong(
    gateway: FakeWecomBot, tmp_path: Path
) -> None:
    async with aiohttp.ClientSession() as session:

        async def outcome(**changes: str) -> tuple[bool, str]:
            environment = {**gateway.environment, **changes}
            found = await check(settings_of("WECOM_BOT", environment), session)
            return found[-1].ok, found[-1].key

        (tmp_path / "other").write_text("other")
        wrong = str(tmp_path / "other")
        assert await outcome() == (True, "check.wecom_bot.subscription.right")
        assert await outcome(KUGUAN_WECOM_BOT_ID="") == (False, "check.wecom_bot.settings.id")
        refused = (False, "check.wecom_bot.subscription.refused")
        assert await outcome(KUGUAN_WECOM_BOT_SECRET_FILE=wrong) == refused
        unreachable = (False, "check.wecom_bot.connection.unreachable")
        assert await outcome(KUGUAN_WECOM_BOT_API_URL="ws://127.0.0.1:1/") == unreachable
