"""The channel `wecom`: a self-built app of WeCom, with callbacks in and calls out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.web import AbstractRouteDef, Request, Response

from bot.chat.answering import within
from bot.chat.background import Background
from bot.chat.errors import (
    AuthFailed,
    ChannelError,
    Overloaded,
    PayloadRejected,
    RecipientUnreachable,
    Transient,
)
from bot.chat.http import Refusal as BodyRefused
from bot.chat.http import read_body
from bot.chat.pacing import Pace
from bot.chat.platform import (
    Address,
    AddressKind,
    Answer,
    Capabilities,
    Card,
    CardRef,
    ClickAnswer,
    ClickIn,
    Content,
    EnterIn,
    Event,
    Health,
    Image,
    LateUpdate,
    Media,
    MessageRef,
    Proactive,
    Sink,
    Text,
    Updated,
    UpdateResult,
)
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from bot.chat.wecom.api import Refusal, WecomApi
from bot.chat.wecom.callbacks import (
    LARGEST_BODY,
    PLATFORM,
    Refused,
    Replays,
    Signed,
    event_of,
    opened,
    reference_of,
)
from bot.chat.wecom.cards import (
    TEXT_BYTES,
    draw,
    messages,
    task_id,
    text_messages,
    to_tags,
    with_toast,
)
from bot.chat.wecom.crypto import Envelope, Forged, KeyUnusable
from bot.chat.wecom.markup import Tree, write
from bot.chat.wecom.menu import keep_menu
from bot.chat.wecom.parts import Message, Parts
from bot.texts import DEFAULT
from services.kit.ending import ended
from services.kit.settings import SettingInvalid

log = structlog.get_logger("kuguan.wecom")

PATH: Final = "/chat/wecom"
CALLBACK_HINT: Final = "a file with the Token of the app's message callback"
KEY_HINT: Final = "a file with the EncodingAESKey of the app's message callback"
ANSWER_SECONDS: Final = 1.2
"""How long a tap waits for its outcome inside the callback; all of it has to end within 1.5 s."""
BODY_SECONDS: Final = 3.0
CODE_SECONDS: Final = 72 * 3600
REPEAT_SECONDS: Final = 4 * 3600
"""For how long the product drops a card that is sent again with the same content."""
WORKING: Final = "⏳"
"""What the buttons say while an outcome is awaited: the channel does not know the person's language."""
STOP_SECONDS: Final = 5.0
_LIMITS: Final = ((30, 60.0), (1000, 3600.0))
_PICTURES: Final = frozenset({"image/jpeg", "image/png"})
_WRONG_CONTENT: Final = frozenset({40058, 42045, 45002, 45003, 45004})

CAPABILITIES: Final = Capabilities(
    group_in=False,
    image_in=True,
    image_out=True,
    buttons=True,
    click_answer=ClickAnswer.CARD,
    click_deadline=ANSWER_SECONDS,
    late_update=LateUpdate.ONCE,
    late_update_window=CODE_SECONDS,
    max_lines=6,
    max_title=26,
    max_text_bytes=TEXT_BYTES,
    proactive=Proactive.ALWAYS,
)


