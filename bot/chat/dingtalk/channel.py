"""The channel `dingtalk`: an application's robot over a DingTalk stream, with cards made from a template."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from aiohttp.web import AbstractRouteDef

from bot.chat.answering import within
from bot.chat.background import Background
from bot.chat.dingtalk.account import PLATFORM, Account
from bot.chat.dingtalk.api import Api
from bot.chat.dingtalk.callbacks import Outsider, Said, read_message, read_tap
from bot.chat.dingtalk.cards import (
    MAX_ROWS,
    MAX_TEXT_BYTES,
    MAX_TITLE,
    card_parameters,
    notice_parameters,
    plain_card,
    plain_text,
)
from bot.chat.dingtalk.connection import HEARTBEAT, Connection
from bot.chat.dingtalk.door import Door
from bot.chat.dingtalk.frames import CARDS, FAILED, MESSAGES, OK, Answered, Frame
from bot.chat.dingtalk.quota import Quota
from bot.chat.dingtalk.refusals import CardGone, CardThere, QuotaUsedUp
from bot.chat.dingtalk.shown import Shown
from bot.chat.dingtalk.values import Malformed
from bot.chat.errors import ChannelError, Overloaded, PayloadRejected, RateLimited, Transient
from bot.chat.platform import (
    Address,
    Answer,
    Capabilities,
    Card,
    CardRef,
    CardState,
    ClickAnswer,
    ClickIn,
    Content,
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

log = structlog.get_logger("kuguan.dingtalk")

ANSWER_SECONDS: Final = 1.5
CLOSE_SECONDS: Final = 5.0
"""A tap has to be answered within two seconds."""
AFTER_ANSWER: Final = 0.1
"""Seconds for an answer to arrive before the card may be updated."""
KEEP_TRIES: Final = 5
"""How often a message is offered to a bot that is overloaded: DingTalk promises no second delivery."""
FOLLOW_TRIES: Final = 3
LONGEST_WAIT: Final = 10.0
REPLIES_KEPT: Final = 2_000
REPLY_MARGIN: Final = timedelta(seconds=30)
FIRST_PAUSE: Final = 1.0


def capabilities(*, buttons: bool) -> Capabilities:
    """What DingTalk can do; without a card template there are no buttons and nothing to update."""
    return Capabilities(
        group_in=True,
        image_in=True,
        image_out=True,
        buttons=buttons,
        click_answer=ClickAnswer.CARD if buttons else ClickAnswer.NONE,
        click_deadline=ANSWER_SECONDS,
        late_update=LateUpdate.ANY if buttons else LateUpdate.NONE,
        late_update_window=None,
        max_lines=MAX_ROWS,
        max_title=MAX_TITLE,
        max_text_bytes=MAX_TEXT_BYTES,
        proactive=Proactive.ALWAYS,
    )


class DingTalkChannel:
    """One DingTalk application. Several may be connected at once: each push goes to one of them."""

    def __init__(self, account: Account, tools: Tools, *, heartbeat: float = HEARTBEAT) -> None:
        self._account = account
        self._now = tools.now
        self._quota = Quota(account.monthly_calls, tools.now, tools.counts)
        self._api = Api(account, tools.session, tools.now, self._quota)
        handlers = {MESSAGES: self._hear, CARDS: self._tapped}
        self._connection = Connection(self._api, tools.session, handlers, heartbeat=heartbeat)
        secret = account.callback_secret
        self._door = Door(secret, tools.now, self._tapped) if secret else None
        self._sink: Sink | None = None
        self._running: asyncio.Task[None] | None = None
        self._counting: asyncio.Task[None] | None = None
        self._after = Background("shown on dingtalk")
        self._shown = Shown()
        self._open_taps: dict[str, set[asyncio.Event]] = {}
        self._replies: OrderedDict[Address, tuple[str, datetime]] = OrderedDict()
        self._last_inbound: datetime | None = None
        self._last_error = ""

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        return capabilities(buttons=bool(self._account.template))

    def routes(self) -> Sequence[AbstractRouteDef]:
        return self._door.routes() if self._door else []

    async def start(self, sink: Sink) -> None:
        self._sink = sink
        self._running = asyncio.create_task(
            keep_connected(self._connection.connect_once, first=FIRST_PAUSE, note=self._note)
        )
        self._counting = asyncio.create_task(self._quota.keep())

    async def stop(self) -> None:
        await self._connection.finish()
        await ended([task for task in (self._running, self._counting) if task is not None], CLOSE_SECONDS)
        self._running = self._counting = None
        await self._connection.stop()
        await self._after.finish(ANSWER_SECONDS)
        await self._after.cancel()

    def health(self) -> Health:
        error = self._last_error or self._quota.warning
        return Health(self._connection.is_open, self._last_inbound, error)

    def joined(self, known: CardRef | None, fresh: CardRef) -> CardRef:
        return known or fresh

    # ------------------------------------------------------------ out

    async def send(self, address: Address, content: Content, idempotency_key: str) -> MessageRef:
        with self._noting():
            if isinstance(content, Card):
                return await self._send_card(address, content)
            if isinstance(content, Image):
                media = await self._api.upload(content)
                sent = await self._api.send_message(address, "sampleImageMsg", {"photoURL": media})
                return MessageRef(PLATFORM, {"message": sent})
            return MessageRef(PLATFORM, {"message": await self._say(address, content)})

    async def update(self, reference: CardRef, card: Card) -> Updated:
        card_id = reference.data.get("card")
        if not isinstance(card_id, str):
            return Updated(UpdateResult.UNSUPPORTED)
        with self._noting():
            return await self._change(card_id, card)

    async def fetch(self, media: MessageRef) -> Media:
        code = media.data.get("download_code")
        if not isinstance(code, str):
            raise PayloadRejected("not a picture of this channel")
        with self._noting():
            return await self._api.download(code)

    async def _send_card(self, address: Address, card: Card) -> CardRef:
        if not self._account.template:
            return CardRef(PLATFORM, {"message": await self._say(address, Text(plain_card(card)))})
        parameters = {**card_parameters(card), **notice_parameters("")}
        try:
            await self._api.create_card(address, card.id, parameters)
        except CardThere:
            # An earlier try arrived without our hearing of it.
            log.info("card was there already", card=card.id)
        # What the first try showed, which may be older, is put right by the renewal that follows.
        return CardRef(PLATFORM, {"card": card.id})

    async def _say(self, address: Address, content: Text) -> str:
        text = plain_text(content.text)
        url, until = self._replies.get(address, ("", self._now()))
        if url and self._now() + REPLY_MARGIN < until:
            try:
                await self._api.reply(url, text)
            except ChannelError as error:
                self._replies.pop(address, None)
                log.info("said by a call instead of a reply", error=str(error))
            else:
                return ""
        return await self._api.send_message(address, "sampleText", {"content": text})

    async def _change(self, card_id: str, card: Card) -> Updated:
        parameters = card_parameters(card)
        if card.state is not CardState.OPEN:
            # The stamp says it now.
            parameters |= notice_parameters("")
        turn = self._shown.turn(card_id)
        number = turn.take()
        async with turn.lock:
            # A card must not be changed while a tap on it waits for its answer.
            waiting = [asyncio.ensure_future(tap.wait()) for tap in self._open_taps.get(card_id, ())]
            if waiting:
                await asyncio.wait(waiting, timeout=2 * ANSWER_SECONDS)
            if not turn.is_newest(number) or self._shown.has(card_id, parameters):
                return Updated(UpdateResult.UPDATED)
            self._shown.forget(card_id)
            try:
                await self._api.update_card(card_id, parameters)
            except CardGone:
                return Updated(UpdateResult.EXPIRED)
            self._shown.note(card_id, parameters)
        return Updated(UpdateResult.UPDATED)

    # ------------------------------------------------------------ in

    async def _hear(self, frame: Frame) -> Answered:
        """Keep what somebody wrote."""
        try:
            said = read_message(frame, self._now())
        except Outsider as error:
            self._note(f"{error}: not an employee, or the application's version is not published")
            return Answered()
        except Malformed as error:
            log.warning("message not understood", error=str(error))
            return Answered()
        if not said.events or not self._is_ours(said.events[0].tenant):
            return Answered()
        self._remember_reply(said)
        for event in said.events:
            if not await self._keep(event):
                return Answered(FAILED)
        return Answered()

    async def _keep(self, event: Event) -> bool:
        assert self._sink is not None, "nothing comes in before the start"
        for _ in range(KEEP_TRIES):
            try:
                await self._sink.handle(event)
            except Overloaded as error:
                await asyncio.sleep(error.retry_after)
            else:
                return True
        log.warning("message not kept", key=event.dedupe_key)
        return False

    async def _tapped(self, frame: Frame) -> Answered:
        """Answer a tap; what everybody sees is changed after the answer was given."""
        assert self._sink is not None, "nothing comes in before the start"
        try:
            tap = read_tap(frame, self._now())
        except Malformed as error:
            log.warning("tap not understood", error=str(error))
            return Answered(OK, {"response": {}})
        if not self._is_ours(tap.tenant):
            return Answered(OK, {"response": {}})
        answered = self._begin_tap(tap.card_id)

        async def late(answer: Answer) -> None:
            toast = answer.toast if answer.card is None or answer.card.state is CardState.OPEN else ""
            await self._follow(tap, answer.card, answer.text, toast)

        try:
            answer = await within(self._sink, tap, ANSWER_SECONDS, late, self._after)
        except Overloaded:
            return Answered(FAILED, {"response": {}}, answered)
        except BaseException:
            answered()
            raise
        if answer is None:
            return Answered(OK, {"response": {}}, answered)

        def then() -> None:
            answered()
            self._after.start(self._follow(tap, answer.card, answer.text))

        return Answered(OK, {"response": _response(answer)}, then)

    def _begin_tap(self, card_id: str) -> Callable[[], None]:
        """Note that a tap waits for its answer; what is returned notes that it has it."""
        event = asyncio.Event()
        self._shown.forget(card_id)
        self._open_taps.setdefault(card_id, set()).add(event)

        def over() -> None:
            self._shown.forget(card_id)
            event.set()
            others = self._open_taps.get(card_id, set())
            others.discard(event)
            if not others:
                self._open_taps.pop(card_id, None)

        def answered() -> None:
            # An update goes another way than the answer and must not overtake it.
            asyncio.get_running_loop().call_later(AFTER_ANSWER, over)

        return answered

    async def _follow(self, tap: ClickIn, card: Card | None, *said: str) -> None:
        """Show everybody what a tap led to, and say what its answer could not show."""
        if card is not None:
            await self._try(lambda: self._change(tap.card_id, card))
        for text in filter(None, said):
            await self._try(partial(self._say, Address.direct(tap.sender.user_id), Text(text)))

    async def _try(self, call: Callable[[], Awaitable[object]]) -> None:
        """Call a few times: what a card says is stored, the next renewal or tap shows it anyway."""
        for _ in range(FOLLOW_TRIES):
            try:
                with self._noting():
                    await call()
            except RateLimited as error:
                await asyncio.sleep(min(error.retry_after, LONGEST_WAIT))
            except Transient:
                await asyncio.sleep(1.0)
            except ChannelError:
                return
            else:
                return

    def _is_ours(self, tenant: str) -> bool:
        self._last_inbound = self._now()
        self._last_error = ""
        ours = not self._account.corp or tenant == self._account.corp
        if not ours:
            log.warning("push of another company", corp=tenant)
        return ours

    def _remember_reply(self, said: Said) -> None:
        if said.reply_url and self._api.takes_replies(said.reply_url):
            self._replies[said.address] = (said.reply_url, said.reply_until)
            self._replies.move_to_end(said.address)
            while len(self._replies) > REPLIES_KEPT:
                self._replies.popitem(last=False)

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Show in the health what a call failed with."""
        try:
            yield
        except ChannelError as error:
            # Waiting a moment is nothing an operator has to know of; no calls left is.
            if not isinstance(error, RateLimited) or isinstance(error, QuotaUsedUp):
                self._note(str(error))
            raise

    def _note(self, error: str) -> None:
        self._last_error = error[:300]
        if error:
            log.warning("trouble", error=self._last_error)


def _response(answer: Answer) -> dict[str, object]:
    """What who tapped sees at once."""
    parameters = card_parameters(answer.card) if answer.card else {}
    if answer.card or answer.toast:
        parameters |= notice_parameters(answer.toast)
    if not parameters:
        return {}
    return {
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        "cardData": {"cardParamMap": parameters},
    }
