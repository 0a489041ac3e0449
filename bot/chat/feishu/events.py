"""Reads pushed events (version 2) as the neutral events of the seam."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.chat.fitting import cut
from bot.chat.http import TAP_TEXT_LIMIT, TEXT_LIMIT
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

PLATFORM: Final = "feishu"

MESSAGE: Final = "im.message.receive_v1"
ENTERED: Final = "im.chat.access_event.bot_p2p_chat_entered_v1"
CLICKED: Final = "card.action.trigger"

_IMAGES: Final = 9
_ID: Final = re.compile(r"[0-9A-Za-z_@.:-]{1,128}")
_TENANT: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_MENTION: Final = re.compile(r"@_user_\d+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\ud800-\udfff]")


class Unreadable(ValueError):
    """An event without something that every event of its kind has."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A pushed event before anybody looked at what it says."""

    type: str
    id: str
    app: str
    token: str
    tenant: str
    sent_at: datetime | None
    event: Mapping[str, Any]

    @property
    def is_group_message(self) -> bool:
        """Whether it is a message of a group, of which only those with the bot's name concern the bot."""
        message = self.event.get("message")
        return self.type == MESSAGE and isinstance(message, dict) and message.get("chat_type") != "p2p"


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object; raises Unreadable."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    if not isinstance(value, dict):
        raise Unreadable("not a JSON object")
    return value


def open_envelope(data: Mapping[str, Any]) -> Envelope | None:
    """The envelope; None for the old form, which nothing we subscribe to uses. Raises Unreadable."""
    if data.get("schema") != "2.0":
        return None
    header = _object(data, "header")
    return Envelope(
        type=_text(header, "event_type"),
        id=_identifier(header, "event_id"),
        app=_text(header, "app_id"),
        token=_text(header, "token"),
        tenant=_text(header, "tenant_key"),
        sent_at=_moment(header.get("create_time")),
        event=_object(data, "event"),
    )


def read(envelope: Envelope, bot: str, received_at: datetime) -> Sequence[Event]:
    """What the event says to the bot, whose own open id is `bot`; empty when it says nothing to it.

    Raises Unreadable.
    """
    if envelope.type == MESSAGE:
        return _message(envelope, bot, received_at)
    if envelope.type == CLICKED:
        return [_click(envelope, received_at)]
    if envelope.type == ENTERED:
        return [_entered(envelope, received_at)]
    return []


# ---------------------------------------------------------------- messages


def _message(envelope: Envelope, bot: str, received_at: datetime) -> Sequence[Event]:
    sender, message = _object(envelope.event, "sender"), _object(envelope.event, "message")
    if sender.get("sender_type") != "user":
        return []  # bots talk to bots without end
    mentions = [mention for mention in _list(message.get("mentions")) if isinstance(mention, dict)]
    in_group = message.get("chat_type") != "p2p"
    if in_group and not any(_open_id(mention) == bot for mention in mentions):
        return []  # an app with a wide permission hears whole groups
    message_id = _identifier(message, "message_id")
    person = _person(_object(sender, "sender_id"))
    common: dict[str, Any] = {
        "platform": PLATFORM,
        "tenant": _tenant(sender, envelope),
        "sender": person,
        "address": Address(AddressKind.GROUP, _identifier(message, "chat_id"))
        if in_group
        else Address.direct(person.user_id),
        "sent_at": _moment(message.get("create_time")) or envelope.sent_at or received_at,
        "received_at": received_at,
    }
    text, images = _content(message)
    said = _clean(_without_mentions(text, mentions, bot), TEXT_LIMIT)
    events: list[Event] = [
        ImageIn(
            **common,
            dedupe_key=f"message:{message_id}:{key}",
            media=MessageRef(PLATFORM, {"message": message_id, "image": key}),
        )
        for key in images
    ]
    if said or not events:
        events.insert(0, TextIn(**common, dedupe_key=f"message:{message_id}", text=said or "?"))
    return events


