"""The channel `slack`: one app in one workspace, over Socket Mode, over HTTP, or over both."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.web import AbstractRouteDef, Request, Response

from bot.chat.answering import within
from bot.chat.background import Background
from bot.chat.errors import ChannelError, Overloaded, PayloadRejected, RateLimited
from bot.chat.fitting import card_text
from bot.chat.http import Refusal, read_body
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
from bot.chat.settings import ChatSettings
from bot.chat.slack.api import Place, SlackApi
from bot.chat.slack.callbacks import BODY_SECONDS, LARGEST_BODY, PATH, opened, verify
from bot.chat.slack.cards import TEXT_LIMIT, draw, escape, home, pieces, question
from bot.chat.slack.connection import HEARTBEAT, Socket
from bot.chat.slack.events import (
    PLATFORM,
    Heard,
    HomeOpened,
    Question,
    Shortcut,
    Unreadable,
    metadata_of,
    read_event,
    read_interaction,
)
from bot.chat.slack.refusals import Gone
from bot.chat.tools import Tools
from bot.texts import DEFAULT, LANGUAGES
from services.kit.ending import ended
from services.kit.settings import SettingMissing

log = structlog.get_logger("kuguan.slack")

ANSWER_SECONDS: Final = 1.2
"""How long an acknowledgement waits for the outcome of a tap; Slack waits for three seconds."""
WINDOW_SECONDS: Final = 1.0
"""How long opening a window may take before the tap counts without words."""
STOP_SECONDS: Final = 5.0
_FOLLOWING: Final = 500
_PATIENCE: Final = 5
_LONGEST_WAIT: Final = 5.0

CAPABILITIES: Final = Capabilities(
    group_in=True,
    image_in=True,
    image_out=True,
    buttons=True,
    click_answer=ClickAnswer.NONE,
    click_deadline=ANSWER_SECONDS,
    late_update=LateUpdate.ANY,
    late_update_window=None,
    max_lines=100,
    max_title=150,
    max_text_bytes=TEXT_LIMIT,
    proactive=Proactive.ALWAYS,
)


class SlackChannel:
    """One installed app."""

    def __init__(
        self,
        chat: ChatSettings,
        tools: Tools,
        *,
        first_pause: float = 1.0,
        longest_pause: float = 60.0,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        """Raises SettingMissing."""
        self._api = SlackApi(chat, tools.session)
        self._signing = chat.optional_secret("SIGNING_SECRET")
        if self._signing is None and not self._api.has_socket:
            raise SettingMissing(
                "KUGUAN_SLACK_APP_TOKEN_FILE",
                "a file with the app-level token (xapp-…) for Socket Mode, "
                "or KUGUAN_SLACK_SIGNING_SECRET_FILE for HTTP",
            )
        self._words = LANGUAGES.get(chat.get("LANGUAGE", DEFAULT), LANGUAGES[DEFAULT])
        self._now = tools.now
        self._socket = Socket(tools.session, self._api.socket_url, self._take, heartbeat)
        self._pauses = (first_pause, longest_pause)
        self._bot = ""
        self._sink: Sink | None = None
        self._last_inbound: datetime | None = None
        self._last_error = ""
        self._loops: list[asyncio.Task[None]] = []
        self._following = Background("shown on slack")

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def routes(self) -> Sequence[AbstractRouteDef]:
        return [web.post(PATH, self._receive)] if self._signing else []

    async def start(self, sink: Sink) -> None:
        self._sink = sink
        self._loops = [asyncio.create_task(self._introduce())]
        if self._api.has_socket:
            first, longest = self._pauses
            connected = keep_connected(
                self._socket.connect_once, first=first, longest=longest, note=self._note
            )
            self._loops.append(asyncio.create_task(connected))

    async def stop(self) -> None:
        self._sink = None
        loops, self._loops = self._loops, []
        await ended(loops, STOP_SECONDS)
        await self._socket.close()
        await self._following.finish(STOP_SECONDS)

    def health(self) -> Health:
        if self._api.has_socket:
            connected = self._socket.is_connected
        else:
            connected = self._sink is not None and not self._last_error
        return Health(connected, self._last_inbound, self._last_error)

    def joined(self, known: CardRef | None, fresh: CardRef) -> CardRef:
        """A message has one reference, and it never changes."""
        return known or fresh

    # ------------------------------------------------------------ what goes out

    async def send(self, address: Address, content: Content, idempotency_key: str) -> MessageRef:
        """Show it. Of a card that had to be shortened, its thread says everything."""
        place = _place(address)
        try:
            if isinstance(content, Text):
                sent = await self._send_text(place, content.text, idempotency_key)
            elif isinstance(content, Image):
                file = await self._api.upload(place, content)
                sent = MessageRef(PLATFORM, {"channel": place.channel, "file": file})
            else:
                sent = await self._send_card(place, content, idempotency_key)
        except ChannelError as error:
            self._note(repr(error))
            raise
        self._note("")
        return sent

    async def update(self, reference: CardRef, card: Card) -> Updated:
        channel, moment = reference.data.get("channel"), reference.data.get("ts")
        if not isinstance(channel, str) or not isinstance(moment, str):
            return Updated(UpdateResult.UNSUPPORTED)
        drawn = draw(card)
        try:
            await self._api.update(channel, moment, drawn.text, drawn.blocks)
        except Gone as error:
            log.info("card cannot be replaced", error=str(error))
            return Updated(UpdateResult.EXPIRED)
        except ChannelError as error:
            self._note(repr(error))
            raise
        return Updated(UpdateResult.UPDATED)

    async def fetch(self, media: MessageRef) -> Media:
        file, url = media.data.get("file"), media.data.get("url")
        if not isinstance(file, str) or not isinstance(url, str):
            raise PayloadRejected("not a reference of this channel")
        return await self._api.fetch(file, url)

    async def _send_text(self, place: Place, text: str, key: str) -> MessageRef:
        reference: dict[str, str] = {}
        for number, piece in enumerate(pieces(text)):
            channel, moment = await self._post_piece(place, piece, f"{key}:{number}", number > 0)
            reference = reference or {"channel": channel, "ts": moment}
        return MessageRef(PLATFORM, reference)

    async def _post_piece(self, place: Place, piece: str, key: str, is_more: bool) -> tuple[str, str]:
        """Write a part of a text; one that has begun is ended rather than begun again by the bot's queue."""
        for _ in range(_PATIENCE if is_more else 0):
            try:
                return await self._api.post(place, escape(piece), None, key)
            except RateLimited as error:
                await asyncio.sleep(min(error.retry_after, _LONGEST_WAIT))
        return await self._api.post(place, escape(piece), None, key)

    async def _send_card(self, place: Place, card: Card, key: str) -> CardRef:
        drawn = draw(card)
        channel, moment = await self._api.post(place, drawn.text, drawn.blocks, key)
        if not drawn.fits:
            below = Place(channel, place.thread or moment)
            self._follow(self._send_text(below, card_text(card), f"{key}:full"))
        return CardRef(PLATFORM, {"channel": channel, "ts": moment})

    # ------------------------------------------------------------ what comes in

    async def _receive(self, request: Request) -> Response:
        """One signed request; whatever is answered with 200 is kept."""
        assert self._signing is not None, "there is no route without it"
        try:
            body = await read_body(request, LARGEST_BODY, BODY_SECONDS)
            verify(self._signing.value, request.headers, body, self._now())
        except Refusal as refusal:
            log.warning("request refused", reason=refusal.reason)
            return Response(status=refusal.status)
        try:
            payload = opened(request.content_type, body)
            if payload.get("type") == "url_verification":
                challenge = payload.get("challenge")
                return Response(text=challenge if isinstance(challenge, str) else "")
            kind = "events_api" if payload.get("type") == "event_callback" else "interactive"
            await self._take(kind, payload)
        except Unreadable as error:
            # Brought again it would be no more readable.
            log.warning("request unreadable", part=str(error))
            return Response(status=200)
        except Overloaded:
            return Response(status=503)
        return Response(status=200)

    async def _take(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Keep what was heard; raises Overloaded where it was not, and Unreadable."""
        now = self._now()
        self._last_inbound = now
        self._note("")
        heard: list[Heard] = []
        if kind == "events_api":
            heard = read_event(payload, self._bot, now)
        elif kind == "interactive":
            one = read_interaction(payload, now)
            heard = [one] if one is not None else []
        for event in heard:
            await self._hear(event)

    async def _hear(self, event: Heard) -> None:
        sink = self._open_sink()
        if isinstance(event, HomeOpened):
            self._follow(self._api.publish_home(event.user, home(self._words)))
        elif isinstance(event, Shortcut):
            await sink.handle(replace(event.said, text=self._words[f"help.{event.name}"]))
        elif isinstance(event, Question):
            if not await self._asked(event):
                await self._answer(sink, event.click)
        elif isinstance(event, ClickIn | EnterIn):
            await self._answer(sink, event)
        else:
            await sink.handle(event)

    async def _asked(self, event: Question) -> bool:
        """Open the window that asks for words; False where the tap has to do without them."""
        view = question(event.label, event.asks, metadata_of(event.click))
        try:
            async with asyncio.timeout(WINDOW_SECONDS):
                await self._api.open_window(event.trigger, view)
        except (ChannelError, TimeoutError) as error:
            log.warning("window not opened", error=repr(error))
            return False
        return True

    async def _answer(self, sink: Sink, event: ClickIn | EnterIn) -> None:
        async def late(answer: Answer) -> None:
            await self._show(event, answer)

        answer = await within(sink, event, ANSWER_SECONDS, late, self._following)
        if answer is not None:
            # An acknowledgement shows nothing, so it does not wait for what is shown.
            self._follow(self._show(event, answer))

    async def _show(self, event: ClickIn | EnterIn, answer: Answer) -> None:
        """The card in its new state, and words that only the person sees."""
        card, shown = answer.card, []
        if card is not None and isinstance(event, ClickIn) and event.card_ref is not None:
            shown.append(self._replaced(event, event.card_ref, card))
        elif card is not None:
            shown.append(self._sent(event, card, "card"))
        if answer.toast.strip() and not (card and answer.toast in (card.stamp, card.subtitle)):
            place = Place(_channel_of(event), _place(event.address).thread)
            shown.append(self._api.whisper(place, event.sender.user_id, escape(answer.toast)))
        if answer.text.strip():
            shown.append(self._sent(event, Text(answer.text), "text"))
        for failed in await asyncio.gather(*shown, return_exceptions=True):
            if isinstance(failed, ChannelError):
                log.warning("answer not shown", error=repr(failed))
            elif failed is not None:
                raise failed

    async def _replaced(self, event: ClickIn, reference: CardRef, card: Card) -> None:
        updated = await self.update(reference, card)
        if updated.result is not UpdateResult.UPDATED:
            await self._sent(event, card, "card")

    async def _sent(self, event: ClickIn | EnterIn, content: Content, part: str) -> None:
        await self.send(event.address, content, f"{event.dedupe_key}:{part}")

    # ------------------------------------------------------------ in the background

    async def _introduce(self) -> None:
        """Learn who the bot is, so that its mention can be told from others."""
        pause, longest = self._pauses
        while True:
            try:
                who, _ = await self._api.whoami()
            except ChannelError as error:
                self._note(repr(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)
            else:
                self._bot = str(who.get("user_id") or "")
                return

    def _follow(self, work: Coroutine[Any, Any, object]) -> None:
        """Do it without anybody waiting."""
        if len(self._following) >= _FOLLOWING:
            work.close()
            log.warning("too much to show at once")
            return
        self._following.start(work)

    def _note(self, error: str) -> None:
        self._last_error = error

    def _open_sink(self) -> Sink:
        if self._sink is None:
            raise Overloaded(detail="the channel is not started")
        return self._sink


def _place(address: Address) -> Place:
    """A group's address names its thread too: what is asked in a thread is answered there."""
    if address.kind is AddressKind.DIRECT:
        return Place(address.id)
    channel, _, thread = address.id.partition(":")
    return Place(channel, thread or None)


def _channel_of(event: ClickIn | EnterIn) -> str:
    """The conversation of a tap: words for one person's eyes need it, a person will not do."""
    reference = event.card_ref if isinstance(event, ClickIn) else None
    channel = reference.data.get("channel") if reference else None
    return channel if isinstance(channel, str) else _place(event.address).channel
