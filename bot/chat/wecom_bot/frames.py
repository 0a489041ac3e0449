"""The frames of the long connection: what WeCom pushes, read as events; and text made safe for Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.chat.platform import (
    ACTION,
    CARD_ID,
    Address,
    AddressKind,
    CardRef,
    ClickIn,
    EnterIn,
    Event,
    ImageIn,
    MessageRef,
    Sender,
    TextIn,
)
from bot.chat.wecom.cards import split
from bot.chat.wecom.parts import Message

PLATFORM: Final = "wecom-bot"
MESSAGE: Final = "aibot_msg_callback"
EVENT: Final = "aibot_event_callback"
EVICTED: Final = "disconnected_event"
TEXT_BYTES: Final = 20_480
"""UTF-8 bytes of one message."""
MOST_ITEMS: Final = 20
_LONGEST_ID: Final = 256
_LARGEST_TIME: Final = 10**11
_UNSUPPORTED: Final = frozenset({"file", "video"})

_ALWAYS_ACTIVE = str.maketrans(
    {"*": "＊", "`": "｀", "[": "［", "]": "］", "<": "＜", ">": "＞", "~": "～", "|": "｜", "\\": "＼"}
)
_AT_LINE_START = re.compile(r"(?m)^[ \t]*(#+|[-=]{2,}|[-+](?= ))")
_WORD_EDGE_UNDERSCORE = re.compile(r"(?<!\w)_|_(?!\w)|(?<=_)_|_(?=_)")
_FULL_WIDTH: Final = {"#": "＃", "-": "－", "=": "＝", "+": "＋"}


class Reader:
    """Reads pushes of one bot."""

    def __init__(self, tenant: str, bot_name: str) -> None:
        self._tenant = tenant
        self._mention = re.compile(rf"\s*@{re.escape(bot_name)}(?=\s|$)" if bot_name else r"^\s*@\S+(?=\s|$)")

    def events(self, command: str, body: Mapping[str, Any], now: datetime) -> list[Event]:
        """The events of a push; none for what needs no reaction or cannot be read."""
        user = text_of(body, "from", "userid")
        group = text_of(body, "chattype") == "group"
        chat = text_of(body, "chatid") if group else user
        if not (0 < len(user) <= _LONGEST_ID and 0 < len(chat) <= _LONGEST_ID):
            return []
        common: dict[str, Any] = {
            "platform": PLATFORM,
            "tenant": self._tenant,
            "sender": Sender(user),
            "address": Address(AddressKind.GROUP if group else AddressKind.DIRECT, chat),
            "sent_at": _moment(body.get("create_time"), now),
            "received_at": now,
        }
        identity = text_of(body, "msgid")
        if command == EVENT:
            event = _event(body, common, identity)
            return [event] if event else []
        if command != MESSAGE or not 0 < len(identity) <= _LONGEST_ID:
            return []
        return self._messages(body, common, f"message:{identity}", group)

    def _messages(
        self, body: Mapping[str, Any], common: dict[str, Any], key: str, group: bool
    ) -> list[Event]:
        kind = text_of(body, "msgtype")
        if kind in ("text", "voice"):
            words = self._without_mention(text_of(body, kind, "content"), group)
            return [TextIn(**common, dedupe_key=key, text=words)]
        if kind == "image":
            media = _media(body.get("image"))
            return [ImageIn(**common, dedupe_key=key, media=media)] if media else []
        if kind == "mixed":
            return self._mixed(body, common, key, group)
        if kind in _UNSUPPORTED:
            # Said as nothing: the person is told what can be said instead.
            return [TextIn(**common, dedupe_key=key, text="")]
        return []

    def _mixed(self, body: Mapping[str, Any], common: dict[str, Any], key: str, group: bool) -> list[Event]:
        """Words and pictures in one message: the words together, then each picture."""
        mixed = body.get("mixed")
        items = mixed.get("msg_item") if isinstance(mixed, Mapping) else None
        words, events = [], []
        for number, item in enumerate(items[:MOST_ITEMS] if isinstance(items, list) else []):
            if not isinstance(item, Mapping):
                continue
            if text_of(item, "msgtype") == "text":
                words.append(text_of(item, "text", "content"))
            elif media := _media(item.get("image")):
                events.append(ImageIn(**common, dedupe_key=f"{key}:{number}", media=media))
        said = self._without_mention("\n".join(words), group)
        return [*([TextIn(**common, dedupe_key=key, text=said)] if said else []), *events]

    def _without_mention(self, text: str, group: bool) -> str:
        """In groups the words begin with the name of whom they are for."""
        return self._mention.sub("", text).strip() if group else text.strip()


def event_name(body: Mapping[str, Any]) -> str:
    """The kind of an event push."""
    return text_of(body, "event", "eventtype")


def plain(text: str) -> str:
    """Text that a Markdown reader shows as it is: what would format or link is written full-width."""
    # Blanks and odd line ends go first: what stands behind them would begin a line.
    text = "\n".join(line.strip() for line in text.splitlines())
    text = _WORD_EDGE_UNDERSCORE.sub("＿", text.translate(_ALWAYS_ACTIVE))
    text = _AT_LINE_START.sub(lambda found: "".join(_FULL_WIDTH.get(one, one) for one in found[0]), text)
    # Two blanks before a line end keep the line end.
    return "  \n".join(text.splitlines())


def text_messages(text: str) -> list[Message]:
    """Words of a bot, in as many messages as they need."""
    return [{"msgtype": "markdown", "markdown": {"content": part}} for part in split(plain(text), TEXT_BYTES)]


def text_of(value: object, *path: str) -> str:
    """The text at a place of a JSON object; empty where there is none."""
    for name in path:
        if not isinstance(value, Mapping):
            return ""
        value = value.get(name)
    return value if isinstance(value, str) else ""


def reference_of(task: str, address: Address) -> CardRef:
    """Finds a card again as far as this product can."""
    return CardRef(PLATFORM, {"task": task, "kind": address.kind.value, "chat": address.id})


def _event(body: Mapping[str, Any], common: dict[str, Any], identity: str) -> Event | None:
    name = event_name(body)
    user: str = common["sender"].user_id
    if name == "enter_chat":
        return EnterIn(**common, dedupe_key=f"enter:{user}")
    if name != "template_card_event":
        return None
    # Documented as nested, typed as flat by the product's own client: both come in.
    event = body["event"]
    nested = event.get("template_card_event")
    nested = nested if isinstance(nested, Mapping) else {}
    action = text_of(nested, "event_key") or text_of(event, "event_key")
    task = text_of(nested, "task_id") or text_of(event, "task_id")
    card_id = task.partition("@")[0]
    if not ACTION.fullmatch(action) or not CARD_ID.fullmatch(card_id) or len(task) > _LONGEST_ID:
        # The dead button of a card that is over, or one that is not ours.
        return None
    key = identity or f"{user}:{body.get('create_time')}:{task}:{action}"
    return ClickIn(
        **common,
        dedupe_key=f"event:{key[:_LONGEST_ID]}",
        card_id=card_id,
        action=action,
        card_ref=reference_of(task, common["address"]),
    )


def _media(image: object) -> MessageRef | None:
    url, key = text_of(image, "url"), text_of(image, "aeskey")
    return MessageRef(PLATFORM, {"url": url, "aeskey": key}) if url and key else None


def _moment(seconds: object, now: datetime) -> datetime:
    if isinstance(seconds, int) and 0 < seconds < _LARGEST_TIME:
        return datetime.fromtimestamp(seconds, UTC)
    return now
