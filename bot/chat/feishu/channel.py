"""The channel `feishu`: Feishu and Lark, over the long connection or the webhook."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.web import AbstractRouteDef

from bot.chat.answering import within
from bot.chat.background import Background
from bot.chat.errors import AuthFailed, ChannelError, Overloaded, PayloadRejected, RecipientUnreachable
from bot.chat.feishu.api import MEDIA_LIMIT, Api, Credentials, Gone
from bot.chat.feishu.callbacks import PATH, Webhook
from bot.chat.feishu.cards import ROWS_LIMIT, TITLE_LIMIT, render
from bot.chat.feishu.connection import Answered, Connection
from bot.chat.feishu.events import PLATFORM, open_envelope, read
from bot.chat.fitting import cut, cut_bytes
from bot.chat.http import answering
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
from bot.chat.reconnecting import keep_connected
from bot.chat.tools import Tools
from services.kit.ending import ended
from services.kit.settings import Secret

log = structlog.get_logger("kuguan.feishu")

CLICK_SECONDS: Final = 1.5
"""The product waits 3 s; half of it leaves room for the network."""
KEEP_SECONDS: Final = 2.0
STOP_SECONDS: Final = 5.0
UPDATE_WINDOW: Final = timedelta(days=14)
SETTLE_SECONDS: Final = 0.2
"""Between the answer to a tap and a change of the same card: what overtakes the answer is undone."""
_TEXT_BYTES: Final = 120_000
_TOAST_LIMIT: Final = 200

CAPABILITIES: Final = Capabilities(
    group_in=True,
    image_in=True,
    image_out=True,
    buttons=True,
    click_answer=ClickAnswer.CARD_AND_TOAST,
    click_deadline=CLICK_SECONDS,
    late_update=LateUpdate.ANY,
    late_update_window=UPDATE_WINDOW.total_seconds(),
    max_lines=ROWS_LIMIT,
    max_title=TITLE_LIMIT,
    max_text_bytes=_TEXT_BYTES,
    proactive=Proactive.ALWAYS,
)

_TAG: Final = re.compile(r"<(?=[A-Za-z/])")


class FeishuChannel:
    """One app of Feishu or Lark; without `webhook` (encrypt key, verification token) it connects itself."""

    def __init__(
        self, credentials: Credentials, tools: Tools, webhook: tuple[Secret, Secret] | None = None
    ) -> None:
        self._app = credentials.app_id
        self._now = tools.now
        self._api = Api(credentials, tools.session, tools.now)
        self._webhook = Webhook(*webhook, self._take, tools.now) if webhook else None
        self._connection = Connection(self._api, tools.session, self._take)
        self._sink: Sink | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._later = Background("shown on feishu")
        self._answering: dict[str, Answered] = {}
        self._bot = ""
        self._refused = ""
        self._last_inbound: datetime | None = None
        self._last_error = ""

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def routes(self) -> Sequence[AbstractRouteDef]:
        return [web.post(PATH, answering(self._webhook.handle))] if self._webhook else []

    async def start(self, sink: Sink) -> None:
        self._sink = sink
        if self._webhook is None:
            self._connecting = asyncio.create_task(keep_connected(self._connection.once, note=self._note))

    async def stop(self) -> None:
        self._sink = None
        if self._connecting is not None:
            await ended([self._connecting], STOP_SECONDS)
            self._connecting = None
        await self._later.finish(STOP_SECONDS)

    def health(self) -> Health:
        connected = self._sink is not None if self._webhook else self._connection.is_open
        return Health(connected, self._last_inbound, self._refused or self._last_error)

    # ------------------------------------------------------------ what goes out

    async def send(self, address: Address, content: Content, idempotency_key: str) -> MessageRef:
        unique = hashlib.sha256(idempotency_key.encode(errors="replace")).hexdigest()[:40]
        with self._refusals_shown():
            kind, data = await self._content(content)
            message = await self._api.send(_id_kind(address), address.id, kind, data, unique)
        if isinstance(content, Card):
            return CardRef(PLATFORM, {"message": message, "sent": self._now().isoformat()})
        return MessageRef(PLATFORM, {"message": message})

    async def update(self, reference: CardRef, card: Card) -> Updated:
        message = str(reference.data.get("message") or "")
        if not message:
            return Updated(UpdateResult.UNSUPPORTED)
        sent = reference.data.get("sent")
        if isinstance(sent, str) and self._now() - datetime.fromisoformat(sent) >= UPDATE_WINDOW:
            return Updated(UpdateResult.EXPIRED)
        answered = self._answering.get(message)
        if answered is not None:
            await _has_left(answered)
        try:
            with self._refusals_shown():
                await self._api.replace_card(message, _json(render(card)))
        except (Gone, RecipientUnreachable):
            return Updated(UpdateResult.EXPIRED)
        return Updated(UpdateResult.UPDATED)

    def joined(self, known: CardRef | None, fresh: CardRef) -> CardRef:
        # A tap names the message it was made on; what was kept also knows when the card was sent.
        return known or fresh

    async def fetch(self, media: MessageRef) -> Media:
        return await self._api.fetch_image(str(media.data["message"]), str(media.data["image"]))

    @contextmanager
    def _refusals_shown(self) -> Iterator[None]:
        """Refused credentials stand in the health until a call is taken again."""
        try:
            yield
        except AuthFailed as error:
            self._refused = repr(error)
            raise
        self._refused = ""

    async def _content(self, content: Content) -> tuple[str, str]:
        """The type and the JSON of a message."""
        if isinstance(content, Card):
            return "interactive", _json(render(content))
        if isinstance(content, Image):
            if not 0 < len(content.data) <= MEDIA_LIMIT:
                raise PayloadRejected(f"a picture of {len(content.data)} bytes")
            return "image", _json({"image_key": await self._api.upload_image(content.data)})
        return "text", _json({"text": _plain(content.text)})

    # ------------------------------------------------------------ what comes in

    async def _take(self, data: Mapping[str, Any]) -> Answered:
        """Hand one pushed event to the sink; raises Overloaded when it was not kept, and Unreadable."""
        envelope = open_envelope(data)
        if envelope is None or envelope.app != self._app:
            return Answered()
        bot = await self._bot_id() if envelope.is_group_message else ""
        events = read(envelope, bot, self._now())
        answered = Answered()
        for event in events:
            self._last_inbound = event.received_at
            if isinstance(event, ClickIn):
                await self._tapped(event, answered)
            elif isinstance(event, EnterIn):
                await self._entered(event, answered)
            else:
                await self._keep(event)
        return answered

    async def _keep(self, event: Event) -> None:
        """The sink's receipt, in time for the product's; a late one is none, and the push comes again."""
        keeping = asyncio.ensure_future(self._open_sink().handle(event))
        done, _ = await asyncio.wait([keeping], timeout=KEEP_SECONDS)
        if not done:
            self._later.start(_end_of(keeping))
            raise Overloaded(detail="the event was not kept in time")
        keeping.result()

    async def _tapped(self, event: ClickIn, answered: Answered) -> None:
        """The card as it is after the tap, and a passing word; what comes later changes the card then."""
        answered.answer = {}
        message = str(event.card_ref.data["message"]) if event.card_ref else ""

        async def late(answer: Answer) -> None:
            await _has_left(answered)
            await self._show(event, answer)

        if message:
            self._answering[message] = answered
            self._later.start(self._forget(message, answered))
        try:
            answer = await within(self._open_sink(), event, CLICK_SECONDS, late, self._later)
        except ChannelError:
            answered.sent.set()
            raise
        if answer is None:
            return
        shown: dict[str, Any] = {}
        if answer.toast:
            shown["toast"] = {"type": "info", "content": cut(answer.toast, _TOAST_LIMIT)}
        if answer.card is not None:
            shown["card"] = {"type": "raw", "data": render(answer.card)}
        answered.answer = shown
        if answer.text:
            self._later.start(late(Answer(text=answer.text)))

    async def _entered(self, event: EnterIn, answered: Answered) -> None:
        async def late(answer: Answer) -> None:
            await self._show(event, answer)

        answer = await within(self._open_sink(), event, KEEP_SECONDS, late, self._later)
        if answer is not None:
            self._later.start(late(answer))

    async def _show(self, event: ClickIn | EnterIn, answer: Answer) -> None:
        """Show an answer that the product no longer waits for."""
        if answer.card is not None:
            reference = event.card_ref if isinstance(event, ClickIn) else None
            if reference is not None:
                await self.update(reference, answer.card)
            else:
                await self.send(event.address, answer.card, f"answer-card:{event.dedupe_key}")
        said = answer.text or ("" if answer.card else answer.toast)
        if said:
            await self.send(event.address, Text(said), f"answer:{event.dedupe_key}")

    async def _forget(self, message: str, answered: Answered) -> None:
        """Hold changes of a card back until the tap on it is answered."""
        await _has_left(answered)
        if self._answering.get(message) is answered:
            del self._answering[message]

    async def _bot_id(self) -> str:
        """The bot's own open id; raises Overloaded where it cannot be asked for now."""
        if not self._bot:
            try:
                self._bot = str((await self._api.bot()).get("open_id") or "")
            except ChannelError as error:
                raise Overloaded(detail=f"who the bot is: {error!r}") from error
        return self._bot

    def _open_sink(self) -> Sink:
        if self._sink is None:
            raise Overloaded(detail="the channel is not started")
        return self._sink

    def _note(self, error: str) -> None:
        self._last_error = error
        if error:
            log.warning("disconnected", error=error)


