"""The channel `wecom-bot`: an AI bot of WeCom over its long connection."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp.web import AbstractRouteDef

from bot.chat.answering import within
from bot.chat.background import Background
from bot.chat.errors import ChannelError, Overloaded, PayloadRejected
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
from bot.chat.wecom.cards import draw, messages, task_id, with_toast
from bot.chat.wecom.parts import Message, Parts
from bot.chat.wecom_bot.connection import Connection, Timing
from bot.chat.wecom_bot.frames import PLATFORM, TEXT_BYTES, Reader, reference_of, text_messages
from bot.chat.wecom_bot.media import download, upload

log = structlog.get_logger("kuguan.wecom_bot")

DEFAULT_URL: Final = "wss://openws.work.weixin.qq.com"
DECIDE_SECONDS: Final = 3.0
"""How long a tap waits for its outcome; the answer has to reach WeCom within five seconds."""
STOP_SECONDS: Final = 5.0
AT_ONCE: Final = 256
KEEP_TRIES: Final = 30
WELCOME_SECONDS: Final = 4.5
_LIMITS: Final = ((30, 60.0), (1000, 3600.0))
_PICTURES: Final = frozenset({"image/jpeg", "image/png"})

CAPABILITIES: Final = Capabilities(
    group_in=True,
    image_in=True,
    image_out=True,
    buttons=True,
    click_answer=ClickAnswer.CARD,
    click_deadline=DECIDE_SECONDS,
    late_update=LateUpdate.NONE,
    late_update_window=None,
    max_lines=6,
    max_title=26,
    max_text_bytes=TEXT_BYTES,
    proactive=Proactive.AFTER_CONTACT,
)


class WecomBotChannel:
    """One AI bot."""

    def __init__(self, chat: ChatSettings, tools: Tools, timing: Timing | None = None) -> None:
        """Raises SettingMissing."""
        bot_id = chat.required("ID", "the Bot ID on the bot's page, under API mode with long connection")
        secret = chat.secret("SECRET", "a file with the Secret of the long connection")
        url = chat.get("API_URL", DEFAULT_URL)
        tenant = chat.get("CORP_ID", bot_id).replace("/", "_")
        self._secure = url.startswith("wss:")
        self._reader = Reader(tenant, chat.get("NAME"))
        self._tools = tools
        self._connection = Connection(
            url, bot_id, secret, tools.session, tools.leases, self._pushed, timing or Timing(), tools.replica
        )
        self._parts = Parts(Pace(_LIMITS))
        self._sink: Sink | None = None
        self._at_work = Background("pushes of wecom-bot")
        self._welcomes: dict[str, tuple[str, float]] = {}
        self._last_inbound: datetime | None = None

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def routes(self) -> Sequence[AbstractRouteDef]:
        return []

    async def start(self, sink: Sink) -> None:
        self._sink = sink
        self._connection.start()

    async def stop(self) -> None:
        self._sink = None
        await self._at_work.finish(STOP_SECONDS)
        await self._connection.stop()

    def health(self) -> Health:
        """A replica that waits for the lease is well, though another one is connected."""
        fine = self._connection.is_connected or (
            self._connection.is_standby and not self._connection.last_error
        )
        return Health(fine, self._last_inbound, self._connection.last_error)

    def joined(self, known: CardRef | None, fresh: CardRef) -> CardRef:
        return fresh

    # ------------------------------------------------------------ what goes out

    async def send(self, address: Address, content: Content, idempotency_key: str) -> MessageRef:
        """Show it in a chat that has talked to the bot. There is no key: a lost answer may show it twice."""
        task = task_id(content, idempotency_key) if isinstance(content, Card) else ""
        messages = await self._messages(content, task)

        async def post(message: Message) -> Message:
            return await self._post(address, message)

        await self._parts.send(f"{address.id}:{idempotency_key}", address.id, messages, post)
        if task:
            return reference_of(task, address)
        return MessageRef(PLATFORM, {"kind": address.kind.value, "chat": address.id})

    async def update(self, reference: CardRef, card: Card) -> Updated:
        """UNSUPPORTED: only the answer to a tap replaces a card."""
        return Updated(UpdateResult.UNSUPPORTED)

    async def fetch(self, media: MessageRef) -> Media:
        return await download(self._tools.session, media, self._secure)

    async def _messages(self, content: Content, task: str) -> list[Message]:
        """What is sent, in its order."""
        if isinstance(content, Text):
            return text_messages(content.text)
        if isinstance(content, Image):
            if content.media_type not in _PICTURES:
                raise PayloadRejected(f"WeCom shows no {content.media_type}")
            media_id = await upload(self._connection, content.data, content.media_type)
            return [{"msgtype": "image", "image": {"media_id": media_id}}]
        return messages(content, task, text_messages)

    async def _post(self, address: Address, message: Message) -> Message:
        """Send one message: the first words to somebody who only opened the chat are the welcome, because
        nothing else reaches them yet."""
        request, ends = "", 0.0
        if message["msgtype"] == "markdown":
            request, ends = self._welcomes.pop(address.id, ("", 0.0))
        if request and ends > asyncio.get_running_loop().time():
            welcome = {"msgtype": "text", "text": message["markdown"]}
            return await self._connection.call("aibot_respond_welcome_msg", welcome, request)
        kind = 2 if address.kind is AddressKind.GROUP else 1
        body = {"chatid": address.id, "chat_type": kind, **message}
        return await self._connection.call("aibot_send_msg", body)

    # ------------------------------------------------------------ what comes in

    def _pushed(self, command: str, request: str, body: Mapping[str, Any]) -> None:
        """Take a push: each event in a task of its own, so that reading goes on."""
        now = self._last_inbound = self._tools.now()
        for event in self._reader.events(command, body, now):
            if len(self._at_work) >= AT_ONCE:
                log.error("too many events at once, one is lost", key=event.dedupe_key)
                continue
            self._at_work.start(self._take(event, request))

    async def _take(self, event: Event, request: str) -> None:
        """Hand an event over until it is kept: WeCom brings nothing twice."""
        for _ in range(KEEP_TRIES):
            sink = self._sink
            if sink is None:
                break
            try:
                await self._handle(sink, event, request)
            except Overloaded as error:
                await asyncio.sleep(error.retry_after)
            else:
                return
        log.error("an event could not be kept", key=event.dedupe_key)

    async def _handle(self, sink: Sink, event: Event, request: str) -> None:
        if not isinstance(event, ClickIn | EnterIn):
            await sink.handle(event)
            return
        if isinstance(event, EnterIn):
            self._expect_welcome(event.address.id, request)

        async def late(answer: Answer) -> None:
            await self._show_apart(event, answer)

        answer = await within(sink, event, DECIDE_SECONDS, late, self._at_work)
        if answer is None:
            return
        if isinstance(event, ClickIn) and answer.card and await self._replace(event, answer, request):
            answer = replace(answer, card=None, toast="")
        await self._show_apart(event, answer)

    async def _replace(self, event: ClickIn, answer: Answer, request: str) -> bool:
        """Put the card in the place of the tapped one; False where it is too late or refused."""
        assert event.card_ref is not None, "every tap names its card"
        task = str(event.card_ref.data["task"])
        drawn = draw(with_toast(answer), task, greyed=False)
        body = {"response_type": "update_template_card", "template_card": drawn.card}
        try:
            await self._connection.call("aibot_respond_update_msg", body, request)
        except ChannelError as error:
            log.warning("card not replaced", error=repr(error))
            return False
        return True

    async def _show_apart(self, event: ClickIn | EnterIn, answer: Answer) -> None:
        """What cannot replace a card comes as messages of its own."""
        if answer.card is not None:
            await self.send(event.address, with_toast(answer), f"{event.dedupe_key}:card")
        elif answer.toast.strip():
            await self.send(event.address, Text(answer.toast), f"{event.dedupe_key}:toast")
        if answer.text.strip():
            await self.send(event.address, Text(answer.text), f"{event.dedupe_key}:text")

    def _expect_welcome(self, user: str, request: str) -> None:
        now = asyncio.get_running_loop().time()
        self._welcomes = {name: one for name, one in self._welcomes.items() if one[1] > now}
        self._welcomes[user] = (request, now + WELCOME_SECONDS)