def _content(message: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    """The words of a message and the keys of its pictures."""
    kind = _text(message, "message_type")
    raw = message.get("content")
    content = parse_object(raw.encode(errors="ignore")) if isinstance(raw, str) else {}
    if kind == "text":
        return str(content.get("text") or ""), ()
    if kind == "image":
        return "", [_identifier(content, "image_key")]
    if kind == "post":
        return _post(content)
    # Voice, files, stickers: the bot answers that it did not understand rather than not at all.
    return f"[{kind}]", ()


def _post(content: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
    """The words and pictures of a message with layout."""
    lines, images = [str(content.get("title") or "")], []
    for row in _list(content.get("content")):
        words = []
        for part in _list(row):
            if not isinstance(part, dict):
                continue
            if part.get("tag") == "img":
                images.append(_identifier(part, "image_key"))
            else:
                words.append(str(part.get("user_id" if part.get("tag") == "at" else "text") or ""))
        lines.append("".join(words))
    return "\n".join(line for line in lines if line.strip()), images[:_IMAGES]


def _without_mentions(text: str, mentions: Sequence[Mapping[str, Any]], bot: str) -> str:
    """The text with people's names in the place of marks, and without the bot's."""
    names = {}
    for mention in mentions:
        is_bot = bool(bot) and _open_id(mention) == bot
        names[str(mention.get("key"))] = "" if is_bot else f"@{mention.get('name') or ''}"
    return _MENTION.sub(lambda found: names.get(found.group(), ""), text)


# ---------------------------------------------------------------- taps and entering


def _click(envelope: Envelope, received_at: datetime) -> ClickIn:
    operator, action = _object(envelope.event, "operator"), _object(envelope.event, "action")
    context = envelope.event.get("context")
    place = context if isinstance(context, dict) else {}
    value = action.get("value")
    chosen = value if isinstance(value, dict) else {}
    card_id, name = str(chosen.get("card") or ""), str(chosen.get("action") or "")
    if CARD_ID.fullmatch(card_id) is None or ACTION.fullmatch(name) is None:
        raise Unreadable("a tap on a button that is not ours")
    form = action.get("form_value")
    words = form.get(f"reason_{name}") if isinstance(form, dict) else ""
    person = _person(operator)
    message_id = str(place.get("open_message_id") or "")
    return ClickIn(
        platform=PLATFORM,
        tenant=_tenant(operator, envelope),
        sender=person,
        address=Address.direct(person.user_id),
        dedupe_key=f"event:{envelope.id}",
        sent_at=envelope.sent_at or received_at,
        received_at=received_at,
        card_id=card_id,
        action=name,
        text=_clean(words, TAP_TEXT_LIMIT) if isinstance(words, str) else "",
        card_ref=CardRef(PLATFORM, {"message": message_id}) if _ID.fullmatch(message_id) else None,
    )


def _entered(envelope: Envelope, received_at: datetime) -> EnterIn:
    person = _person(_object(envelope.event, "operator_id"))
    return EnterIn(
        platform=PLATFORM,
        tenant=_tenant({}, envelope),
        sender=person,
        address=Address.direct(person.user_id),
        # The event comes each time the chat is opened: one key for all of them greets a person once.
        dedupe_key=f"enter:{person.user_id}",
        sent_at=envelope.sent_at or received_at,
        received_at=received_at,
    )


# ---------------------------------------------------------------- fields


def _person(ids: Mapping[str, Any]) -> Sender:
    """Somebody by open id, which is the key; the other ids outlive a change of the app."""
    others = (str(ids.get(name) or "") for name in ("user_id", "union_id"))
    return Sender(_identifier(ids, "open_id"), tuple(other for other in others if _ID.fullmatch(other)))


def _tenant(actor: Mapping[str, Any], envelope: Envelope) -> str:
    """The person's company; outsiders in a group belong to another one than the app."""
    tenant = str(actor.get("tenant_key") or envelope.tenant)
    if _TENANT.fullmatch(tenant) is None:
        raise Unreadable("no tenant")
    return tenant


def _open_id(mention: Mapping[str, Any]) -> str:
    ids = mention.get("id")
    return str(ids.get("open_id") or "") if isinstance(ids, dict) else ""


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if not isinstance(value, dict):
        raise Unreadable(f"{name} is missing")
    return value


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _identifier(data: Mapping[str, Any], name: str) -> str:
    value = _text(data, name)
    if _ID.fullmatch(value) is None:
        raise Unreadable(f"{name} is missing")
    return value


def _clean(text: str, limit: int) -> str:
    return cut(_CONTROL.sub("", text).strip(), limit)


def _moment(value: object) -> datetime | None:
    """A time in milliseconds, or in microseconds as taps have it; None where it is neither."""
    text = str(value)
    if not (text.isascii() and text.isdigit() and 10 <= len(text) <= 17):
        return None
    seconds = int(text) / 10 ** max(0, len(text) - 10)
    return datetime.fromtimestamp(seconds, UTC)
