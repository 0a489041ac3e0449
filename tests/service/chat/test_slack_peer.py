"""The workspace on this machine satisfies slack-sdk too, so that it is no mirror of our own reading."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.fitting import card_text
from bot.chat.slack.callbacks import Refused, verify
from bot.chat.slack.cards import draw, home, question
from bot.texts import LANGUAGES
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_api import APP_TOKEN, BOT, BOT_TOKEN, SIGNING_SECRET, TEAM, Fault, direct
from tests.service.chat.wecom_world import approval, until

ZHANG = "U0ZHANG001"


@pytest.fixture
async def fake(tmp_path: Path) -> AsyncIterator[FakeSlack]:
    fake = FakeSlack()
    await fake.start(tmp_path)
    yield fake
    await fake.stop()


def client_of(fake: FakeSlack) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=f"{fake.url}/api/")


async def test_the_web_client_writes_changes_and_reads(fake: FakeSlack) -> None:
    client = client_of(fake)
    who = await client.auth_test()
    assert (who["team_id"], who["user_id"]) == (TEAM, BOT)
    posted = await client.chat_postMessage(
        channel=ZHANG, text="好", metadata={"event_type": "x", "event_payload": {}}
    )
    assert posted["channel"] == direct(ZHANG)
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="改")
    history = await client.conversations_history(channel=posted["channel"], include_all_metadata=True)
    assert [one["text"] for one in history["messages"]] == ["改"]
    opened = await client.conversations_open(users=ZHANG)
    assert opened["channel"]["id"] == direct(ZHANG)
    await client.chat_postEphemeral(channel=direct(ZHANG), user=ZHANG, text="只给你看")


async def test_the_web_client_is_told_of_errors(fake: FakeSlack) -> None:
    client = client_of(fake)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="U0NOBODY01", text="好")
    assert caught.value.response["error"] == "channel_not_found"
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=ZHANG, text="好", blocks=[{"type": "header", "text": {}}])
    assert caught.value.response["error"] == "invalid_blocks"
    client.token = "xoxb-another"
    with pytest.raises(SlackApiError) as caught:
        await client.auth_test()
    assert caught.value.response["error"] == "invalid_auth"


async def test_the_web_client_waits_as_long_as_it_is_told(fake: FakeSlack) -> None:
    client = client_of(fake)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    limited = Fault(status=429, error="ratelimited", headers={"Retry-After": "1"})
    fake.faults["chat.postMessage"] = [limited]
    began = time.monotonic()
    await client.chat_postMessage(channel=ZHANG, text="好")
    assert time.monotonic() - began >= 1


async def test_the_web_client_uploads_a_file(fake: FakeSlack) -> None:
    answer = await client_of(fake).files_upload_v2(
        channel=direct(ZHANG), content=b"\x89PNG", filename="p.png", title="单"
    )
    assert fake.shared == [(direct(ZHANG), answer["file"]["id"], "")]


async def test_the_socket_client_hears_answers_and_comes_back(fake: FakeSlack) -> None:
    heard: list[SocketModeRequest] = []

    async def hear(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        heard.append(request)
        await client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    client = SocketModeClient(app_token=APP_TOKEN, web_client=client_of(fake), ping_interval=0.2)
    client.socket_mode_request_listeners.append(hear)
    try:
        await client.connect()  # type: ignore[no-untyped-call]
        await fake.bot_is_at("")
        await fake.say(ZHANG, "查库存")
        assert heard[0].type == "events_api"
        assert heard[0].payload["event"]["text"] == "查库存"
        await fake.disconnect(fake.links[0])
        await until(lambda: fake.connections == 2 and len(fake.links) == 1)
        assert await fake.push_event(fake.written(ZHANG, "还在吗"), "Ev7")
        assert heard[-1].payload["event_id"] == "Ev7"
        await fake.links[0].socket.close(code=1000)
        await until(lambda: fake.connections == 3 and len(fake.links) == 1)
    finally:
        await client.close()  # type: ignore[no-untyped-call]
        await asyncio.sleep(0)


async def test_a_ticket_works_once(fake: FakeSlack) -> None:
    client = AsyncWebClient(base_url=f"{fake.url}/api/")
    opened = await client.apps_connections_open(app_token=APP_TOKEN)
    ticket = opened["url"].rpartition("/")[2]
    assert fake.take_ticket(ticket)
    assert not fake.take_ticket(ticket)
    with pytest.raises(SlackApiError) as caught:
        await client.apps_connections_open(app_token=BOT_TOKEN)
    assert caught.value.response["error"] == "not_allowed_token_type"


def test_both_check_a_signature_alike() -> None:
    peer = SignatureVerifier(SIGNING_SECRET)
    now = datetime.now(UTC)
    stamp = str(int(now.timestamp()))
    for body in (b"", b"{}", "payload=领用".encode(), b"a" * 100_000):
        signature = peer.generate_signature(timestamp=stamp, body=body)
        assert signature is not None
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
        verify(SIGNING_SECRET, headers, body, now)
        assert peer.is_valid_request(body, headers)
        with pytest.raises(Refused):
            verify(SIGNING_SECRET, headers, body + b" ", now)
        assert not peer.is_valid_request(body + b" ", headers)


def test_the_published_example_of_a_signature() -> None:
    """Timestamp, body and secret of Slack's own page on verifying requests."""
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    now = datetime.fromtimestamp(1531420618, UTC)
    verify("8f742231b10e8888abcd99yyyzzz85a5", headers, body.encode(), now)


def test_our_blocks_are_blocks_of_the_sdk() -> None:
    """The models of slack-sdk know the limits of each block and refuse what is beyond them."""
    drawn = draw(approval(title="审" * 400, subtitle="长" * 9000))
    for block in Block.parse_all(drawn.blocks):
        block.to_dict()
    words = LANGUAGES["zh"]
    for view in (home(words), question("拒绝" * 30, "原因" * 2000, json.dumps({"card": "c"}))):
        View(**view).to_dict()
    assert "审批" in card_text(approval())
