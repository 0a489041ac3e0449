"""Sends what is queued for people: in order for each person, again until it arrived, never a second time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection

from bot import measures
from bot.cards import draw
from bot.chat.errors import AuthFailed, ChannelError, PayloadRejected, RateLimited, RecipientUnreachable
from bot.chat.fitting import card_text
from bot.chat.leases import Leases
from bot.chat.platform import (
    Address,
    Card,
    CardRef,
    Channel,
    Content,
    LateUpdate,
    MessageRef,
    Text,
    UpdateResult,
)
from bot.commands.ask import Ask
from bot.desk import Desk, local_identity
from bot.leasing import TURN, TURN_SECONDS
from bot.notices import RENEWAL_PAUSE, renew_soon
from bot.outages import NO_ANSWER, until_there
from bot.patience import Patience, is_away
from bot.preparing import prepare
from bot.shares import Shares
from bot.storage import cards, deliveries, received
from bot.storage.cards import CardRow
from bot.storage.deliveries import Delivery
from bot.ways import Way, Ways
from services.kit import observe
from services.kit.changes import Transaction
from services.kit.errors import KuguanError, RemoteError

log = structlog.get_logger("kuguan.sending")

BATCH = 64
TRIES = 40
IDLE_SECONDS = 1.0
TEXTS_FIRST_SECONDS = 0.02
"""So long cards wait for texts that were queued with them: drawing one takes what telling takes."""
_TEXTS = ("say", "tell")
_SHORTEST_PAUSE = 0.05
STILL_OPEN = "open-"
"""How the mark of a card begins on which somebody sees buttons."""
Result = TypeVar("Result")


class StillTapped(Exception):
    """Somebody's tap on a card is being worked on: what that shows is not known yet."""


