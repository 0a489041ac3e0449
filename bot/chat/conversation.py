"""The local conversation: what the web page and the console show, and what they ask of its storage."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from bot.chat.platform import Card, Text


class Author(StrEnum):
    PERSON = "person"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Draft:
    """A message about to be kept. `key` makes it idempotent: per person, one key is one message."""

    key: str
    author: Author
    content: Text | Card


@dataclass(frozen=True, slots=True)
class Message:
    """A kept message.

    `sequence` is its place in the person's conversation: 1, 2, 3 … without gaps, given once.
    `revision` counts every change of that conversation (a new message, a replaced card): each change takes
    the next number, so whoever knows revision n and reads everything above n has missed nothing.
    """

    sequence: int
    revision: int
    key: str
    author: Author
    content: Text | Card
    at: datetime


Listener: TypeAlias = Callable[[str, Message], None]
"""Called in the event loop with (person, message) after the commit of a change. Must not block or raise."""

Unsubscribe: TypeAlias = Callable[[], None]


class Conversation(Protocol):
    """Storage of the local conversation, one per person. Everything returned is committed."""

    async def append(self, person: str, draft: Draft) -> Message:
        """Keep a message at the end. A known (person, key) returns the message kept before, unchanged.

        Raises RequestIdReused where a person's key comes with other words.
        """
        ...

    async def replace_card(self, person: str, card_id: str, card: Card) -> Message | None:
        """Show `card` where the card with `card_id` stands. The message takes a new revision and keeps its
        place. An equal card changes nothing. None when the person has no such card."""
        ...

    async def since(self, person: str, revision: int, limit: int) -> Sequence[Message]:
        """Messages changed after `revision`, oldest change first, at most `limit`, each as it is now."""
        ...

    async def before(self, person: str, sequence: int | None, limit: int) -> Sequence[Message]:
        """The last `limit` messages in front of `sequence` (None = the newest), in reading order."""
        ...

    async def heads(self, persons: Sequence[str]) -> Mapping[str, int]:
        """Highest sequence of each person's conversation, 0 where there is none yet."""
        ...

    async def revision(self, person: str) -> int:
        """Highest revision of the person's conversation, 0 when empty."""
        ...

    def subscribe(self, listener: Listener) -> Unsubscribe:
        """Hear every change from now on. A missed call is no loss: readers ask `since` again."""
        ...
