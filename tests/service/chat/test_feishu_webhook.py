"""What Feishu pushes to the webhook is taken in; what is not from it, late, or far too much is refused."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.chat.platform import TextIn
from tests.fakes.feishu_platform import Refused
from tests.fakes.feishu_pushes import PATH, VERIFICATION_TOKEN, encrypted, signed
from tests.service.chat.feishu_bot import World, world


@pytest.fixture
async def pushed(tmp_path: Path) -> AsyncIterator[World]:
    """Over the webhook."""
    async with world("webhook", tmp_path) as here:
        yield here


def _event(here: World) -> bytes:
    return json.dumps(here.fake.message("zhangsan", "text", {"text": "库存"})).encode()


def _body(plain: bytes) -> bytes:
    return json.dumps({"encrypt": encrypted(plain)}).encode()


async def test_a_push_is_taken_once_and_refused_when_it_is_replayed(pushed: World) -> None:
    body = _body(_event(pushed))
    headers = signed(body)
    assert (await pushed.fake.post(b"", body=body, headers=headers))[0] == 200
    assert (await pushed.fake.post(b"", body=body, headers=headers))[0] == 403
    assert (await pushed.fake.post(b"", body=body, headers=signed(body)))[0] == 200
    assert len(pushed.sink.events) == 1


async def test_a_push_that_was_not_kept_may_come_again_as_it_was(pushed: World) -> None:
    body = _body(_event(pushed))
    headers = signed(body)
    pushed.sink.refuse = 1
    assert (await pushed.fake.post(b"", body=body, headers=headers))[0] == 503
    assert (await pushed.fake.post(b"", body=body, headers=headers))[0] == 200
    assert len(pushed.sink.events) == 1


async def test_what_is_not_from_the_product_is_refused(pushed: World) -> None:
    plain = _event(pushed)
    body = _body(plain)
    right = signed(body)
    other_token = json.loads(plain)
    other_token["header"]["token"] = "wrong"
    foreign = _body(json.dumps(other_token).encode())
    cases: list[tuple[bytes, dict[str, str]]] = [
        (body + b" ", right),
        (body, {**right, "X-Lark-Signature": "0" * 64}),
        (body, {**right, "X-Lark-Signature": "é"}),
        (body, {**right, "X-Lark-Request-Nonce": "other"}),
        (body, {"Content-Type": "application/json"}),
        (body, signed(body, str(int(time.time()) - 310))),
        (body, signed(body, str(int(time.time()) + 310))),
        (body, signed(body, "²")),
        (body, signed(body, key="another-key")),
        (plain, signed(plain)),
        (foreign, signed(foreign)),
        (b'{"encrypt": "AAAA"}', signed(b'{"encrypt": "AAAA"}')),
        (b'{"encrypt": 1}', signed(b'{"encrypt": 1}')),
    ]
    for number, (sent, headers) in enumerate(cases):
        status, _ = await pushed.fake.post(b"", body=sent, headers=headers)
        assert status == 403, number
    assert pushed.sink.deliveries == 0


async def test_header_names_are_read_in_any_case(pushed: World) -> None:
    body = _body(_event(pushed))
    headers = {name.lower(): value for name, value in signed(body).items()}
    assert (await pushed.fake.post(b"", body=body, headers=headers))[0] == 200


async def test_the_challenge_is_answered_at_once_and_only_with_the_token(pushed: World) -> None:
    def question(token: str) -> bytes:
        return json.dumps({"type": "url_verification", "token": token, "challenge": "c-9"}).encode()

    answer = await pushed.fake.post(question(VERIFICATION_TOKEN), sign=False)
    assert answer == (200, {"challenge": "c-9"})
    assert not pushed.fake.calls, "nothing is waited for that could take a second"
    assert (await pushed.fake.post(question("wrong"), sign=False))[0] == 403
    plain = question(VERIFICATION_TOKEN)
    assert (await pushed.fake.post(b"", body=plain, headers={"Content-Type": "application/json"}))[0] == 403


async def test_large_slow_packed_and_nested_bodies_are_refused(pushed: World) -> None:
    large = b'{"encrypt": "' + b"A" * (20 * 1024 * 1024) + b'"}'
    try:
        status, _ = await pushed.fake.post(b"", body=large, headers=signed(large))
    except aiohttp.ClientError:
        status = 413  # refused while it was still being sent
    assert status == 413
    deep = b"[" * 100_000
    assert (await pushed.fake.post(b"", body=deep, headers=signed(deep)))[0] == 400
    packed = {**signed(b"x"), "Content-Encoding": "gzip"}
    assert (await pushed.fake.post(b"", body=b"x", headers=packed))[0] in {400, 415}

    async def drops() -> AsyncIterator[bytes]:
        for _ in range(60):
            yield b" "
            await asyncio.sleep(0.1)

    async with pushed.session.post(pushed.fake.bot_url + PATH, data=drops(), headers=signed(b"")) as slow:
        assert slow.status == 408
    assert pushed.sink.deliveries == 0


async def test_a_group_is_heard_later_where_the_bot_does_not_know_itself_yet(pushed: World) -> None:
    pushed.fake.scripted["bot"] = [Refused(503, 0)]
    await pushed.fake.say("zhangsan", "库存", group="warehouse")
    assert len(pushed.sink.events) == 1
    assert pushed.fake.calls.count("bot") == 2


async def test_an_unknown_event_is_acknowledged_and_left_alone(pushed: World) -> None:
    unknown = pushed.fake.envelope("im.message.reaction.created_v1", {"message_id": "om_1"})
    assert await pushed.fake.push(unknown) == {}
    old: dict[str, Any] = {"uuid": "1", "token": VERIFICATION_TOKEN, "type": "event_callback", "event": {}}
    assert (await pushed.fake.post(json.dumps(old).encode()))[0] == 200
    assert pushed.sink.deliveries == 0


async def test_late_and_reordered_pushes_keep_their_own_times_and_keys(pushed: World) -> None:
    first = pushed.fake.message("zhangsan", "text", {"text": "一"})
    second = pushed.fake.message("zhangsan", "text", {"text": "二"})
    first["event"]["message"]["create_time"] = str(int((time.time() - 6 * 3600) * 1000))
    for event in (second, first, second):
        await pushed.fake.push(event)
    assert [event.text for event in pushed.sink.events if isinstance(event, TextIn)] == ["二", "一"]
    assert pushed.sink.events[1].sent_at < pushed.sink.events[0].sent_at