class Sender:
    """The outbox of the chats: takes queued rows, draws them in the person's language, hands them over."""

    def __init__(self, desk: Desk, ways: Ways, leases: Leases, replica: str) -> None:
        self._desk = desk
        self._ways = ways
        self._leases = leases
        self._replica = replica
        self._turn_ends = 0.0
        self._patience = Patience()
        self._shares = Shares()
        self._is_more = False
        self._wake = asyncio.Event()
        self._sending: set[int] = set()
        # They count as being sent until a look begins: one that began before can still find them waiting.
        self._ended: set[int] = set()
        self._texts: set[asyncio.Task[None]] = set()
        self._kinds: Mapping[str, Callable[[Delivery], Awaitable[None]]] = {
            "say": self._say,
            "tell": self._tell,
            "show": self._show,
            "renew": self._renew,
        }

    def wake(self) -> None:
        """Something was queued."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled. Each person's next delivery begins when theirs before has ended, whatever
        the deliveries of others take; what is only to be read goes before cards, which are drawn first."""
        pause = IDLE_SECONDS
        async with asyncio.TaskGroup() as at_work:
            while True:
                self._wake.clear()
                due = await until_there("sending", self._due)
                if due is None:
                    await asyncio.sleep(IDLE_SECONDS)
                    continue
                for delivery in sorted(due, key=lambda one: one.kind not in _TEXTS):
                    if delivery.sequence not in self._sending:
                        self._sending.add(delivery.sequence)
                        task = at_work.create_task(self._deliver(delivery))
                        if delivery.kind in _TEXTS:
                            self._texts.add(task)
                            task.add_done_callback(self._texts.discard)
                try:
                    # `wait_for` would swallow that one of them failed, as it wakes us in the same moment.
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                    # What was queued may be due a little later.
                    pause = 1.05 * RENEWAL_PAUSE.total_seconds()
                except TimeoutError:
                    pause = IDLE_SECONDS

    async def _due(self) -> list[Delivery] | None:
        """What can be sent now; None while it is another replica's turn to send."""
        if not await self._has_its_turn():
            return None
        self._sending -= self._ended
        self._ended.clear()
        flying = list(self._sending)
        room = BATCH - (len(flying) - self._shares.taken)
        due = await self._desk.runtime.reader.look(
            lambda connection: deliveries.due(connection, datetime.now(UTC), room, flying)
        )
        self._is_more = len(due) >= room
        return due

    async def _has_its_turn(self) -> bool:
        """Whether this replica is the one that sends: in order for each person, and nothing twice."""
        if self._desk.runtime.database.is_sqlite:
            return True
        now = asyncio.get_running_loop().time()
        if now > self._turn_ends - TURN_SECONDS / 2:
            try:
                if not await self._leases.hold(TURN, self._replica, TURN_SECONDS):
                    return False
            except KuguanError as error:
                log.warning("no turn", error=repr(error))
                return now < self._turn_ends
            self._turn_ends = now + TURN_SECONDS
        return True

    async def _deliver(self, delivery: Delivery) -> None:
        """One delivery; a failure is written down with the time of the next try."""
        if delivery.kind not in _TEXTS and self._texts:
            await asyncio.wait(list(self._texts), timeout=TEXTS_FIRST_SECONDS)
        try:
            with observe.span(f"chat {delivery.kind}", delivery.data.get(deliveries.TRACE, "")):
                await self._kinds[delivery.kind](delivery)
            self._patience.ended(delivery.sequence)
        except RateLimited as error:
            await self._postpone(delivery, error, error.retry_after)
        except StillTapped as error:
            await self._postpone(delivery, error, RENEWAL_PAUSE.total_seconds())
        except NO_ANSWER as error:
            await self._postpone(delivery, error, IDLE_SECONDS)
        except (ChannelError, KuguanError) as error:
            await self._note_failure(delivery, error)
        except Exception as error:
            log.exception("delivery failed", key=delivery.key, kind=delivery.kind)
            await self._note_failure(delivery, error)
        finally:
            self._ended.add(delivery.sequence)
            self._wake.set()

    async def _postpone(self, delivery: Delivery, error: Exception, seconds: float) -> None:
        """Send it when it can be taken; however long nobody takes anything, it is not given up."""
        log.info("postponed", key=delivery.key, person=delivery.person, error=repr(error))
        pause = timedelta(seconds=max(seconds, _SHORTEST_PAUSE))
        await self._note(lambda tx: deliveries.postponed(tx, delivery.sequence, tx.now + pause))

    async def _note_failure(self, delivery: Delivery, error: Exception) -> None:
        log.warning("not delivered", key=delivery.key, person=delivery.person, error=repr(error))
        pause = self._patience.pause(delivery.sequence)
        if is_away(error):
            await self._postpone(delivery, error, pause)
            return
        if delivery.tries + 1 >= TRIES or isinstance(error, PayloadRejected):
            await self._give_up(delivery, repr(error))
            return
        await self._note(
            lambda tx: deliveries.failed(
                tx, delivery.sequence, repr(error), tx.now + timedelta(seconds=pause)
            )
        )

    async def _give_up(self, delivery: Delivery, reason: str) -> None:
        self._patience.ended(delivery.sequence)
        await self._note(lambda tx: deliveries.given_up(tx, delivery.sequence, reason))
        measures.GIVEN_UP.labels(delivery.kind).inc()

    async def _note(self, write: Callable[[Transaction], None]) -> None:
        """Write down what became of a delivery, however long the database is away: until then it counts as
        being sent, and what the product has taken is not sent again."""
        await until_there("noting", lambda: self._desk.runtime.writer.act(write))

    async def _say(self, delivery: Delivery) -> None:
        await self._send_text(delivery, delivery.data["text"])

    async def _tell(self, delivery: Delivery) -> None:
        """A sentence about something that happened, worded now in the person's language."""
        words = await self._desk.words_for(delivery.person)
        company, facts = self._desk.company, dict(delivery.data["facts"])
        if "who" in facts:
            facts["who"] = company.person_name(facts["who"], words.language)
        if "platform" in facts:
            facts["platform"] = words.platform(facts["platform"])
        if "lines" in facts:
            named = [
                (company.item_name(item, words.language), value, unit) for item, value, unit in facts["lines"]
            ]
            facts["lines"] = words.join(
                [f"{item} {words.amount(value, unit)}" for item, value, unit in named]
            )
        await self._send_text(delivery, words(delivery.data["key"], **facts))

    async def _send_text(self, delivery: Delivery, text: str) -> None:
        await self._send(delivery, Text(text))
        await self._note(lambda tx: deliveries.sent(tx, delivery.sequence))

    async def _show(self, delivery: Delivery) -> None:
        """A card for the first time: figures are read, it is drawn, sent, and its reference kept."""
        row = await self._row(delivery)
        if row is None:
            return
        ask = await self._ask_for(row)
        if row.reference is None:
            row = await prepare(ask, row)
        row = seen(row, ask)
        card = draw(row, ask.facts)
        found = _found(await self._send(delivery, card), card)
        known = replace(row, **found)

        def write(tx: Transaction) -> None:
            # A tap may have come between sending and now: only what sending found out is added.
            newest = cards.get(tx.connection, row.id)
            moved_on = newest is not None and newest.version != row.version
            cards.save(tx, replace(newest, **found) if newest is not None and moved_on else known)
            deliveries.sent(tx, delivery.sequence)
            renew_soon(tx, f"{delivery.key}-true", row)

        await self._note(write)

    async def _renew(self, delivery: Delivery) -> None:
        """Replace a sent card by its true state; one that was never sent or shows it needs nothing."""
        card_id = delivery.data["card"]

        def look(connection: Connection) -> tuple[list[int], CardRow | None, Channel | None, bool]:
            row = cards.get(connection, card_id)
            channel = None if row is None else self._ways.channel(row.platform)
            # Those that wait now ask for nothing that is not read here.
            waiting = deliveries.renewals(connection, delivery.person, card_id)
            by_taps = channel is not None and channel.capabilities.late_update is not LateUpdate.ANY
            return waiting, row, channel, by_taps and received.is_tapped(connection, card_id)

        waiting, row, channel, is_tapped = await self._desk.runtime.reader.look(look)
        if row is None:
            await self._give_up(delivery, "the card is gone")
            return
        seen_now: tuple[CardRow, dict[str, Any]] | None = None
        if row.reference is not None and channel is not None:
            ask = await self._ask_for(row)
            shown = seen(await prepare(ask, row), ask)
            card = draw(shown, ask.facts)
            found: dict[str, Any] = {}
            # Where a card can be replaced once only, that once is for taking its buttons away.
            waits = channel.capabilities.late_update is LateUpdate.ONCE and bool(card.buttons)
            if row.shown != _mark(card) and not waits:
                found = await self._replace(delivery, channel, row, card, is_tapped)
            if shown.data != row.data or found:
                seen_now = shown, found

        def write(tx: Transaction) -> None:
            if seen_now is not None:
                remember_shown(tx, row, *seen_now)
            deliveries.sent(tx, *{delivery.sequence, *waiting})

        await self._note(write)

    async def _replace(
        self, delivery: Delivery, channel: Channel, row: CardRow, card: Card, is_tapped: bool
    ) -> dict[str, Any]:
        """Put a card in the place of the one that is shown; returns what to remember of it.

        Where the product cannot, a card that still looks open is followed by a new one that tells how it
        ended: nobody is left with a button that does nothing. Everything else would only repeat itself.
        Raises StillTapped while a tap is worked on, whose answer is about to take the card's place.
        """
        assert row.reference is not None, "only sent cards are replaced"
        reference = CardRef(row.platform, row.reference)
        updated = await self._answer(delivery, channel, lambda: channel.update(reference, card))
        measures.SENDS.labels(channel.name, f"update {updated.result.value}").inc()
        if updated.result is UpdateResult.UPDATED:
            known = row.reference if updated.reference is None else dict(updated.reference.data)
            return {"reference": known, "shown": _mark(card)}
        if row.shown.startswith(STILL_OPEN) and not card.buttons:
            if is_tapped:
                raise StillTapped
            return _found(await self._send(delivery, card), card)
        log.info("card cannot be renewed", card=row.id, result=updated.result.value)
        return {}

    async def _send(self, delivery: Delivery, content: Content) -> MessageRef:
        """Send over the first way that takes it: where it was asked, then where the person is known."""
        ways: list[Way] = self._ways.at(delivery.data["to"]) if "to" in delivery.data else []
        # Who is not known yet has no other way.
        if not delivery.person.startswith("@"):
            ways += [way for way in await self._ways.to(delivery.person) if way not in ways]
        refused: ChannelError = RecipientUnreachable("no channel of this bot")
        for channel, address in ways:
            try:
                ask = partial(self._send_over, channel, address, content, delivery.key)
                reference = await self._answer(delivery, channel, ask)
            except (RecipientUnreachable, AuthFailed) as error:
                measures.SENDS.labels(channel.name, type(error).__name__).inc()
                log.warning("way closed", platform=channel.name, key=delivery.key, error=repr(error))
                refused = error
                continue
            measures.SENDS.labels(channel.name, "sent").inc()
            return reference
        raise refused

    async def _answer(self, to: Delivery, channel: Channel, ask: Callable[[], Awaitable[Result]]) -> Result:
        """What a product answers to a delivery when it is its turn."""
        if self._is_more:
            self._wake.set()
        async with self._shares.of(channel.name):
            return await self._patience.answer(to.sequence, channel.name, ask())

    async def _send_over(self, channel: Channel, address: Address, content: Content, key: str) -> MessageRef:
        """Send to one place; a card that the product does not take is sent in plain words, once."""
        try:
            return await channel.send(address, content, key)
        except PayloadRejected as error:
            if not isinstance(content, Card):
                raise
            log.warning("card refused", platform=channel.name, key=key, error=repr(error))
            return await channel.send(address, Text(card_text(content)), f"{key}-text")

    async def _row(self, delivery: Delivery) -> CardRow | None:
        """The card of a delivery; one that is gone ends the delivery."""
        card_id = delivery.data["card"]
        row = await self._desk.runtime.reader.look(lambda connection: cards.get(connection, card_id))
        if row is None:
            await self._give_up(delivery, "the card is gone")
        return row

    async def _ask_for(self, row: CardRow) -> Ask:
        try:
            badge = await self._desk.services.badge(local_identity(row.person))
        except RemoteError:
            badge = await self._desk.services.badge(await self._desk.who(row.person))
        return await self._desk.ask(badge, f"card-{row.id}", row.subject)


