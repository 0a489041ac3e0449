"""The gateway of our tests satisfies clients that others wrote, so that it is not our own misreading."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aibot  # type: ignore[import-untyped]
import aibot.ws  # type: ignore[import-untyped]
import pytest
import wecom_aibot_sdk  # type: ignore[import-untyped]

from tests.fakes.wecom_bot import BOT, SECRET, FakeWecomBot
from tests.service.chat.wecom_world import until

CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "审批"},
    "button_list": [{"text": "同意", "style": 1, "key": "approve"}],
    "task_id": "card-1@1",
}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[FakeWecomBot]:
    fake = FakeWecomBot()
    await fake.start(tmp_path)
    yield fake
    await fake.stop()


class Community:
    """wecom-aibot-sdk-python."""

    def __init__(self, gateway: FakeWecomBot, **options: Any) -> None:
        settings = {
            "bot_id": BOT,
            "secret": SECRET,
            "ws_url": gateway.url,
            "reconnect_interval": 20,
            **options,
        }
        self.client = wecom_aibot_sdk.WSClient(settings)

    async def open(self) -> None:
        await self.client.connect_async()

    async def close(self) -> None:
        await self.client.disconnect()

    def on(self, event: str, take: Callable[[dict[str, Any], Any], Awaitable[None]]) -> None:
        async def handler(frame: Any) -> None:
            await take(frame.body, frame)

        self.client.on(event, handler)


class Official:
    """wecom-aibot-python-sdk."""

    def __init__(self, gateway: FakeWecomBot, **options: Any) -> None:
        settings = aibot.WSClientOptions(bot_id=BOT, secret=SECRET, ws_url=gateway.url, **options)
        self.client = aibot.WSClient(settings)

    async def open(self) -> None:
        await self.client.connect()

    async def close(self) -> None:
        self.client.disconnect()
        await asyncio.sleep(0.05)

    def on(self, event: str, take: Callable[[dict[str, Any], Any], Awaitable[None]]) -> None:
        async def handler(frame: Any) -> None:
            await take(frame["body"], frame)

        self.client.on(event, handler)


Peer = Community | Official
PEERS: tuple[type[Peer], ...] = (Community, Official)


@pytest.fixture(params=PEERS, ids=lambda peer: peer.__name__)
async def peer(
    request: pytest.FixtureRequest, gateway: FakeWecomBot, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Peer]:
    # The official client takes encrypted connections only.
    monkeypatch.setattr(aibot.ws, "_SSL_CONTEXT", None)
    logging.disable(logging.CRITICAL)
    made: Peer = request.param(gateway)
    await made.open()
    await gateway.bot_is_at("")
    yield made
    await made.close()
    logging.disable(logging.NOTSET)


async def test_words_are_heard_and_answered(peer: Peer, gateway: FakeWecomBot) -> None:
    heard: list[str] = []

    async def take(body: dict[str, Any], frame: Any) -> None:
        heard.append(body["text"]["content"])
        await peer.client.reply_stream(frame, "stream-1", "正在查", False)
        await peer.client.reply_stream(frame, "stream-1", "现存 320 包", True)

    peer.on("message.text", take)
    await gateway.say("lisi", "查库存 A4纸")
    await until(lambda: gateway.chats.get("lisi") == ["现存 320 包"])
    assert heard == ["查库存 A4纸"]


async def test_somebody_who_talked_is_written_to_first(peer: Peer, gateway: FakeWecomBot) -> None:
    await gateway.say("lisi", "你好")
    message = {"msgtype": "markdown", "markdown": {"content": "有一张单等您审批"}}
    await peer.client.send_message("lisi", message)
    assert gateway.chats["lisi"] == ["有一张单等您审批"]
    with pytest.raises(Exception, match="946001"):
        await peer.client.send_message("stranger", message)


async def test_entering_is_welcomed(peer: Peer, gateway: FakeWecomBot) -> None:
    async def take(body: dict[str, Any], frame: Any) -> None:
        await peer.client.reply_welcome(frame, {"msgtype": "text", "text": {"content": "您好"}})

    peer.on("event.enter_chat", take)
    await gateway.enter("lisi")
    await until(lambda: gateway.chats.get("lisi") == ["您好"])


@pytest.mark.parametrize("nested", [True, False], ids=["nested", "flat"])
async def test_a_card_is_tapped_and_replaced(peer: Peer, gateway: FakeWecomBot, nested: bool) -> None:
    gateway.nested_clicks = nested
    taps: list[dict[str, Any]] = []

    async def show(body: dict[str, Any], frame: Any) -> None:
        await peer.client.reply(frame, {"msgtype": "template_card", "template_card": CARD})

    async def take(body: dict[str, Any], frame: Any) -> None:
        event = body["event"]
        taps.append(event.get("template_card_event", event))
        buttons = [{"text": "已同意", "style": 4, "key": "-"}]
        update = {"response_type": "update_template_card", "template_card": {**CARD, "button_list": buttons}}
        await peer.client.reply(frame, update, "aibot_respond_update_msg")

    peer.on("message.text", show)
    peer.on("event.template_card_event", take)
    await gateway.say("lisi", "审批")
    await until(lambda: gateway.seen("lisi"))
    card = gateway.seen("lisi")[0].card
    assert card is not None
    await gateway.tap("lisi", card, "approve")
    (tap,) = taps
    assert (tap["event_key"], tap["task_id"]) == ("approve", "card-1@1")
    after = gateway.seen("lisi")[0].card
    assert after is not None
    assert "已同意" in after.text


async def test_a_picture_is_decrypted_with_its_own_key(peer: Peer, gateway: FakeWecomBot) -> None:
    data, got = os.urandom(1000), []

    async def take(body: dict[str, Any], frame: Any) -> None:
        image = body["image"]
        got.append((await peer.client.download_file(image["url"], image["aeskey"]))[0])

    peer.on("message.image", take)
    await gateway.push_message("lisi", "image", gateway.offer_image(data))
    await until(lambda: got == [data])


async def test_the_communitys_client_brings_a_file_up_in_parts(gateway: FakeWecomBot, tmp_path: Path) -> None:
    peer = Community(gateway)
    await peer.open()
    await gateway.bot_is_at("")
    path = tmp_path / "picture.png"
    path.write_bytes(os.urandom(1_100_000))
    uploaded = await peer.client.upload_media(str(path))
    assert gateway.media[uploaded.media_id] == path.read_bytes()
    await peer.close()


@pytest.mark.parametrize("code", [1000, 1011])
async def test_the_communitys_client_comes_back_after_a_close(gateway: FakeWecomBot, code: int) -> None:
    peer = Community(gateway)
    await peer.open()
    await gateway.bot_is_at("")
    await gateway.close(code)
    await gateway.bot_is_at("")
    await peer.close()


async def test_the_communitys_client_misses_pongs_and_hears_of_its_eviction(gateway: FakeWecomBot) -> None:
    first = Community(gateway, heartbeat_interval=50)
    heard: list[str] = []

    async def take(body: dict[str, Any], frame: Any) -> None:
        heard.append(body["event"]["eventtype"])

    first.on("event.disconnected_event", take)
    await first.open()
    await gateway.bot_is_at("")
    gateway.answers_pings = False
    await until(lambda: gateway.connections == 2)
    gateway.answers_pings = True
    await gateway.bot_is_at("")
    second = Community(gateway)
    await second.open()
    await until(lambda: heard == ["disconnected_event"])
    await first.close()
    await second.close()


async def test_wrong_credentials_are_refused_for_everybody(gateway: FakeWecomBot) -> None:
    peer = Community(gateway, secret="wrong")
    await peer.open()
    await asyncio.sleep(0.3)
    assert not peer.client.is_authenticated
    await peer.close()