class WecomChannel:
    """One app of one company."""

    def __init__(self, chat: ChatSettings, tools: Tools) -> None:
        """Raises SettingMissing and SettingInvalid."""
        self._api = WecomApi(chat, tools.session, tools.now)
        token, key = chat.secret("TOKEN", CALLBACK_HINT), chat.secret("AES_KEY", KEY_HINT)
        try:
            self._envelope = Envelope(token.value, key.value, self._api.corp_id)
        except KeyUnusable as error:
            raise SettingInvalid("KUGUAN_WECOM_AES_KEY_FILE", str(key), str(error)) from None
        self._now = tools.now
        self._replays = Replays(tools.now)
        self._parts = Parts(Pace(_LIMITS))
        self._sink: Sink | None = None
        self._last_inbound: datetime | None = None
        self._last_error = ""
        self._cut_off = False
        self._language = chat.get("LANGUAGE", DEFAULT)
        self._menu: asyncio.Task[None] | None = None
        self._following = Background("shown on wecom")

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def routes(self) -> Sequence[AbstractRouteDef]:
        return [web.get(PATH, self._check_address), web.post(PATH, self._receive)]

    async def start(self, sink: Sink) -> None:
        self._sink = sink
        self._menu = asyncio.create_task(keep_menu(self._api, self._language))

    async def stop(self) -> None:
        self._sink = None
        if self._menu is not None:
            await ended([self._menu], STOP_SECONDS)
        await self._following.finish(STOP_SECONDS)

    def health(self) -> Health:
        return Health(self._sink is not None and not self._cut_off, self._last_inbound, self._last_error)

    def joined(self, known: CardRef | None, fresh: CardRef) -> CardRef:
        """The codes of both: each can replace the card once."""
        if known is None or known.data.get("task") != fresh.data.get("task"):
            return fresh
        have = [code["code"] for code in _codes(known)]
        more = [code for code in _codes(fresh) if code["code"] not in have]
        return CardRef(PLATFORM, {**known.data, "codes": [*_codes(known), *more]})

    # ------------------------------------------------------------ what goes out

    async def send(self, address: Address, content: Content, idempotency_key: str) -> MessageRef:
        """Show it to one person. A card with too much to say is preceded by a text that says it all."""
        if address.kind is not AddressKind.DIRECT:
            raise RecipientUnreachable("an app of WeCom has no group chats")
        try:
            return await self._show(address.id, content, idempotency_key)
        except ChannelError as error:
            self._note(error)
            raise

    async def update(self, reference: CardRef, card: Card) -> Updated:
        """Replace one copy; spends a code."""
        task, user = str(reference.data["task"]), str(reference.data["user"])
        drawn = draw(card, task, greyed=True)
        codes = _codes(reference)
        now = self._now().timestamp()
        while codes:
            code = codes.pop(0)
            if now - code["given"] >= CODE_SECONDS:
                continue
            try:
                await self._api.update_card(user, code["code"], drawn.card)
            except Refusal as error:
                if error.code in _WRONG_CONTENT:
                    raise
                # Which error code a used response code brings is not documented: any other means that.
                log.info("a response code is used up", error=error.code)
                continue
            except ChannelError as error:
                self._note(error)
                raise
            left = {**reference.data, "codes": codes}
            return Updated(UpdateResult.UPDATED, CardRef(PLATFORM, left))
        return Updated(UpdateResult.EXPIRED)

    async def fetch(self, media: MessageRef) -> Media:
        return await self._api.fetch(str(media.data.get("media_id", "")))

    async def _show(self, user: str, content: Content, key: str) -> MessageRef:
        task = task_id(content, key) if isinstance(content, Card) else ""
        messages = await self._messages(content, task)

        async def post(message: Message) -> Message:
            return await self._api.send(user, message)

        answer = await self._parts.send(f"{user}:{key}", user.lower(), messages, post)
        self._note(None)
        if not task:
            return MessageRef(PLATFORM, {"user": user})
        code = answer.get("response_code")
        return reference_of(task, user, [(code, self._now())] if isinstance(code, str) and code else [])

    async def _messages(self, content: Content, task: str) -> list[Message]:
        """What is sent, in its order."""
        if isinstance(content, Text):
            return text_messages(content.text)
        if isinstance(content, Image):
            if content.media_type not in _PICTURES:
                raise PayloadRejected(f"WeCom shows no {content.media_type}")
            media_id = await self._api.upload(content.data, content.media_type)
            return [{"msgtype": "image", "image": {"media_id": media_id}}]
        once = {"enable_duplicate_check": 1, "duplicate_check_interval": REPEAT_SECONDS}
        sent = messages(content, task, text_messages)
        return [{**one, **once} if "template_card" in one else one for one in sent]

    # ------------------------------------------------------------ what comes in

    async def _check_address(self, request: Request) -> Response:
        """The console asks whether this address is ours: the decrypted words and nothing else."""
        try:
            signed = Signed.of(request.query, self._now())
            # A plus sign that came unescaped was read as a blank.
            cipher = request.query.get("echostr", "").replace(" ", "+")
            said = self._envelope.open(cipher, signed.signature, signed.timestamp, signed.nonce)
        except (Refused, Forged) as error:
            return self._refuse(error)
        return Response(body=said, content_type="text/plain")

    async def _receive(self, request: Request) -> Response:
        try:
            signed = Signed.of(request.query, self._now())
            body = await read_body(request, LARGEST_BODY, BODY_SECONDS)
            message = opened(self._envelope, signed, body, self._api.corp_id)
            event = event_of(message, self._api.corp_id, self._api.agent_id, self._now())
            self._replays.take(signed.nonce, signed.signature, signed.seconds)
        except (Refused, BodyRefused) as error:
            return self._refuse(error)
        self._last_inbound = self._now()
        if event is None:
            return Response()
        kept = False
        try:
            response = await self._handle(event)
            kept = True
        except Overloaded:
            return Response(status=503)
        finally:
            if not kept:
                # WeCom may bring it again, with the same signature.
                self._replays.forget(signed.nonce, signed.signature)
        return response

    async def _handle(self, event: Event) -> Response:
        sink = self._sink
        if sink is None:
            raise Overloaded(detail="the channel is not started")
        if not isinstance(event, ClickIn | EnterIn):
            await sink.handle(event)
            return Response()

        async def late(answer: Answer) -> None:
            await self._show_late(event, answer)

        answer = await within(sink, event, ANSWER_SECONDS, late, self._following)
        if answer is None:
            waits = isinstance(event, ClickIn) and event.card_ref is not None
            return self._reply(
                event, "update_button", {"Button": {"ReplaceName": WORKING}} if waits else None
            )
        if answer.card is None or not isinstance(event, ClickIn):
            self._following.start(self._show_apart(event, answer))
            return Response()
        if answer.text:
            self._following.start(self._show_apart(event, replace(answer, card=None)))
        drawn = draw(with_toast(answer), _task(event), greyed=True)
        return self._reply(event, "update_template_card", {"TemplateCard": to_tags(drawn.card)})

    def _reply(self, event: Event, kind: str, content: Mapping[str, Tree] | None) -> Response:
        """An encrypted answer; an empty one without content."""
        if content is None:
            return Response()
        seconds = int(self._now().timestamp())
        head: dict[str, Tree] = {
            "ToUserName": event.sender.user_id,
            "FromUserName": self._api.corp_id,
            "CreateTime": seconds,
            "MsgType": kind,
        }
        inner = write("xml", {**head, **content}).encode()
        timestamp, nonce = str(seconds), f"{seconds}{len(inner)}"
        cipher, signature = self._envelope.seal(inner, timestamp, nonce)
        outer = {"Encrypt": cipher, "MsgSignature": signature, "TimeStamp": timestamp, "Nonce": nonce}
        return Response(text=write("xml", outer), content_type="application/xml")

    async def _show_late(self, event: ClickIn | EnterIn, answer: Answer) -> None:
        """What came after the callback was answered: the click's own code replaces the card."""
        if isinstance(event, ClickIn) and answer.card is not None and event.card_ref is not None:
            updated = await self.update(event.card_ref, with_toast(answer))
            if updated.result is UpdateResult.UPDATED:
                answer = replace(answer, card=None, toast="")
        await self._show_apart(event, answer)

    async def _show_apart(self, event: ClickIn | EnterIn, answer: Answer) -> None:
        """What a callback's answer cannot show comes as messages of its own."""
        for number, words in enumerate((answer.toast, answer.text)):
            if words.strip():
                await self.send(event.address, Text(words), f"{event.dedupe_key}:{number}")
        if answer.card is not None:
            await self.send(event.address, answer.card, f"{event.dedupe_key}:card")

    def _refuse(self, error: Exception) -> Response:
        log.warning("callback refused", reason=str(error))
        return Response(status=403)

    def _note(self, error: ChannelError | None) -> None:
        self._last_error = repr(error) if error else ""
        self._cut_off = isinstance(error, AuthFailed | Transient)


def _task(event: ClickIn) -> str:
    task = event.card_ref.data.get("task") if event.card_ref else None
    return str(task or event.card_id)


def _codes(reference: CardRef) -> list[dict[str, Any]]:
    """The codes of a reference, oldest first."""
    codes = reference.data.get("codes")
    return [dict(code) for code in codes if isinstance(code, Mapping)] if isinstance(codes, Sequence) else []