def seen(row: CardRow, ask: Ask) -> CardRow:
    """The row with the task version that its drawing shows: a decision names the version that was seen."""
    if ask.task is None:
        return row
    data: dict[str, Any] = {**row.data, "task_version": ask.task.version}
    return replace(row, data=data)


def remember_shown(
    tx: Transaction, before: CardRow, shown: CardRow, found: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Keep the version and the figures that the person now sees, whatever else happened to the card
    meanwhile; figures of a card that was tapped in between are those of the tap. ``found`` is where and how
    it is shown now."""
    newest = cards.get(tx.connection, shown.id)
    if newest is None:
        return
    news = {name: value for name, value in shown.data.items() if before.data.get(name) != value}
    if newest.version != before.version:
        news = {name: value for name, value in news.items() if name == "task_version"}
        # A tap brought a newer way to find it, and showed something else.
        found = {}
    cards.save(tx, replace(newest, data={**newest.data, **news}, **found))


def _found(reference: MessageRef, card: Card) -> dict[str, Any]:
    """Where a card was put and what it shows there."""
    # A card that was sent in plain words has nothing that could be replaced.
    data = dict(reference.data) if isinstance(reference, CardRef) else None
    return {"platform": reference.platform, "reference": data, "shown": _mark(card)}


def _mark(card: Card) -> str:
    """What a card shows, as one short text: two drawings that look the same have the same."""
    digest = hashlib.blake2b(repr(card).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return (STILL_OPEN if card.buttons else "") + digest
