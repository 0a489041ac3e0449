"""A local conversation in memory, a few people and a sink that notes what it hears."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.chat.conversation import Author, Draft, Listener, Message, Unsubscribe
from bot.chat.platform import Answer, Card, Event, TextIn
from bot.chat.web import Profile
from services.kit.errors import RequestIdReused


class MemoryConversation:
    """The promises of `bot.chat.conversation.Conversation`, without a disk."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._messages: dict[str, list[Message]] = {}
        self._revisions: dict[str, int] = {}
        self._listeners: list[Listener] = []

    async def append(self, person: str, draft: Draft) -> Message:
        messages = self._messages.setdefault(person, [])
        for known in messages:
            if known.key == draft.key:
                if draft.author is Author.PERSON and known.content != draft.content:
                    raise RequestIdReused(draft.key)
                return known
        message = Message(
            sequence=len(messages) + 1,
            revision=self._next(person),
            key=draft.key,
            author=draft.author,
            content=draft.content,
            at=self._clock(),
        )
        messages.append(message)
        self._tell(person, message)
        return message

    async def replace_card(self, person: str, card_id: str, card: Card) -> Message | None:
        messages = self._messages.get(person, [])
        for place, known in enumerate(messages):
            if isinstance(known.content, Card) and known.content.id == card_id:
                if known.content == card:
                    return known
                messages[place] = replace(known, content=card, revision=self._next(person))
                self._tell(person, messages[place])
                return messages[place]
        return None

    async def since(self, person: str, revision: int, limit: int) -> Sequence[Message]:
        changed = [message for message in self._messages.get(person, []) if message.revision > revision]
        return sorted(changed, key=lambda message: message.revision)[:limit]

    async def before(self, person: str, sequence: int | None, limit: int) -> Sequence[Message]:
        messages = self._messages.get(person, [])
        return [each for each in messages if sequence is None or each.sequence < sequence][-limit:]

    async def heads(self, persons: Sequence[str]) -> Mapping[str, int]:
        return {person: len(self._messages.get(person, [])) for person in persons}

    async def revision(self, person: str) -> int:
        return self._revisions.get(person, 0)

    def subscribe(self, listener: Listener) -> Unsubscribe:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def forget(self, person: str) -> None:
        """Lose everything of a person, as a replaced database does."""
        self._messages.pop(person, None)
        self._revisions.pop(person, None)

    def _next(self, person: str) -> int:
        self._revisions[person] = self._revisions.get(person, 0) + 1
        return self._revisions[person]

    def _tell(self, person: str, message: Message) -> None:
        for listener in list(self._listeners):
            listener(person, message)


PEOPLE = {
    "zhangsan": ("张三", "Zhang San", "行政部", "Administration", "zh"),
    "lixia": ("李霞", "Li Xia", "行政部", "Administration", "en"),
}


class SmallDirectory:
    """Two people; one can leave."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.languages = {person: words[4] for person, words in PEOPLE.items()}

    async def profile(self, person: str, language: str | None = None) -> Profile | None:
        if person not in PEOPLE or person in self.gone:
            return None
        chinese, english, department, department_english, _ = PEOPLE[person]
        own = self.languages[person]
        if (language or own) == "en":
            return Profile(person, english, department_english, ("Employee",), own)
        return Profile(person, chinese, department, ("员工",), own)

    async def personas(self, language: str) -> Sequence[Profile]:
        found = [await self.profile(person, language) for person in PEOPLE]
        return [profile for profile in found if profile is not None]

    async def find(self, words: str) -> Sequence[str]:
        return [person for person, names in PEOPLE.items() if words in (person, *names)]


@dataclass
class NotingSink:
    """Keeps every event once by its dedupe key and answers with what `reply` says."""

    reply: Callable[[Event], Answer | None] = lambda _: None
    heard: dict[str, Event] = field(default_factory=dict)
    deliveries: int = 0
    failure: Exception | None = None
    after_text: Callable[[TextIn], object] | None = None

    async def handle(self, event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        self.deliveries += 1
        if self.failure is not None:
            raise self.failure
        if event.dedupe_key in self.heard:
            return None
        self.heard[event.dedupe_key] = event
        if kept is not None:
            kept()
        return self.reply(event)

    async def settled(self, event: Event, within: float, /) -> bool:
        return event.dedupe_key in self.heard
