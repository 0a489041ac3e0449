"""The product's own client is content with the Feishu on this machine, and agrees with ours on every byte."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from lark_channel.channel import FeishuChannel as Peer
from lark_channel.channel.config import SecurityConfig
from lark_channel.core.model import RawRequest
from lark_channel.event.callback.model.p2_card_action_trigger import P2CardActionTriggerResponse
from lark_channel.event.dispatcher_handler import EventDispatcherHandler
from lark_channel.ws.pb.pbbp2_pb2 import Frame as PeerFrame

from bot.chat.feishu.cards import render
from bot.chat.feishu.frames import DATA, Frame, decode, encode
from bot.chat.platform import Answer, CardState, Event, Text
from tests.fakes.feishu import FakeFeishu
from tests.fakes.feishu_pushes import APP_ID, APP_SECRET, ENCRYPT_KEY, VERIFICATION_TOKEN, encrypted, signed
from tests.service.chat.feishu_bot import approval, world

STRICT = SecurityConfig(mode="strict")


@pytest.fixture
async def fake(tmp_path: Path) -> AsyncIterator[FakeFeishu]:
    """The product, to which the peer connects."""
    product = FakeFeishu()
    await product.start(tmp_path)
    yield product
    await product.stop()


async def test_the_product_s_client_connects_hears_sends_and_changes_a_card(fake: FakeFeishu) -> None:
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[Any] = asyncio.Queue()

    def note(event: Any) -> None:
        loop.call_soon_threadsafe(heard.put_nowait, event)

    peer = Peer(app_id=APP_ID, app_secret=APP_SECRET, domain=fake.url, transport="ws", security=STRICT)
    peer.on("message", note)
    peer.on("cardAction", note)
    await peer.start_background(timeout=20)
    try:
        await fake.bot_is_at("")
        await fake.push(fake.message("zhangsan", "text", {"text": "领用 A4纸 5包"}), parts=3)
        message = await asyncio.wait_for(heard.get(), 10)
        assert message.content_text == "领用 A4纸 5包"

        drawn = render(approval())
        sent = await peer.send(fake.open_id("lixia"), {"card": drawn})
        assert sent.success, sent
        [shown] = fake.seen("lixia")
        assert shown.card is not None
        assert await fake.tap("lixia", shown.card, "reject", "已超额") == ""
        tapped = await asyncio.wait_for(heard.get(), 10)
        assert tapped.message_id == shown.card.key
        assert tapped.action.value == {"card": "c-1", "action": "reject"}
        assert tapped.action.form_value == {"reason_reject": "已超额"}

        changed = {**drawn, "body": {"elements": [{"tag": "markdown", "content": "已完成"}]}}
        assert (await peer.update_card(shown.card.key, changed)).success
        [after] = fake.seen("lixia")
        assert after.card is not None
        assert "已完成" in after.card.text
    finally:
        await peer.stop_background()


def dispatcher(handled: list[Any]) -> EventDispatcherHandler:
    """The peer's webhook, strict."""

    def tapped(event: Any) -> P2CardActionTriggerResponse:
        handled.append(event)
        return P2CardActionTriggerResponse({"toast": {"type": "info", "content": "已同意"}})

    built = EventDispatcherHandler.builder(ENCRYPT_KEY, VERIFICATION_TOKEN, security=STRICT)
    return (
        built.register_p2_im_message_receive_v1(handled.append)
        .register_p2_card_action_trigger(tapped)
        .build()
    )


def pushed(plain: dict[str, Any], *, sign: bool = True) -> RawRequest:
    """What the product sends to a webhook."""
    request = RawRequest()
    request.uri = "/webhook"
    request.body = json.dumps({"encrypt": encrypted(json.dumps(plain).encode())}).encode()
    request.headers = signed(request.body) if sign else {}
    return request


async def test_the_product_s_webhook_accepts_what_is_pushed_here(fake: FakeFeishu) -> None:
    handled: list[Any] = []
    taken = dispatcher(handled)
    answer = taken.do(pushed(fake.message("zhangsan", "text", {"text": "库存"})))
    assert answer.status_code == 200
    assert json.loads(handled[0].event.message.content) == {"text": "库存"}
    challenge = {"type": "url_verification", "token": VERIFICATION_TOKEN, "challenge": "c-1"}
    assert json.loads(taken.do(pushed(challenge)).content) == {"challenge": "c-1"}
    altered = pushed(fake.message("zhangsan", "text", {"text": "库存"}))
    altered.body = altered.body.replace(b'"encrypt"', b' "encrypt"')
    assert taken.do(altered).status_code == 500


async def test_ours_and_the_product_s_webhook_take_and_refuse_the_same(tmp_path: Path) -> None:
    async with world("webhook", tmp_path) as here:
        for alter in (False, True):
            request = pushed(here.fake.message("zhangsan", "text", {"text": "库存"}))
            body = request.body + b" " if alter else request.body
            status, _ = await here.fake.post(b"", body=body, headers=request.headers)
            request.body = body
            theirs = dispatcher([]).do(request).status_code
            assert (status == 200, theirs == 200) == (not alter, not alter)


def test_frames_are_the_same_in_both_codecs() -> None:
    ours = Frame(
        7, 2**63, 33554678, DATA, (("type", "event"), ("message_id", "入库")), None, "json", b"\x00{}", "x"
    )
    theirs = PeerFrame()
    theirs.ParseFromString(encode(ours))
    assert (theirs.SeqID, theirs.LogID, theirs.service, theirs.method) == (7, 2**63, 33554678, DATA)
    assert [(header.key, header.value) for header in theirs.headers] == list(ours.headers)
    assert (theirs.payload, theirs.payload_type, theirs.LogIDNew) == (b"\x00{}", "json", "x")
    assert decode(theirs.SerializeToString()) == ours
    answer = decode(encode(ours.answer(b"{}", 12)))
    assert answer.headers == (*ours.headers, ("biz_rt", "12"))


async def test_the_product_s_model_reads_our_answer_to_a_tap(tmp_path: Path) -> None:
    async with world("websocket", tmp_path) as here:
        await here.channel.send(here.address("lixia"), approval(), "k-1")
        await here.channel.send(here.address("lixia"), Text("x"), "k-2")

        async def decide(event: Event) -> Answer:
            return Answer(approval(CardState.DONE, "已同意"), "已同意")

        here.sink.answer = decide
        shown = here.fake.seen("lixia")[0].card
        assert shown is not None
        await here.fake.tap("lixia", shown, "approve")
        payload = json.loads(here.fake.answers[-1].payload)
        answer = P2CardActionTriggerResponse(json.loads(base64.b64decode(payload["data"])))
        assert (answer.toast.type, answer.toast.content) == ("info", "已同意")
        assert answer.card.type == "raw"
