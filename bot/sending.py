"""Sends what is queued for people: in order for each person, again until it arrived, never a second time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.cards import draw
from bot.chat.errors import ChannelError
from bot.chat.platform import Address, AddressKind, CardRef, Channel, Text, UpdateResult
from bot.commands.ask import Ask
from bot.desk import Desk, local_identity
from bot.preparing import prepare
from bot.storage import cards, deliveries, preferences
from bot.storage.cards import CardRow
from bot.storage.deliveries import Delivery
from services.kit.changes import Transaction
from services.kit.errors import KuguanError, RemoteError

log = structlog.get_logger("kuguan.sending")

BATCH = 64
TRIES = 40
IDLE_SECONDS = 1.0
_LONGEST_PAUSE = 300


class Sender:
    """The outbox of the chats: takes queued rows, draws them in the person's language, hands them over."""

    def __init__(self, desk: Desk, channels: Mapping[str, Channel]) -> None:
        self._desk = desk
        self._channels = channels
        self._wake = asyncio.Event()
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
        """Send until cancelled."""
        reader = self._desk.runtime.reader
        while True:
            self._wake.clear()
            due = await reader.look(lambda connection: deliveries.due(connection, datetime.now(UTC), BATCH))
            if due:
                await asyncio.gather(*[self._deliver(delivery) for delivery in due])
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue

    async def _deliver(self, delivery: Delivery) -> None:
        """One delivery; a failure is written down with the time of the next try."""
        try:
            await self._kinds[delivery.kind](delivery)
        except (ChannelError, KuguanError) as error:
            await self._note_failure(delivery, error)
        except Exception as error:
            log.exception("delivery failed", key=delivery.key, kind=delivery.kind)
            await self._note_failure(delivery, error)

    async def _note_failure(self, delivery: Delivery, error: Exception) -> None:
        log.warning("not delivered", key=delivery.key, person=delivery.person, error=repr(error))
        pause = min(2**delivery.tries, _LONGEST_PAUSE)
        hopeless = delivery.tries + 1 >= TRIES

        def write(tx: Transaction) -> None:
            if hopeless:
                deliveries.given_up(tx, delivery.sequence, repr(error))
            else:
                deliveries.failed(tx, delivery.sequence, repr(error), tx.now + timedelta(seconds=pause))

        await self._desk.runtime.writer.act(write)

    async def _say(self, delivery: Delivery) -> None:
        await self._send_text(delivery, delivery.data["text"])

    async def _tell(self, delivery: Delivery) -> None:
        """A sentence about something that happened, worded now in the person's language."""
        await self._desk.company.refresh(self._desk.runtime.reader)
        words = self._desk.words(await self._desk.language(delivery.person))
        company, facts = self._desk.company, dict(delivery.data["facts"])
        if "who" in facts:
            facts["who"] = company.person_name(facts["who"], words.language)
        if "lines" in facts:
            named = [
                (company.item_name(item, words.language), value, unit) for item, value, unit in facts["lines"]
            ]
            facts["lines"] = words.join(
                [f"{item} {words.amount(value, unit)}" for item, value, unit in named]
            )
        await self._send_text(delivery, words(delivery.data["key"], **facts))

    async def _send_text(self, delivery: Delivery, text: str) -> None:
        channel, address = await self._way_to(delivery.person)
        await channel.send(address, Text(text), delivery.key)
        await self._desk.runtime.writer.act(lambda tx: deliveries.sent(tx, delivery.sequence))

    async def _show(self, delivery: Delivery) -> None:
        """A card for the first time: figures are read, it is drawn, sent, and its reference kept."""
        row = await self._row(delivery)
        if row is None:
            return
        ask = await self._ask_for(row)
        if row.reference is None:
            row = await prepare(ask, row)
        channel, address = await self._way_to(row.person)
        row = seen(row, ask)
        reference = await channel.send(address, draw(row, ask.facts), delivery.key)
        known = replace(row, platform=reference.platform, reference=dict(reference.data))

        def write(tx: Transaction) -> None:
            # A tap may have come between sending and now: only what sending found out is added.
            newest = cards.get(tx.connection, row.id)
            if newest is not None and newest.version != row.version:
                kept = replace(newest, platform=known.platform, reference=known.reference)
            else:
                kept = known
            cards.save(tx, kept)
            deliveries.sent(tx, delivery.sequence)
            deliveries.queue(tx, f"{delivery.key}-true", row.person, "renew", {"card": row.id})

        await self._desk.runtime.writer.act(write)

    async def _renew(self, delivery: Delivery) -> None:
        """Replace a sent card by its true state; a card that was never sent needs nothing."""
        row = await self._row(delivery)
        if row is None:
            return
        if row.reference is not None:
            ask = await self._ask_for(row)
            channel = self._channels[row.platform]
            shown = seen(await prepare(ask, row), ask)
            updated = await channel.update(CardRef(row.platform, row.reference), draw(shown, ask.facts))
            if updated.result is not UpdateResult.UPDATED:
                log.info("card cannot be renewed", card=row.id, result=updated.result.value)
            if shown.data != row.data:
                await self._desk.runtime.writer.act(lambda tx: remember_shown(tx, row, shown))
        await self._desk.runtime.writer.act(lambda tx: deliveries.sent(tx, delivery.sequence))

    async def _row(self, delivery: Delivery) -> CardRow | None:
        """The card of a delivery; one that is gone ends the delivery."""
        card_id = delivery.data["card"]
        row = await self._desk.runtime.reader.look(lambda connection: cards.get(connection, card_id))
        if row is None:
            await self._desk.runtime.writer.act(
                lambda tx: deliveries.given_up(tx, delivery.sequence, "the card is gone")
            )
        return row

    async def _ask_for(self, row: CardRow) -> Ask:
        who = await self._desk.who(row.person)
        try:
            badge = await self._desk.services.badge(who)
        except RemoteError:
            badge = await self._desk.services.badge(local_identity(row.person))
        return await self._desk.ask(badge, f"card-{row.id}", row.subject)

    async def _way_to(self, person: str) -> tuple[Channel, Address]:
        """The channel the person used last, and their address there."""
        contact = await self._desk.runtime.reader.look(
            lambda connection: preferences.last_contact(connection, person)
        )
        if contact is None or contact.platform not in self._channels:
            platform, _, user = local_identity(person)
            return self._channels[platform], Address.direct(user)
        return self._channels[contact.platform], Address(AddressKind(contact.address_kind), contact.address)


def seen(row: CardRow, ask: Ask) -> CardRow:
    """The row with the task version that its drawing shows: a decision names the version that was seen."""
    if ask.task is None:
        return row
    data: dict[str, Any] = {**row.data, "task_version": ask.task.version}
    return replace(row, data=data)


def remember_shown(tx: Transaction, before: CardRow, shown: CardRow) -> None:
    """Keep the version and the figures that the person now sees, whatever else happened to the card
    meanwhile; figures of a card that was tapped in between are those of the tap."""
    newest = cards.get(tx.connection, shown.id)
    if newest is None:
        return
    news = {name: value for name, value in shown.data.items() if before.data.get(name) != value}
    if newest.version != before.version:
        news = {name: value for name, value in news.items() if name == "task_version"}
    cards.save(tx, replace(newest, data={**newest.data, **news}))
