"""The neutral seam between the bot and every chat product.

The bot speaks only the words of this module. Rendering, cutting to size, signatures, tokens and the odd
rules of a product stay behind a `Channel`; permissions, wording and state stay in front of it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from aiohttp.web import AbstractRouteDef

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

CARD_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
ACTION: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


# ---------------------------------------------------------------- what a channel can do


class ClickAnswer(StrEnum):
    """What a channel can show in the very answer to a click."""

    CARD_AND_TOAST = "card+toast"
    CARD = "card"
    NONE = "none"


class LateUpdate(StrEnum):
    """How often a card already sent can be replaced after the click was answered."""

    ANY = "any"
    ONCE = "once"
    NONE = "none"


class Proactive(StrEnum):
    """When the bot may write first."""

    ALWAYS = "always"
    AFTER_CONTACT = "after_contact"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, so that the bot chooses a way that works instead of trying one.

    `late_update_window` is in seconds, None = without end. `max_lines` counts card rows of label and value,
    `max_text_bytes` is UTF-8 bytes of one message.
    """

    group_in: bool
    image_in: bool
    image_out: bool
    buttons: bool
    click_answer: ClickAnswer
    click_deadline: float
    late_update: LateUpdate
    late_update_window: float | None
    max_lines: int
    max_title: int
    max_text_bytes: int
    proactive: Proactive


@dataclass(frozen=True, slots=True)
class Health:
    """How a channel is doing. Time since the last inbound event tells more than an open socket."""

    connected: bool
    last_inbound: datetime | None = None
    last_error: str = ""


# ---------------------------------------------------------------- who and where


@dataclass(frozen=True, slots=True)
class Sender:
    """The account that acted. Identity is (platform, tenant, user_id); which person that is, the bot asks."""

    user_id: str
    alternate_ids: tuple[str, ...] = ()
    name: str = ""


class AddressKind(StrEnum):
    DIRECT = "direct"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes to or came from: one person's direct chat or a group."""

    kind: AddressKind
    id: str

    @classmethod
    def direct(cls, user_id: str) -> "Address":
        return cls(AddressKind.DIRECT, user_id)


@dataclass(frozen=True, slots=True)
class MessageRef:
    """Finds a sent message again. `data` belongs to the channel: keep it, never look into it."""

    platform: str
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class CardRef(MessageRef):
    """Finds a sent card again so that it can be replaced (`Channel.update`). Stored, so any process can."""


# ---------------------------------------------------------------- what is shown


@dataclass(frozen=True, slots=True)
class Text:
    """A plain message. Never markup: channels escape it."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `alternative` says in words what it shows."""

    data: bytes
    media_type: str
    alternative: str


class Tone(StrEnum):
    """How much a button asks to be tapped. At most one PRIMARY on a card."""

    PRIMARY = "primary"
    NEUTRAL = "neutral"
    DANGER = "danger"


