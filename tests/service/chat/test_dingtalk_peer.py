"""DingTalk's own client takes our gateway for DingTalk: so the gateway is no misreading of ours."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.chat.dingtalk.frames import Answered, acknowledgement, read_frame
from tests.fakes.dingtalk import CARDS, MESSAGES, TEMPLATE, DingTalkFake, Scripted


def free_port() -> int:
    """A port below those that outgoing connections take, so that it stays free between the tests."""
    for port in random.sample(range(20_000, 30_000), 50):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


PORT = free_port()

# The client reads it when it is imported, once.
os.environ["DINGTALK_OPENAPI_ENDPOINT"] = f"http://127.0.0.1:{PORT}"
import dingtalk_stream  # type: ignore[import-untyped]  # noqa: E402
from dingtalk_stream import AckMessage  # noqa: E402

OPEN = "POST /v1.0/gateway/connections/open"


class Robot(dingtalk_stream.ChatbotHandler):  # type: ignore[misc]
    """Notes what is said and answers it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[Any] = []

    async def process(self, callback: Any) -> tuple[int, str]:
        self.heard.append(dingtalk_stream.ChatbotMessage.from_dict(callback.data))
        return AckMessage.STATUS_OK, "OK"


class Cards(dingtalk_stream.CallbackHandler):  # type: ignore[misc]
    """Answers taps with a changed card."""

    def __init__(self) -> None:
        super().__init__()
        self.taps: list[Any] = []

    async def process(self, callback: Any) -> tuple[int, dict[str, Any]]:
        self.taps.append(dingtalk_stream.CardCallbackMessage.from_dict(callback.data))
        changed = {
            "cardParamMap": {"stamp": "done", "has_buttons": "no", "notice": "thanks", "has_notice": "yes"}
        }
        return AckMessage.STATUS_OK, {"cardUpdateOptions": {"updateCardDataByKey": True}, "cardData": changed}


class Peer:
    """The client with its handlers."""

    def __init__(self, fake: DingTalkFake) -> None:
        self.fake = fake
        self.robot, self.cards = Robot(), Cards()
        credential = dingtalk_stream.Credential(fake.client_id, fake.client_secret)
        self.client = dingtalk_stream.DingTalkStreamClient(credential)
        self.client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, self.robot)
        self.client.register_callback_handler(dingtalk_stream.Card_Callback_Router_Topic, self.cards)

    def replier(self, user: str = "lisi") -> Any:
        """What makes cards for a person; its calls block, so they run in a thread."""
        return dingtalk_stream.CardReplier(self.client, dingtalk_stream.reply_specified_single_chat(user))


@pytest.fixture
async def peer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Peer]:
    monkeypatch.setattr(dingtalk_stream.DingTalkStreamClient, "RECONNECT_BASE_DELAY_SECONDS", 0.02)
    monkeypatch.setattr(dingtalk_stream.DingTalkStreamClient, "RECONNECT_JITTER_SECONDS", 0.02)
    fake = DingTalkFake()
    fake.port = PORT
    await fake.start(tmp_path)
    peer = Peer(fake)
    running = asyncio.create_task(peer.client.start())
    try:
        await fake.until_connected()
        yield peer
    finally:
        await peer.client.stop()
        await asyncio.gather(running, return_exceptions=True)
        await fake.stop()
    assert fake.wrong == []


async def test_the_client_connects_and_hears_what_people_say(peer: Peer) -> None:
    await peer.fake.say("zhangsan", "领用 A4纸 5包")
    await peer.fake.say("zhangsan", "库存", group="cidGroup==")
    direct, group = peer.robot.heard
    assert direct.text.content == "领用 A4纸 5包"
    assert (direct.sender_staff_id, direct.sender_corp_id) == ("zhangsan", peer.fake.tenant)
    assert (direct.conversation_type, group.conversation_type) == ("1", "2")
    assert group.conversation_id == "cidGroup=="


