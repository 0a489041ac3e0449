"""What a sentence or a tap is answered with: who asks, what is known, and the replies to send."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from kuguan.approvals.v1.approvals_pb2 import Task
from kuguan.orders.v1.orders_pb2 import Order

from bot.cards.facts import Facts
from bot.clients import Voice
from bot.company import Company
from bot.storage.bindings import Code
from bot.storage.cards import CardRow
from bot.texts import Words
from services.kit.errors import KuguanError
from services.kit.ids import new_id

Remember = Callable[[CardRow], Awaitable[None]]
"""Keeps a card's row durably before anything else is done."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One sentence or tap of a person who is known; ``text`` is what was written with a tap."""

    person: str
    words: Words
    company: Company
    voice: Voice
    cause: str
    order: Order | None = None
    task: Task | None = None
    remember: Remember | None = None
    text: str = ""

    def explain(self, error: KuguanError) -> str:
        """What went wrong and what to do, with the names people know."""
        facts = self.facts
        names = {"item": facts.item, "warehouse": facts.warehouse, "person": facts.who, "state": facts.state}
        return self.words.error(error, names)

    @property
    def facts(self) -> Facts:
        """What cards are drawn from."""
        return Facts(self.words, self.company, self.person, self.order, self.task)


@dataclass(frozen=True, slots=True)
class Say:
    """A reply in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Show:
    """A reply that is a card; the row remembers it for as long as it can be tapped."""

    row: CardRow
    guide: str = ""


@dataclass(frozen=True, slots=True)
class Invite:
    """A reply in words with a sign-in link; only a digest of its token is kept."""

    text: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """A reply in words with a one-time code for an account or a person; only the code's digest is kept."""

    text: str = field(repr=False)
    code: Code
    digest: bytes
    life: timedelta


@dataclass(frozen=True, slots=True)
class Wait:
    """Not said but remembered: the question that was asked, so that the next words may answer it."""

    row: CardRow


@dataclass(frozen=True, slots=True)
class End:
    """Not said: a card that waits for its confirmation is over, because another takes its place."""

    row: CardRow
    state: str


Reply = Say | Show | Invite | Offer | Wait | End


@dataclass(frozen=True, slots=True)
class Tapped:
    """What a tap leads to: the card's row as it is now, a passing word, further replies, and the newest
    order and task where a service answered with them."""

    row: CardRow
    toast: str = ""
    replies: list[Reply] = field(default_factory=list)
    order: Order | None = None
    task: Task | None = None


def new_card(ask: Ask, kind: str, subject: str, data: dict[str, Any], request: bytes = b"") -> CardRow:
    """A row for a card that is about to be shown to the person."""
    return CardRow(id=new_id(), person=ask.person, kind=kind, subject=subject, data=data, request=request)


def request_id_of(cause: str, purpose: str) -> str:
    """The request id of a change that words ask for: the same sentence, delivered twice, asks once."""
    return f"{purpose}-{hashlib.blake2b(cause.encode(), digest_size=20).hexdigest()}"