class CardState(StrEnum):
    """OPEN waits for a tap; PROCESSING is being worked on; DONE and REFUSED are decided;
    CLOSED ended without a decision (cancelled, expired, replaced by a newer card)."""

    OPEN = "open"
    PROCESSING = "processing"
    DONE = "done"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of a card in numbers, already worded: "320" → "315". Channels that can, emphasise it."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a card. `value` says everything by itself ("现存 320 → 315 包");
    `change` repeats the two figures for channels that can set them apart."""

    label: str
    value: str
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together under a heading, such as one item of a hand-over with its lots.

    A channel without groups shows the title as a row of its own and the lines below it.
    """

    title: str
    lines: tuple[Line, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """`action` comes back in ClickIn: `confirm`, `cancel`, `approve`, `reject`, `hand_over`, `choose_1` …

    `asks` names the words that may go with the tap, such as a reason; they come back as `ClickIn.text`. They
    are never required: a channel that cannot ask just sends the tap, and `Card.fallback` says the typed form.
    """

    action: str
    label: str
    tone: Tone = Tone.NEUTRAL
    asks: str = ""

    def __post_init__(self) -> None:
        if ACTION.fullmatch(self.action) is None:
            raise ValueError(f"not an action name: {self.action!r}")


@dataclass(frozen=True, slots=True)
class Card:
    """What a person sees, decides and taps. The whole card is replaced when something changes.

    `id` is unique for each copy, so a tap says who was asked; it names nothing else, and is never trusted
    beyond that. `number` is the document number where there is one (it lets people answer by text:
    "同意 1027"). `fallback` says that text; `typed` says the words for each button, for channels or moments
    without working buttons.
    `stamp` is the worded state ("已完成 · 赵六 14:05"), empty while open.

    Raises ValueError for an id, action or pair of buttons that could not work on any channel.
    """

    id: str
    title: str
    subtitle: str = ""
    lines: tuple[Line, ...] = ()
    groups: tuple[Group, ...] = ()
    buttons: tuple[Button, ...] = ()
    state: CardState = CardState.OPEN
    stamp: str = ""
    number: str = ""
    fallback: str = ""
    typed: str = ""

    def __post_init__(self) -> None:
        if CARD_ID.fullmatch(self.id) is None:
            raise ValueError(f"not a card id: {self.id!r}")
        actions = [button.action for button in self.buttons]
        if len(set(actions)) != len(actions):
            raise ValueError(f"card {self.id} offers one action twice")


Content: TypeAlias = Text | Image | Card


# ---------------------------------------------------------------- what comes in


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What every event carries.

    `dedupe_key` is the same for every delivery of one event and unique within (platform, tenant).
    `door` names the entry where a channel has several (the web conversation has `page` and `console`).
    """

    platform: str
    tenant: str
    sender: Sender
    address: Address
    dedupe_key: str
    sent_at: datetime
    received_at: datetime
    door: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextIn(Inbound):
    """Somebody wrote. Mentions of the bot are already taken off the text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageIn(Inbound):
    """Somebody sent a picture; `Channel.fetch(media)` brings it."""

    media: MessageRef


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickIn(Inbound):
    """Somebody tapped a button. `card_ref` is there where the tap itself brings a way to update the card,
    `text` where the product lets people type a reason into the card."""

    card_id: str
    action: str
    text: str = ""
    card_ref: CardRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterIn(Inbound):
    """Somebody opened the chat with the bot for the first time."""


Event: TypeAlias = TextIn | ImageIn | ClickIn | EnterIn


@dataclass(frozen=True, slots=True)
class Answer:
    """What to show at once: the card in its new state, a passing word, or a message. All optional."""

    card: Card | None = None
    toast: str = ""
    text: str = ""


class Sink(Protocol):
    """Where channels deliver. The bot implements it."""

    async def handle(self, event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        """Keep the event durably, then return; `kept` is called as soon as it is kept.

        None means "kept, the reply comes through `Channel.send` or `update`". Only ClickIn and EnterIn may
        get an Answer; the channel enforces its own deadline. A repeat (same dedupe_key) has no further
        effect. Raises `errors.Overloaded` when the event was *not* kept: the channel asks for a repeat.
        """
        ...

    async def settled(self, event: Event, within: float, /) -> bool:
        """Wait until all the bot says because of this event has been sent; False after `within` seconds.

        For channels whose caller waits for the words, such as the command line.
        """
        ...


# ---------------------------------------------------------------- what goes out


class UpdateResult(StrEnum):
    """EXPIRED and UNSUPPORTED: the card cannot be replaced (any more); send a new one."""

    UPDATED = "updated"
    EXPIRED = "expired"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Updated:
    """What became of an update; `reference` takes the place of the one that was used up by it."""

    result: UpdateResult
    reference: CardRef | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """A fetched picture, undecoded and untrusted."""

    data: bytes
    media_type: str


class Channel(Protocol):
    """One chat product, connected."""

    @property
    def name(self) -> str:
        """The platform in identities and references: "web", "feishu" …"""
        ...

    @property
    def capabilities(self) -> Capabilities: ...

    def routes(self) -> Sequence[AbstractRouteDef]:
        """HTTP routes for the bot's one server; empty for products reached over their own connection."""
        ...

    async def start(self, sink: Sink) -> None:
        """Begin to deliver to `sink`. Returns when ready; connections are kept up in the background."""
        ...

    async def stop(self) -> None:
        """End every connection and task within a bounded time. Safe to call twice."""
        ...

    def health(self) -> Health: ...

    async def send(self, address: Address, content: Content, idempotency_key: str) -> MessageRef:
        """Show `content`; a Card returns a CardRef.

        The same key shows it once where the product allows that. Raises an `errors.ChannelError`.
        """
        ...

    async def update(self, reference: CardRef, card: Card) -> Updated:
        """Replace a sent card. Repeating it is harmless. Raises an `errors.ChannelError`."""
        ...

    def joined(self, known: CardRef | None, fresh: CardRef) -> CardRef:
        """The reference to keep after a click brought a fresh one; `known` is what was kept before."""
        ...

    async def fetch(self, media: MessageRef) -> Media:
        """Bring a picture somebody sent. Raises an `errors.ChannelError`."""
        ...