async def _end_of(work: asyncio.Future[Any]) -> None:
    await work


async def _has_left(answered: Answered) -> None:
    """Wait until the answer to a tap has left and the client had a moment to draw it."""
    try:
        async with asyncio.timeout(CLICK_SECONDS + STOP_SECONDS):
            await answered.sent.wait()
    except TimeoutError:
        log.warning("a tap was never answered")
    await asyncio.sleep(SETTLE_SECONDS)


def _id_kind(address: Address) -> str:
    """What kind of id an address has: people come with open ids, imported lists with others."""
    if address.kind is AddressKind.GROUP:
        return "chat_id"
    if "@" in address.id:
        return "email"
    known = {"ou_": "open_id", "on_": "union_id", "oc_": "chat_id"}
    kind = known.get(address.id[:3], "user_id")
    if not address.id:
        raise RecipientUnreachable("no address")
    return kind


def _plain(text: str) -> str:
    """Text in which nothing is a tag, a link or bold: messages of type text know some markup."""
    clean = "".join(sign for sign in text if sign >= " " or sign in "\n\t")
    plain = _TAG.sub("＜", clean).replace("](", "] (").replace("**", "＊＊")
    return cut_bytes(plain.encode(errors="ignore").decode(), _TEXT_BYTES)


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False)
