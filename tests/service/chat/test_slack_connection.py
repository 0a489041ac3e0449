"""Slack's two doors under faults: sockets that end, fall silent or are renewed, and requests of others."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web

from bot.chat.platform import Address, Text, TextIn
from bot.chat.slack.channel import SlackChannel
from bot.chat.tools import Tools
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_api import BOT_TOKEN, SIGNING_SECRET, Fault
from tests.service.chat.wecom_world import Clock, RecordingSink, listening, settings_of, tools_of, until

ZHANG = "U0ZHANG001"


class World:
    """A workspace and as many replicas of the bot as a test starts, which share what they have heard."""

    def __init__(self, fake: FakeSlack, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.sink = RecordingSink()
        self.tools: Tools = tools_of(session, Clock())
        self.channels: list[SlackChannel] = []
        self.runners: list[web.AppRunner] = []

    async def start_bot(
        self, environment: Mapping[str, str] | None = None, heartbeat: float = 0.4
    ) -> SlackChannel:
        chat = settings_of("SLACK", environment or self.fake.environment)
        channel = SlackChannel(chat, self.tools, first_pause=0.02, longest_pause=0.1, heartbeat=heartbeat)
        runner, url = await listening(channel)
        self.channels.append(channel)
        self.runners.append(runner)
        await channel.start(self.sink)
        if self.fake.over_http:
            await self.fake.bot_is_at(url)
        return channel

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.sink.heard if isinstance(event, TextIn)]


async def _world(folder: Path, *, over_http: bool) -> AsyncIterator[World]:
    fake = FakeSlack(over_http=over_http)
    await fake.start(folder)
    async with aiohttp.ClientSession() as session:
        world = World(fake, session)
        yield world
        for channel in world.channels:
            await channel.stop()
            await channel.stop()
        for runner in world.runners:
            await runner.cleanup()
    await fake.stop()


@pytest.fixture
async def socket(tmp_path: Path) -> AsyncIterator[World]:
    async for each in _world(tmp_path, over_http=False):
        yield each


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[World]:
    async for each in _world(tmp_path, over_http=True):
        await each.start_bot()
        yield each


# ---------------------------------------------------------------- sockets


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_after_any_close_the_bot_connects_again(socket: World, code: int) -> None:
    await socket.start_bot()
    await socket.fake.bot_is_at("")
    await socket.fake.links[0].socket.close(code=code)
    await until(lambda: socket.fake.connections == 2 and socket.fake.links)
    await socket.fake.say(ZHANG, "查库存")
    assert socket.texts == ["查库存"]


async def test_a_connection_that_breaks_off_is_made_again(socket: World) -> None:
    await socket.start_bot()
    await socket.fake.bot_is_at("")
    socket.fake.cut(socket.fake.links[0])
    await until(lambda: socket.fake.connections == 2 and socket.fake.links)
    await socket.fake.say(ZHANG, "查库存")
    assert socket.texts == ["查库存"]


async def test_a_connection_that_answers_no_ping_is_left(socket: World) -> None:
    socket.fake.pongs = False
    channel = await socket.start_bot()
    await until(lambda: socket.fake.connections >= 2)
    socket.fake.pongs = True
    await until(lambda: channel.health().connected)


async def test_the_next_connection_opens_before_an_announced_end(socket: World) -> None:
    channel = await socket.start_bot()
    await socket.fake.bot_is_at("")
    old = socket.fake.links[0]
    await socket.fake.disconnect(old, "warning")
    await until(lambda: len(socket.fake.links) == 2)
    # Both are listened to, and each is answered where it asked.
    for number, link in enumerate(socket.fake.links):
        event = socket.fake.told(socket.fake.written(ZHANG, f"第{number}句"))
        assert await socket.fake.send_over(link, event, "events_api") is not None
    assert socket.texts == ["第0句", "第1句"]
    await old.socket.close()
    await until(lambda: len(socket.fake.links) == 1)
    assert channel.health().connected
    await asyncio.sleep(0.2)
    assert socket.fake.connections == 2


async def test_a_connection_too_many_is_closed_before_the_next(socket: World) -> None:
    await socket.start_bot()
    await socket.fake.bot_is_at("")
    old = socket.fake.links[0]
    await socket.fake.disconnect(old, "too_many_websockets")
    await until(lambda: socket.fake.connections == 2 and socket.fake.links)
    assert old.socket.closed
    assert len(socket.fake.links) == 1


async def test_a_switched_off_socket_mode_is_shown_and_tried_again(socket: World) -> None:
    channel = await socket.start_bot()
    await socket.fake.bot_is_at("")
    await socket.fake.disconnect(socket.fake.links[0], "link_disabled")
    await until(lambda: "switched off" in channel.health().last_error)
    await until(lambda: socket.fake.connections == 2)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(error="invalid_auth"),
        Fault(status=429, error="ratelimited", headers={"Retry-After": "1"}),
        Fault(status=500, body=b""),
        Fault(cut=True),
        Fault(body=b'{"ok": true}', headers={"Content-Type": "application/json"}),
        Fault(body=b'{"ok": true, "url": "http://x.example"}', headers={"Content-Type": "application/json"}),
        Fault(
            body=b'{"ok": true, "url": "ws://127.0.0.1:9/gone"}', headers={"Content-Type": "application/json"}
        ),
    ],
)
async def test_whatever_refuses_an_address_is_outlived(socket: World, fault: Fault) -> None:
    socket.fake.faults["apps.connections.open"] = [fault]
    channel = await socket.start_bot()
    await socket.fake.bot_is_at("")
    await until(lambda: channel.health().connected)
    assert "ticket" not in channel.health().last_error


async def test_one_event_over_two_connections_is_one_event(socket: World) -> None:
    await socket.start_bot()
    await socket.start_bot()
    await until(lambda: len(socket.fake.links) == 2)
    event = socket.fake.told(socket.fake.written(ZHANG, "领用 A4纸 5包"))
    first, second = socket.fake.links
    assert await socket.fake.send_over(first, event, "events_api")
    assert await socket.fake.send_over(second, event, "events_api", attempt=1)
    assert (len(socket.sink.heard), socket.sink.repeats) == (1, 1)


async def test_events_out_of_order_and_late_are_heard(socket: World) -> None:
    await socket.start_bot()
    await socket.fake.bot_is_at("")
    first, second = (socket.fake.written(ZHANG, text) for text in ("一", "二"))
    assert await socket.fake.push_event(second)
    assert await socket.fake.push_event({**first, "ts": "1600000000.000001"})
    assert socket.texts == ["二", "一"]
    assert socket.sink.heard[1].sent_at < socket.sink.heard[0].sent_at


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"envelope_id": 1}',
        '{"type": "events_api", "envelope_id": "e"}',
        "[" * 5000,
    ],
)
async def test_frames_that_are_none_harm_nobody(socket: World, frame: str) -> None:
    await socket.start_bot()
    await socket.fake.bot_is_at("")
    await socket.fake.links[0].socket.send_str(frame)
    await socket.fake.links[0].socket.send_bytes(b"\x00")
    await socket.fake.say(ZHANG, "查库存")
    assert socket.texts == ["查库存"]
    assert socket.fake.connections == 1


async def test_an_envelope_that_cannot_be_read_is_acknowledged(socket: World) -> None:
    await socket.start_bot()
    await socket.fake.bot_is_at("")
    assert await socket.fake.push({"type": "event_callback", "event": []}, "events_api")
    assert await socket.fake.push({"type": "block_actions"}, "interactive")
    assert await socket.fake.push({"command": "/stock"}, "slash_commands")
    assert socket.sink.heard == []


async def test_a_frame_too_large_ends_the_connection_only(socket: World) -> None:
    await socket.start_bot()
    await socket.fake.bot_is_at("")
    await socket.fake.links[0].socket.send_str("x" * (2 * 1024 * 1024))
    await until(lambda: socket.fake.connections == 2)


async def test_stopping_does_not_wait_for_a_deaf_end(socket: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.chat.slack.connection.CLOSE_SECONDS", 0.1)
    channel = await socket.start_bot(heartbeat=60.0)
    await socket.fake.bot_is_at("")
    socket.fake.links[0].fall_deaf()
    async with asyncio.timeout(5):
        await channel.stop()
    assert not channel.health().connected


async def test_who_the_bot_is_is_asked_until_it_is_known(socket: World) -> None:
    socket.fake.faults["auth.test"] = [Fault(status=500, body=b""), Fault(error="invalid_auth")]
    await socket.start_bot()
    await until(lambda: [method for method, _ in socket.fake.calls].count("auth.test") == 3)


async def test_nothing_secret_is_logged(
    socket: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await socket.start_bot()
    await socket.fake.bot_is_at("")
    await socket.channels[0].send(Address.direct(ZHANG), Text("好"), "k")
    await socket.fake.disconnect(socket.fake.links[0])
    await until(lambda: socket.fake.connections == 2)
    told = caplog.text + "".join(capfd.readouterr())
    assert "connection will end" in told
    for secret in (BOT_TOKEN, "xapp-", "ticket-", SIGNING_SECRET):
        assert secret not in told


# ---------------------------------------------------------------- requests


def _event(world: World, text: str = "查库存") -> bytes:
    return json.dumps(world.fake.told(world.fake.written(ZHANG, text))).encode()


async def test_headers_are_read_whatever_their_case(http: World) -> None:
    body = _event(http)
    signed = http.fake.signed(body)
    lower = {name.lower(): value for name, value in signed.items()}
    assert (await http.fake.post(body, {**lower, "content-type": "application/json"}))[0] == 200
    assert http.texts == ["查库存"]


@pytest.mark.parametrize(
    "change",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=\u00e9"},
        {"X-Slack-Signature": "v1=abc"},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "now"},
        {"X-Slack-Request-Timestamp": "\u00b2"},
        {"X-Slack-Request-Timestamp": "9" * 400},
        {"X-Slack-Request-Timestamp": "-1"},
    ],
)
async def test_a_request_that_is_not_signed_is_refused(http: World, change: dict[str, str]) -> None:
    body = _event(http)
    headers = {**http.fake.signed(body), "Content-Type": "application/json", **change}
    assert (await http.fake.post(body, headers))[0] == 403
    assert http.sink.heard == []


@pytest.mark.parametrize("seconds", [-301, 301, -86400])
async def test_a_request_of_another_time_is_refused(http: World, seconds: int) -> None:
    body = _event(http)
    assert (await http.fake.post_signed(body, "application/json", at=time.time() + seconds))[0] == 403
    assert http.sink.heard == []


@pytest.mark.parametrize("seconds", [-280, 280])
async def test_clocks_may_differ_a_little(http: World, seconds: int) -> None:
    assert (await http.fake.post_signed(_event(http), "application/json", at=time.time() + seconds))[0] == 200


async def test_an_altered_body_is_refused(http: World) -> None:
    body = _event(http)
    headers = {**http.fake.signed(body), "Content-Type": "application/json"}
    for altered in (body + b" ", body.replace(b"U0ZHANG001", b"U0LI000001"), b""):
        assert (await http.fake.post(altered, headers))[0] == 403
    assert http.sink.heard == []


async def test_a_replayed_request_has_no_second_effect(http: World) -> None:
    body = _event(http)
    headers = {**http.fake.signed(body), "Content-Type": "application/json"}
    for _ in range(3):
        assert (await http.fake.post(body, headers))[0] == 200
    assert len(http.sink.heard) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        ("²".encode(), "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>', "application/xml"),
        (b"payload=%ff", "application/x-www-form-urlencoded"),
        (b"payload=[]", "application/x-www-form-urlencoded"),
        (b"&" * 5000 + b"a=1", "application/x-www-form-urlencoded"),
        (
            urlencode({"payload": '{"type":"block_actions","actions":[]}'}).encode(),
            "application/x-www-form-urlencoded",
        ),
        (b"command=%2Fstock&text=a", "application/x-www-form-urlencoded"),
        (b'{"type":"url_verification","challenge":[]}', "application/json"),
    ],
)
async def test_what_slack_signed_but_nobody_can_read_is_not_brought_again(
    http: World, body: bytes, content_type: str
) -> None:
    assert (await http.fake.post_signed(body, content_type))[0] == 200
    assert http.sink.heard == []


async def test_a_body_of_twenty_megabytes_is_refused_early(http: World) -> None:
    status, _ = await http.fake.post_signed(b"x" * 20 * 1024 * 1024, "application/json")
    assert status in (0, 413)
    assert http.sink.heard == []


async def test_a_slow_body_is_given_up(http: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.chat.slack.callbacks.BODY_SECONDS", 0.2)

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" "
            await asyncio.sleep(0.1)

    async with aiohttp.ClientSession() as client:
        try:
            async with client.post(http.fake.request_url, data=drops()) as response:
                assert response.status == 408
        except aiohttp.ClientError:
            pass
    assert http.sink.heard == []


async def test_what_is_not_kept_is_asked_for_again(http: World) -> None:
    http.sink.refuse = 1
    assert (await http.fake.post_signed(_event(http), "application/json"))[0] == 503
    http.sink.refuse = 2
    await http.fake.say(ZHANG, "查库存")
    assert http.texts == ["查库存"]


async def test_without_a_signing_secret_there_is_no_door(socket: World) -> None:
    channel = await socket.start_bot()
    assert channel.routes() == []


async def test_both_doors_can_be_open(socket: World, tmp_path: Path) -> None:
    secret: dict[str, Any] = {"KUGUAN_SLACK_SIGNING_SECRET_FILE": str(tmp_path / "slack-SIGNING_SECRET")}
    channel = await socket.start_bot({**socket.fake.environment, **secret})
    assert len(channel.routes()) == 1
    await until(lambda: channel.health().connected)
