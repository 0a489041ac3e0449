"""Takes in what channels deliver: keep it, answer at once, then work from what was kept.

What was kept survives a kill: after a start the unfinished rows are worked on first. Everything a row leads
to carries ids made from the row or the card, so that working on it twice has one effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from bot import arrivals, measures, notices
from bot.binding import Binding, wish
from bot.cards import draw
from bot.chat.errors import Overloaded
from bot.chat.fitting import card_text
from bot.chat.platform import AddressKind, Answer, CardRef, ClickIn, EnterIn, Event, Proactive
from bot.clients import Badge
from bot.commands import COMMANDS, sign_in
from bot.commands.ask import Ask, End, Invite, Offer, Reply, Say, Show, Tapped, Wait
from bot.commands.requests import WAITING, question_of
from bot.desk import Desk
from bot.following import cancel_what_waits, follow, show_again
from bot.outages import NO_ANSWER, until_there
from bot.pictures import Pictures
from bot.sending import STILL_OPEN, Sender, seen
from bot.storage import bindings, cards, deliveries, links, preferences, received
from bot.storage.cards import CardRow
from bot.storage.received import Received
from bot.strangers import Strangers
from bot.taps import TAPS
from bot.texts import DEFAULT
from bot.turns import MOST, Turns
from bot.typed import Typed, meant, typed
from bot.understand import Command, Intent, understand
from bot.understand.languages import wanted_language
from bot.ways import Ways
from services.kit import observe
from services.kit.access import digest_of_secret
from services.kit.changes import Transaction
from services.kit.errors import KuguanError, RemoteError, TooBusy, Unreachable, VersionChanged

log = structlog.get_logger("kuguan.webhook")

# As much as two kills leave behind, which take in no more than that at once.
UNFINISHED = 2 * MOST
REST_SECONDS, MORE_SECONDS = 30.0, 0.5
_PAUSES = (0.5, 1.0, 2.0, 4.0)


class Reception:
    """The sink of all channels."""

    def __init__(self, desk: Desk, sender: Sender, ways: Ways) -> None:
        self._desk = desk
        self._sender = sender
        self._ways = ways
        self._binding = Binding(desk)
        self._strangers = Strangers(desk, self._binding)
        self._pictures = Pictures(desk, ways)
        self._turns: Turns[Answer | None] = Turns()
        self._kinds: Mapping[str, Callable[[Received, Badge], Awaitable[Answer | None]]] = {
            "text": self._read,
            "click": self._tap,
            "enter": self._welcome,
            "image": self._look,
        }

    async def handle(self, event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        """Keep the event durably; a tap is answered here, words are answered through the channel later."""
        row = arrivals.kept(event)
        with measures.callback(row.platform) as outcome, self._turns.keeping():
            try:
                is_new = await self._desk.runtime.writer.act(lambda tx: received.keep(tx, row))
            except KuguanError as error:
                raise Overloaded(detail="the event could not be kept") from error
            outcome.append("kept" if is_new else "repeated")
        if kept is not None:
            kept()
        task = self._turns.start(row, self._work if is_new else self._work_unless_ended)
        return await asyncio.shield(task) if isinstance(event, ClickIn | EnterIn) else None

    async def settled(self, event: Event, timeout: float) -> bool:
        """Wait until the event is worked on and all it leads to is sent."""
        cause = arrivals.kept(event).cause
        ends = asyncio.get_running_loop().time() + timeout
        while asyncio.get_running_loop().time() < ends:
            if not self._turns.is_at_work(cause):
                if not await self._desk.runtime.reader.look(lambda c: deliveries.open_of(c, cause)):
                    return True
                self._sender.wake()
            await asyncio.sleep(0.01)
        return False

    async def line_up(self) -> bool:
        """Begin with what was kept before the last stop and not finished: whatever comes in from now on
        stands behind it. False if that was not all of it."""
        rows = await self._desk.runtime.reader.look(lambda c: received.unfinished(c, UNFINISHED))
        for row in rows:
            self._turns.start(row, self._work_unless_ended, is_late=True)
        return len(rows) < UNFINISHED

    async def catch_up(self) -> None:
        """Look now and then for what the last stop, another replica's stop or a failed try left behind."""
        while True:
            if await until_there("catching up", self.line_up):
                await asyncio.sleep(REST_SECONDS)
            else:
                await self._turns.late_ended(REST_SECONDS)
                await asyncio.sleep(MORE_SECONDS)

    async def _work_unless_ended(self, row: Received) -> Answer | None:
        """Work on an event that was delivered before, or left behind by a stop."""
        kept = await self._desk.runtime.reader.look(lambda c: received.get(c, row.cause))
        return await (self._work(row) if kept is None or kept.state == "new" else self._as_before(row))

    async def _work(self, row: Received) -> Answer | None:
        """Work on a kept event until it ends; an unknown outcome is asked for again with the same ids."""
        for pause in (*_PAUSES, None):
            try:
                with observe.span(f"chat {row.kind}"):
                    return await self._turns.with_room(row, self._work_once)
            except (Unreachable, TooBusy, *NO_ANSWER) as error:
                if pause is None:
                    return await self._give_up(row, error)
                await asyncio.sleep(pause)
            except Exception as error:
                log.exception("event failed", cause=row.cause)
                return await self._give_up(row, error)
        raise AssertionError("the last round always returns")

    async def _work_once(self, row: Received) -> Answer | None:
        who = (row.platform, row.tenant, row.sender)
        try:
            badge = await self._desk.services.badge(who)
        except RemoteError as error:
            if error.kind not in ("denied", "not_found"):
                raise
            answer = await self._strangers.answer(row)
            self._sender.wake()
            return answer
        try:
            return await self._kinds[row.kind](row, badge)
        except RemoteError as error:
            if error.reason == "NOT_SIGNED_IN":
                self._desk.services.forget(who)
            return await self._refused(row, badge, error)
        except KuguanError as error:
            if isinstance(error, Unreachable | TooBusy):
                raise
            return await self._refused(row, badge, error)

    # ------------------------------------------------------------ words

    async def _read(self, row: Received, badge: Badge) -> None:
        """Understand a sentence and queue what it leads to."""
        text = row.body["text"]
        wanted = wanted_language(text)
        if wanted is not None:
            write = preferences.choose_language
            await self._desk.runtime.writer.act(lambda tx: write(tx, badge.person, wanted))
        ask = await self._desk.ask(badge, row.cause, text=text)
        if wanted is not None:
            await self._finish(row, ask, [Say(ask.words("language.chosen"))])
            return
        if sign_in.is_asked(text) and row.address_kind == AddressKind.DIRECT.value:
            await self._finish(row, ask, [sign_in.invite(ask, self._desk.page)])
            return
        if await self._typed(row, badge, ask, text):
            return
        about_accounts = wish(text)
        if about_accounts is not None:
            await self._finish(row, ask, await self._binding.answer(ask, row, about_accounts))
            return
        intent = understand(text, self._desk.company.vocabulary)
        followed = await follow(self._desk, ask, text, intent)
        await self._finish(row, ask, followed or await COMMANDS[intent.command](ask, intent))

    async def _typed(self, row: Received, badge: Badge, ask: Ask, text: str) -> bool:
        """Do what a button would do whose word was typed; False if no card is meant by it."""
        button = typed(text)
        if button is None:
            return False
        now = datetime.now(UTC)
        card = await self._desk.runtime.reader.look(lambda c: meant(c, ask.person, button, now))
        about = await self._desk.ask(badge, row.cause, card.subject if card else "")
        if card is None or button.action not in {one.action for one in draw(card, about.facts).buttons}:
            return await self._instead(row, ask, button)
        await self._tap(replace(row, body={**row.body, "card": card.id, "action": button.action}), badge)
        return True

    async def _instead(self, row: Received, ask: Ask, button: Typed) -> bool:
        """What a button's word does where the card that was shown last has no such button."""
        doing = {"confirm": show_again, "cancel": cancel_what_waits}.get(button.action)
        replies = None if doing is None else await doing(self._desk, ask)
        if replies is None:
            return False
        await self._finish(row, ask, replies)
        return True

    async def _look(self, row: Received, badge: Badge) -> None:
        ask = await self._desk.ask(badge, row.cause)
        await self._finish(row, ask, [await self._pictures.keep(row, ask)])

    async def _welcome(self, row: Received, badge: Badge) -> Answer | None:
        """Say hello and what can be said; in the answer itself where the bot may not write by itself yet."""
        ask = await self._desk.ask(badge, row.cause)
        name = self._desk.company.person_name(badge.person, ask.words.language)
        shortcuts = await COMMANDS[Command.HELP](ask, Intent(Command.HELP))
        hello = ask.words("welcome", person=name)
        channel = self._ways.channel(row.platform)
        if channel is not None and channel.capabilities.proactive is Proactive.AFTER_CONTACT:
            cards_ = [draw(one.row, ask.facts) for one in shortcuts if isinstance(one, Show)]
            await self._finish(row, ask, [])
            return Answer(text="\n\n".join([hello, *map(card_text, cards_)]))
        await self._finish(row, ask, [Say(hello), *shortcuts])
        return None

    async def _finish(self, row: Received, ask: Ask, replies: list[Reply]) -> None:
        def write(tx: Transaction) -> None:
            self._queue(tx, row, ask, replies)
            received.finish(tx, row.cause, "done")

        await self._desk.runtime.writer.act(write, trace=observe.current_trace.get())
        self._sender.wake()

    def _queue(self, tx: Transaction, row: Received, ask: Ask, replies: list[Reply]) -> None:
        """Write replies down in the order they are said, with their first-use guides."""
        arrivals.touch(tx, row, ask.person)
        place = arrivals.place(row)
        cards.end(tx, question_of(ask.person), WAITING)
        for number, reply in enumerate(replies):
            key = f"{row.cause}#{number}"
            if isinstance(reply, Wait):
                cards.save(tx, reply.row)
                continue
            if isinstance(reply, End):
                notices.end_wish(tx, key, reply.row, reply.state)
                continue
            if isinstance(reply, Invite):
                digest = digest_of_secret(reply.token)
                links.make_link(tx, ask.person, digest, tx.now + sign_in.LINK_LIFE)
            if isinstance(reply, Offer):
                bindings.offer(tx, reply.code, reply.digest, tx.now + reply.life)
            if isinstance(reply, Say | Invite | Offer):
                deliveries.queue(tx, key, ask.person, "say", {"text": reply.text, **place}, row.cause)
                continue
            if reply.guide and not preferences.seen_guide(tx.connection, ask.person, reply.guide):
                preferences.mark_guide(tx, ask.person, reply.guide)
                guide = {"text": ask.words(f"guide.{reply.guide}"), **place}
                deliveries.queue(tx, f"{key}-guide", ask.person, "say", guide, row.cause)
            notices.show(tx, key, reply.row, row.cause, place)

    # ------------------------------------------------------------ taps

    async def _tap(self, row: Received, badge: Badge) -> Answer:
        """Check the card, do what the button says, and answer with the card as it is now."""
        card = await self._desk.runtime.reader.look(lambda c: cards.get(c, row.body["card"]))
        ask = await self._desk.ask(badge, row.cause, card.subject if card else "")
        if card is None:
            return await self._answer_tap(row, ask, None, ask.words("toast.gone"), "refused")
        if card.person != badge.person:
            return await self._answer_tap(row, ask, None, ask.words("toast.not_yours"), "refused")
        offered = {button.action for button in draw(card, ask.facts).buttons}
        tapping = TAPS.get((card.kind, row.body["action"]))
        if row.body["action"] not in offered or tapping is None:
            return await self._answer_tap(row, ask, card, ask.words("toast.over"), "refused")
        ask = replace(ask, remember=self._remember, text=row.body.get("text", ""))
        tapped = await tapping(ask, card, row.body["action"])
        return await self._after_tap(row, ask, card, tapped)

    async def _after_tap(self, row: Received, ask: Ask, card: CardRow, tapped: Tapped) -> Answer:
        """Keep what the tap led to in one commit, and draw the card from the newest snapshots."""

        def write(tx: Transaction) -> CardRow:
            if tapped.order is not None:
                notices.keep_order(tx, tapped.order)
            if tapped.task is not None:
                notices.keep_task(tx, tapped.task)
            newest = cards.get(tx.connection, card.id) or card
            if tapped.row.state == "cancelled" and cards.has_moved_on(newest, card):
                # Somebody cancels and confirms at once: what is on its way is not called cancelled.
                raise VersionChanged("card", card.id)
            kept = replace(tapped.row, platform=newest.platform, reference=newest.reference)
            # The answer shows the card anew, or is lost on the way: what is on the screen is not known.
            news = replace(ask, order=tapped.order or ask.order, task=tapped.task or ask.task)
            shown = STILL_OPEN if draw(kept, news.facts).buttons else ""
            # Nobody waits (any more) for an answer that would show the card.
            unanswered = self._turns.is_late(row) or row.kind == "text"
            shown = newest.shown if unanswered else shown
            saved = cards.save(tx, replace(self._with_fresh_reference(kept, row), shown=shown))
            self._queue(tx, row, ask, tapped.replies)
            if unanswered:
                deliveries.queue(tx, f"{row.cause}-late", card.person, "renew", {"card": card.id})
            if row.kind == "text" and tapped.toast:
                said = {"text": tapped.toast, **arrivals.place(row)}
                deliveries.queue(tx, f"{row.cause}-said", card.person, "say", said, row.cause)
            received.finish(tx, row.cause, "done")
            return saved

        saved = await self._desk.runtime.writer.act(write, trace=observe.current_trace.get())
        self._sender.wake()
        return await self._shown(saved, ask, tapped.toast)

    def _with_fresh_reference(self, card: CardRow, row: Received) -> CardRow:
        """The card with what the click brought to find it again; where it was first shown elsewhere, this
        is the copy to keep true."""
        fresh, channel = arrivals.card_reference(row), self._ways.channel(row.platform)
        if fresh is None or channel is None:
            return card
        same = card.reference is not None and card.platform == row.platform
        known = CardRef(card.platform, card.reference or {}) if same else None
        return replace(card, platform=row.platform, reference=dict(channel.joined(known, fresh).data))

    async def _remember(self, card: CardRow) -> None:
        await self._desk.runtime.writer.act(lambda tx: cards.save_if_open(tx, card))

    async def _answer_tap(
        self, row: Received, ask: Ask, card: CardRow | None, toast: str, state: str
    ) -> Answer:
        if row.kind == "text":
            await self._finish(row, ask, [Say(toast)])
        else:
            await self._end(row, state, toast)
        return Answer(toast=toast) if card is None else await self._shown(card, ask, toast)

    async def _shown(self, card: CardRow, ask: Ask, toast: str) -> Answer:
        fresh = await self._desk.ask(Badge(ask.person, ask.voice.token, 0), ask.cause, card.subject)
        return Answer(draw(seen(card, fresh), fresh.facts), toast)

    # ------------------------------------------------------------ what went wrong

    async def _refused(self, row: Received, badge: Badge, error: KuguanError) -> Answer | None:
        """Say what went wrong and what to do, in the person's language."""
        ask = await self._desk.ask(badge, row.cause)
        said = ask.explain(error)
        if row.kind != "click":
            await self._finish(row, ask, [Say(said)])
            return None
        card = await self._desk.runtime.reader.look(lambda c: cards.get(c, row.body["card"]))
        mine = card if card is not None and card.person == badge.person else None
        if mine is not None:
            await self._desk.runtime.writer.act(
                lambda tx: deliveries.queue(tx, f"{row.cause}-true", badge.person, "renew", {"card": mine.id})
            )
        return await self._answer_tap(row, ask, mine, said, "refused")

    async def _give_up(self, row: Received, error: Exception) -> Answer:
        """Keep the event with its reason where somebody can look, and tell the person."""
        person = self._desk.services.person_behind((row.platform, row.tenant, row.sender))
        words = self._desk.words(await self._desk.language(person) if person else DEFAULT)
        said = words.error(error if isinstance(error, KuguanError) else Unreachable())
        # Who it was is not known where nobody could be asked since the start: then it is told to the account.
        whom = person or f"@{row.platform}/{row.tenant}/{row.sender}"
        told = {"text": said, **(arrivals.place(row) if person else {"to": row.place})}

        def write(tx: Transaction) -> None:
            if row.kind != "click":
                deliveries.queue(tx, f"{row.cause}#failed", whom, "say", told, row.cause)
            received.finish(tx, row.cause, "parked", repr(error))

        await self._desk.runtime.writer.act(write)
        self._sender.wake()
        return Answer(toast=said)

    async def _as_before(self, row: Received) -> Answer | None:
        """A repeat of an event that was worked on already: show the card as it is, do nothing."""
        if row.kind != "click":
            return None
        badge = await self._desk.services.badge((row.platform, row.tenant, row.sender))
        card = await self._desk.runtime.reader.look(lambda c: cards.get(c, row.body["card"]))
        ask = await self._desk.ask(badge, row.cause, card.subject if card else "")
        if card is None or card.person != badge.person:
            return Answer(toast=ask.words("toast.gone"))
        return await self._shown(card, ask, "")

    async def _end(self, row: Received, state: str, detail: str) -> None:
        await self._desk.runtime.writer.act(lambda tx: received.finish(tx, row.cause, state, detail))
