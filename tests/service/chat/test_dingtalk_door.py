"""Taps that DingTalk sends to an address: signed, fresh, answered in the same way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot.chat.dingtalk.door import PATH, is_signed, signature
from bot.chat.errors import Overloaded
from bot.chat.platform import Address, Answer, CardState, ClickIn
from tests.service.chat.dingtalk_world import World, card, until, world

SECRET = "secret-of-the-callback"
VECTOR = ("secret", "1700000000000", "T+LOEv1r7F4GSLI7+/8Vi6X8GLOiFLTCBzFGcUSKleE=")
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[tuple[World, str]]:
    file = tmp_path / "callback-secret"
    file.write_text(SECRET, encoding="utf-8")
    async with world(tmp_path, callback_key="kuguan", callback_secret_file=str(file)) as made:
        application = web.Application()
        application.add_routes(made.channel.routes())
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield made, f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}"
        await runner.cleanup()


def signed(at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int((at or time.time()) * 1000))
    made = hmac.new(secret.encode(), timestamp.encode(), hashlib.sha256).digest()
    return {
        "X-DDPaaS-Signature-Timestamp": timestamp,
        "X-DDPaaS-Signature": base64.b64encode(made).decode(),
    }


def test_the_published_signature_is_made_and_taken() -> None:
    secret, timestamp, expected = VECTOR
    now = datetime.fromtimestamp(1_700_000_100, UTC)
    assert signature(secret, timestamp) == expected
    assert is_signed(secret, timestamp, expected, now)
    assert not is_signed("other", timestamp, expected, now)
    assert not is_signed(secret, "1700000000001", expected, now)
    assert not is_signed(secret, timestamp, expected[:-1], now)
    for moment in (1_700_000_301, 1_699_999_699):
        assert not is_signed(secret, timestamp, expected, datetime.fromtimestamp(moment, UTC))


async def test_a_tap_is_answered_with_the_card_and_then_shown_to_everybody(here: tuple[World, str]) -> None:
    made, url = here
    await made.channel.send(Address.direct("lisi"), card(), "key")
    assert made.fake.cards["card-1"].callback == "HTTP"

    async def approve(event: ClickIn) -> Answer:
        return Answer(card(state=CardState.DONE, stamp="已同意"))

    made.sink.answer = approve
    body = made.fake.tap_of("lisi", "card-1", "approve")
    async with made.session.post(url, json=body, headers=signed()) as response:
        answer = await response.json()
    assert answer["cardData"]["cardParamMap"]["stamp"] == "已同意"
    await until(lambda: "已同意" in made.fake.drawn("card-1", "wangwu").text)


async def test_the_same_callback_again_has_no_further_effect(here: tuple[World, str]) -> None:
    made, url = here
    headers, body = signed(), made.fake.tap_of("lisi", "card-1", "approve")
    for _ in range(2):
        async with made.session.post(url, json=body, headers=headers) as response:
            assert response.status == 200
    assert (len(made.sink.events), made.sink.repeats) == (1, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(secret="another"),
        signed(at=time.time() - 3600),
        signed(at=time.time() + 3600),
        {**signed(), "X-DDPaaS-Signature-Timestamp": "soon"},
        {**signed(), "X-DDPaaS-Signature-Timestamp": "²" * 13},
        {**signed(), "X-DDPaaS-Signature-Timestamp": "9" * 400},
    ],
)
async def test_what_is_not_signed_now_is_refused_unread(
    here: tuple[World, str], headers: dict[str, str]
) -> None:
    made, url = here
    async with made.session.post(url, data=b"{", headers=headers) as response:
        assert response.status == 401
    assert made.sink.events == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b" " * (20 << 20),
        b'{"outTrackId":"c"}',
        b"<!DOCTYPE x>",
    ],
)
async def test_bodies_that_are_no_tap_change_nothing(here: tuple[World, str], body: bytes) -> None:
    made, url = here
    try:
        async with made.session.post(url, data=body, headers=signed() | JSON) as response:
            assert response.status < 500
    except ConnectionError:
        pass  # closed while it was still being sent
    assert made.sink.events == []


async def test_a_tap_that_cannot_be_kept_is_asked_for_again(here: tuple[World, str]) -> None:
    made, url = here
    made.sink.refusals = [Overloaded()]
    body = made.fake.tap_of("lisi", "card-1", "approve")
    async with made.session.post(url, json=body, headers=signed()) as response:
        assert response.status == 503
    assert made.sink.events == []
