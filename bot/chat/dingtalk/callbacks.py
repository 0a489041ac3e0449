"""What people said and tapped, as DingTalk pushes it, in the words of the bot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.chat.dingtalk.account import PLATFORM
from bot.chat.dingtalk.frames import Frame
from bot.chat.dingtalk.values import Malformed, read_object, short_text
from bot.chat.platform import (
    ACTION,
    CARD_ID,
    Address,
    AddressKind,
    CardRef,
    ClickIn,
    ImageIn,
    MessageRef,
    Sender,
    TextIn,
)

GROUP: Final = "2"
LONGEST_TEXT: Final = 20_000
LONGEST_REASON: Final = 500
MOST_IMAGES: Final = 9


class Outsider(Malformed):
    """Somebody without a staff id wrote: not of this company, or the robot's version is not published."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the bot's events, and the way to answer it that DingTalk does not count."""

    events: Sequence[TextIn | ImageIn]
    address: Address
    reply_url: str
    reply_until: datetime


def read_message(frame: Frame, received_at: datetime) -> Said:
    """What somebody wrote to the robot; no events where it is of a kind that says nothing to the bot.

    Raises Malformed, and Outsider where the sender is no employee.
    """
    data = frame.data
    staff = short_text(data, "senderStaffId", required=False)
    if not staff:
        raise Outsider("a message without senderStaffId")
    common: dict[str, Any] = {
        "platform": PLATFORM,
        "tenant": _corp(data, "senderCorpId"),
        "sender": _sender(data, staff),
        "address": _address(data, staff),
        "sent_at": _moment(data.get("createAt")) or _moment(frame.time) or received_at,
        "received_at": received_at,
    }
    key = f"message-{short_text(data, 'msgId')}"
    text, codes = _content(data)
    events: list[TextIn | ImageIn] = []
    if text:
        events.append(TextIn(**common, dedupe_key=key, text=text))
    for number, code in enumerate(codes):
        media = MessageRef(PLATFORM, {"download_code": code})
        events.append(ImageIn(**common, dedupe_key=f"{key}-{number}", media=media))
    url = data.get("sessionWebhook")
    return Said(
        events,
        common["address"],
        url if isinstance(url, str) and len(url) <= 2048 else "",
        _moment(data.get("sessionWebhookExpiredTime")) or received_at,
    )


def read_tap(frame: Frame, received_at: datetime) -> ClickIn:
    """Which button of which card somebody tapped; raises Malformed."""
    data = frame.data
    user = short_text(data, "userId")
    card_id = short_text(data, "outTrackId")
    action, text = _chosen(data)
    if CARD_ID.fullmatch(card_id) is None or ACTION.fullmatch(action) is None:
        raise Malformed("not a card and an action of ours")
    return ClickIn(
        platform=PLATFORM,
        tenant=_corp(data, "corpId"),
        sender=Sender(user),
        address=_space(data, user),
        dedupe_key=f"tap-{frame.id}",
        sent_at=_moment(frame.time) or received_at,
        received_at=received_at,
        card_id=card_id,
        action=action,
        text=text,
        card_ref=CardRef(PLATFORM, {"card": card_id}),
    )


def _sender(data: Mapping[str, Any], staff: str) -> Sender:
    return Sender(staff, name=_words(data.get("senderNick"), 120))


def _corp(data: Mapping[str, Any], name: str) -> str:
    corp = short_text(data, name)
    if "/" in corp:
        raise Malformed(f"{name} is no company id")
    return corp


def _address(data: Mapping[str, Any], staff: str) -> Address:
    if str(data.get("conversationType")) == GROUP:
        return Address(AddressKind.GROUP, short_text(data, "conversationId"))
    return Address.direct(staff)


def _space(data: Mapping[str, Any], user: str) -> Address:
    if data.get("spaceType") == "IM_GROUP":
        return Address(AddressKind.GROUP, short_text(data, "spaceId"))
    return Address.direct(user)


def _content(data: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The words of a message and the codes of its pictures."""
    kind = data.get("msgtype")
    if kind == "text":
        return _words(_object(data, "text").get("content")), []
    content = _object(data, "content") if kind in ("picture", "richText", "audio") else {}
    if kind == "audio":
        # DingTalk writes down itself what was spoken.
        return _words(content.get("recognition")), []
    if kind == "picture":
        return "", [short_text(content, "downloadCode")]
    parts = content.get("richText", [])
    if not isinstance(parts, list):
        raise Malformed("richText is no list")
    parts = [part for part in parts if isinstance(part, dict)]
    words = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    codes = [short_text(part, "downloadCode") for part in parts if "downloadCode" in part]
    return _words(words), codes[:MOST_IMAGES]


def _words(value: object, longest: int = LONGEST_TEXT) -> str:
    """A text without the blanks that a mention of the robot leaves around it."""
    if not isinstance(value, str):
        return ""
    # No database takes halves of characters and zeros.
    whole = value[: longest * 2].replace("\0", "").encode(errors="replace").decode()
    return whole.strip()[:longest]


def _chosen(data: Mapping[str, Any]) -> tuple[str, str]:
    """The action of a tap and the words typed with it.

    `params` stands within `cardPrivateData`, on an older page of the documentation beside it.
    """
    content = data.get("content")
    content = read_object(content) if isinstance(content, str) else content
    if not isinstance(content, dict):
        raise Malformed("a tap without content")
    private = content.get("cardPrivateData")
    private = private if isinstance(private, dict) else {}
    given = private.get("params") or content.get("params")
    params = given if isinstance(given, dict) else {}
    action = params.get("action")
    if not isinstance(action, str):
        ids = private.get("actionIds") or content.get("actionIds")
        action = ids[0] if isinstance(ids, list) and ids else ""
    return (action if isinstance(action, str) else ""), _words(params.get("text"), LONGEST_REASON)


def _object(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = data.get(name)
    if isinstance(value, str):
        # Some pushes hold it as text once more.
        return read_object(value)
    if not isinstance(value, dict):
        raise Malformed(f"{name} is no object")
    return value


def _moment(milliseconds: object) -> datetime | None:
    """A moment given in milliseconds; None where there is none that could be."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | str):
        return None
    text = str(milliseconds)
    if not text.isascii() or not text.isdigit() or not 12 <= len(text) <= 13:
        return None
    return datetime.fromtimestamp(int(text) // 1000, UTC)