async def test_the_client_reads_pictures_and_rich_text(peer: Peer) -> None:
    picture = {"msgtype": "picture", "content": {"downloadCode": "code"}}
    parts = [{"text": "这是"}, {"downloadCode": "one"}]
    for said in (picture, {"msgtype": "richText", "content": {"richText": parts}}):
        await peer.fake.push(MESSAGES, peer.fake.message("zhangsan", said))
    first, second = peer.robot.heard
    assert first.get_image_list() == ["code"]
    assert (second.get_text_list(), second.get_image_list()) == (["这是"], ["one"])
    peer.fake.pictures["code"] = b"\x89PNG"
    url = await asyncio.to_thread(peer.robot.get_image_download_url, "code")
    assert url == f"{peer.fake.url}/files/code"


async def test_the_client_replies_where_somebody_wrote(peer: Peer) -> None:
    await peer.fake.say("zhangsan", "库存")
    await asyncio.to_thread(peer.robot.reply_text, "320 包", peer.robot.heard[0])
    assert [shown.text for shown in peer.fake.seen("zhangsan")] == ["320 包"]


async def test_the_client_makes_cards_and_answers_taps(peer: Peer) -> None:
    button = {"actionId": "approve", "params": {"action": "approve"}}
    buttons = [{"text": "同意", "color": "blue", "event": {"type": "sendCardRequest", "params": button}}]
    data = {"title": "请审批", "has_buttons": "yes", "buttons": json.dumps(buttons)}
    key = await asyncio.to_thread(peer.replier().create_and_deliver_card, TEMPLATE, data)
    (shown,) = peer.fake.seen("lisi")
    assert shown.card is not None
    assert shown.card.key == key
    assert await peer.fake.tap("lisi", shown.card, "approve") == "thanks"
    (tap,) = peer.cards.taps
    assert (tap.card_instance_id, tap.user_id, tap.corp_id) == (key, "lisi", peer.fake.tenant)
    assert tap.content["cardPrivateData"]["params"] == {"action": "approve"}
    assert peer.fake.drawn(key, "lisi").buttons == {}
    assert peer.fake.drawn(key, "wangwu").buttons == {"approve": "同意"}


async def test_the_client_makes_cards_in_two_steps_and_changes_them(peer: Peer) -> None:
    replier = peer.replier()
    data = {"title": "请审批", "has_buttons": "no"}
    key = await asyncio.to_thread(replier.create_and_send_card, TEMPLATE, data)
    await asyncio.to_thread(replier.put_card_data, key, {**data, "stamp": "已同意", "has_stamp": "yes"})
    (shown,) = peer.fake.seen("lisi")
    assert shown.card is not None
    assert "已同意" in shown.card.text


@pytest.mark.parametrize("how", ["close", "announce", "refused"])
async def test_the_client_comes_back_after_every_end(peer: Peer, how: str) -> None:
    if how == "refused":
        peer.fake.script(OPEN, Scripted(503))
    if how == "announce":
        await peer.fake.announce_end(close_after=0.1)
    else:
        await peer.fake.close(1000)
    await peer.fake.say("zhangsan", "还在吗")
    assert [message.text.content for message in peer.robot.heard] == ["还在吗"]


async def test_the_client_takes_a_push_that_comes_again_once(peer: Peer) -> None:
    message = peer.fake.message("zhangsan", {"msgtype": "text", "text": {"content": "库存"}})
    for _ in range(2):
        assert await peer.fake.push(MESSAGES, message, "same") is not None
    assert len(peer.robot.heard) == 1


def test_our_acknowledgements_have_the_form_of_the_client() -> None:
    theirs = AckMessage()
    theirs.headers.message_id, theirs.headers.content_type = "m1", "application/json"
    theirs.message, theirs.data = "OK", {"response": None}
    fake = DingTalkFake()
    ours = json.loads(acknowledgement(read_frame(fake.frame("CALLBACK", CARDS, {}, "m1")), Answered()))
    assert ours == theirs.to_dict()
