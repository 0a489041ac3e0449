"""The local conversation at work: what a person says and taps goes in, what the bot shows is kept.

The page and the console are two doors to it; what is said through one is seen through the other.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from bot.chat.answering import within
from bot.chat.background import Background
from bot.chat.conversation import Author, Conversation, Draft, Message
from bot.chat.errors import Overloaded, PayloadRejected, RecipientUnreachable
from bot.chat.platform import (
    Address,
    AddressKind,
    Answer,
    Card,
    CardRef,
    ClickIn,
    Content,
    EnterIn,
    Event,
    Image,
    MessageRef,
    Sender,
    Sink,
    Text,
    TextIn,
    Updated,
    UpdateResult,
)

PLATFORM: Final = "web"
TENANT: Final = "local"
CLICK_DEADLINE: Final = 5.0
"""Seconds a tap waits for its answer before it says "later"."""
STOP_DEADLINE: Final = 5.0
"""Seconds that taps still at work get when the channel stops."""


class LocalChat:
    """Conversations of the people of this system, by person id, without any product in between."""

    def __init__(self, conversation: Conversation, clock: Callable[[], datetime]) -> None:
        self.conversation = conversation
        self.last_inbound: datetime | None = None
        self._clock = clock
        self._sink: Sink | None = None
        self._at_work = Background("shown on the page")

    def start(self, sink: Sink) -> None:
        self._sink = sink

    async def stop(self) -> None:
        """Let taps at work end; what takes longer is the sink's to finish, it has kept the tap."""
        self._sink = None
        await self._at_work.finish(STOP_DEADLINE)

    async def say(self, person: str, text: str, key: str, door: str) -> tuple[Message, TextIn]:
        """Keep the person's words and hand them to the bot. Repeating it with the same key is harmless.

        Raises Overloaded when the bot did not keep them.
        """
        said = await self.conversation.append(person, Draft(key, Author.PERSON, Text(text)))
        event = TextIn(
            platform=PLATFORM,
            tenant=TENANT,
            sender=Sender(person),
            address=Address.direct(person),
            dedupe_key=f"{person}:{key}",
            sent_at=said.at,
            received_at=self._now(),
            door=door,
            text=text,
        )
        await self._open_sink().handle(event)
        return said, event

    async def tap(
        self, person: str, card_id: str, action: str, key: str, door: str, text: str = ""
    ) -> tuple[Answer | None, ClickIn]:
        """Hand a tap to the bot and show its answer; None = kept, the answer comes later.

        Raises Overloaded when the bot did not keep it.
        """
        now = self._now()
        event = ClickIn(
            platform=PLATFORM,
            tenant=TENANT,
            sender=Sender(person),
            address=Address.direct(person),
            dedupe_key=f"{person}:{key}",
            sent_at=now,
            received_at=now,
            door=door,
            card_id=card_id,
            action=action,
            text=text,
            card_ref=card_reference(person, card_id),
        )
        return await self._answer(person, event), event

    async def enter(self, person: str, door: str) -> None:
        """Tell the bot that a person opened the chat whose conversation is still empty."""
        now = self._now()
        event = EnterIn(
            platform=PLATFORM,
            tenant=TENANT,
            sender=Sender(person),
            address=Address.direct(person),
            dedupe_key=f"{person}:enter",
            sent_at=now,
            received_at=now,
            door=door,
        )
        await self._answer(person, event)

    async def settled(self, event: Event, within: float) -> bool:
        """Whether the bot has said all it has to say because of the event, in `within` seconds."""
        return await self._open_sink().settled(event, within)

    async def send(self, address: Address, content: Content, idempotency_key: str) -> MessageRef:
        """Keep what the bot shows a person. Raises a ChannelError for groups and pictures."""
        if address.kind is not AddressKind.DIRECT:
            raise RecipientUnreachable("the local conversation has no groups")
        if isinstance(content, Image):
            raise PayloadRejected("the local conversation shows no pictures")
        draft = Draft(f"bot:{idempotency_key}", Author.BOT, content)
        message = await self.conversation.append(address.id, draft)
        if isinstance(content, Card):
            return card_reference(address.id, content.id)
        return MessageRef(PLATFORM, {"person": address.id, "sequence": message.sequence})

    async def update(self, reference: CardRef, card: Card) -> Updated:
        """Replace a card that was sent. EXPIRED when its conversation no longer has it."""
        person, card_id = reference.data["person"], reference.data["card"]
        found = await self.conversation.replace_card(str(person), str(card_id), card)
        return Updated(UpdateResult.EXPIRED if found is None else UpdateResult.UPDATED)

    async def _answer(self, person: str, event: ClickIn | EnterIn) -> Answer | None:
        show = partial(self._show, person, event)
        answer = await within(self._open_sink(), event, CLICK_DEADLINE, show, self._at_work)
        if answer is not None:
            # In a task of its own: a browser that goes away must not take the answer with it.
            await asyncio.shield(self._at_work.start(show(answer)))
        return answer

    async def _show(self, person: str, event: ClickIn | EnterIn, answer: Answer) -> None:
        if answer.card is not None:
            await self._show_card(person, event, answer.card)
        if answer.text:
            draft = Draft(f"answer:{event.dedupe_key}", Author.BOT, Text(answer.text))
            await self.conversation.append(person, draft)

    async def _show_card(self, person: str, event: ClickIn | EnterIn, card: Card) -> None:
        if isinstance(event, ClickIn) and await self.conversation.replace_card(person, event.card_id, card):
            return
        draft = Draft(f"answer-card:{event.dedupe_key}", Author.BOT, card)
        await self.conversation.append(person, draft)

    def _open_sink(self) -> Sink:
        if self._sink is None:
            raise Overloaded(detail="the local conversation is not started")
        return self._sink

    def _now(self) -> datetime:
        self.last_inbound = self._clock()
        return self.last_inbound


def card_reference(person: str, card_id: str) -> CardRef:
    """Finds a card of the local conversation again."""
    return CardRef(PLATFORM, {"person": person, "card": card_id})
