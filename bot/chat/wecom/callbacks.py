"""What WeCom pushes to us: proved to be from WeCom and fresh, then read as an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from bot.chat.platform import (
    ACTION,
    CARD_ID,
    Address,
    CardRef,
    ClickIn,
    EnterIn,
    Event,
    ImageIn,
    Json,
    MessageRef,
    Sender,
    TextIn,
)
from bot.chat.wecom.crypto import Envelope, Forged
from bot.chat.wecom.markup import Element, Unreadable, read

PLATFORM: Final = "wecom"
WINDOW: Final = 300
"""Seconds that a callback's timestamp may be away from our clock; within them none is taken twice."""
MOST_REMEMBERED: Final = 100_000
LARGEST_BODY: Final = 64 * 1024
MENU_SAYS: Final = "say:"
"""What the key of a menu button starts with; the rest is said as if the person had typed it."""
_LONGEST_PARAMETER: Final = 128
_LARGEST_TIME: Final = 10**11
_UNSUPPORTED_KINDS: Final = frozenset({"voice", "video", "location", "link", "file"})


class Refused(Exception):
    """A callback that is not taken. The text is for logs, the answer is the same for every reason."""


class Replays:
    """Signatures that were taken already, for as long as their timestamps are fresh."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._until: dict[int, float] = {}

    def take(self, nonce: str, signature: str, timestamp: int) -> None:
        """Remember a callback; raises Refused for one that was taken before."""
        now = self._clock().timestamp()
        while self._until:
            oldest = next(iter(self._until))
            if self._until[oldest] >= now and len(self._until) < MOST_REMEMBERED:
                break
            del self._until[oldest]
        key = hash((nonce, signature))
        if key in self._until:
            raise Refused("repeated nonce and signature")
        self._until[key] = timestamp + WINDOW

    def forget(self, nonce: str, signature: str) -> None:
        """It was not kept after all: the product may bring it again."""
        self._until.pop(hash((nonce, signature)), None)


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed part of a callback's address."""

    signature: str
    timestamp: str
    nonce: str

    @classmethod
    def of(cls, query: Mapping[str, str], now: datetime) -> Signed:
        """The parameters of a request, fresh by their own words; raises Refused."""
        signed = cls(query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", ""))
        if any(not 0 < len(part) <= _LONGEST_PARAMETER for part in (signed.signature, signed.nonce)):
            raise Refused("signature or nonce missing or too long")
        if abs(signed.seconds - now.timestamp()) > WINDOW:
            raise Refused("timestamp too far from our clock")
        return signed

    @property
    def seconds(self) -> int:
        """The timestamp in seconds; raises Refused where it is none."""
        if not (self.timestamp.isascii() and self.timestamp.isdigit() and len(self.timestamp) <= 11):
            raise Refused("timestamp is not a number")
        return int(self.timestamp)


def opened(envelope: Envelope, signed: Signed, body: bytes, corp_id: str) -> Element:
    """The message of a pushed body, proved to be from WeCom and for this company; raises Refused."""
    try:
        outer = read(body)
        if outer.get("ToUserName") != corp_id:
            raise Refused("for another company")
        message = envelope.open(outer.get("Encrypt"), signed.signature, signed.timestamp, signed.nonce)
        return read(message)
    except (Forged, Unreadable) as error:
        raise Refused(str(error)) from None


def event_of(message: Element, corp_id: str, agent_id: str, now: datetime) -> Event | None:
    """The event of a message; None for what needs no reaction. Raises Refused for another app's."""
    user = message.get("FromUserName")
    if message.get("AgentID") not in ("", agent_id):
        raise Refused("for another app")
    if not user or len(user) > 64:
        return None
    common: dict[str, Any] = {
        "platform": PLATFORM,
        "tenant": corp_id,
        # Ids are the same in any case, and some answers bring them in lower case.
        "sender": Sender(user, () if user == user.lower() else (user.lower(),)),
        "address": Address.direct(user),
        "sent_at": _moment(message.get("CreateTime"), now),
        "received_at": now,
    }
    kind = message.get("MsgType")
    key = f"message:{message.get('MsgId')}"
    if kind == "text":
        return TextIn(**common, dedupe_key=key, text=message.child("Content").text)
    if kind == "image":
        media = MessageRef(PLATFORM, {"media_id": message.get("MediaId")})
        return ImageIn(**common, dedupe_key=key, media=media)
    if kind in _UNSUPPORTED_KINDS:
        # Said as nothing: the person is told what can be said instead.
        return TextIn(**common, dedupe_key=key, text="")
    return _event(message, common) if kind == "event" else None


def _event(message: Element, common: dict[str, Any]) -> Event | None:
    name = message.get("Event")
    user: str = common["sender"].user_id
    if name == "enter_agent":
        # Comes each time the app is opened; a person is welcomed once.
        return EnterIn(**common, dedupe_key=f"enter:{user}")
    parts = (user, message.get("CreateTime"), name, message.get("TaskId"), message.get("EventKey"))
    key = "event:" + ":".join(parts)
    if name == "click" and message.get("EventKey").startswith(MENU_SAYS):
        return TextIn(**common, dedupe_key=key, text=message.get("EventKey").removeprefix(MENU_SAYS))
    if name != "template_card_event":
        return None
    action, task = message.get("EventKey"), message.get("TaskId")
    card_id = task.partition("@")[0]
    if not ACTION.fullmatch(action) or not CARD_ID.fullmatch(card_id):
        # The grey button of a card that is over, or one that is not ours.
        return None
    reference = None
    if code := message.get("ResponseCode"):
        reference = reference_of(task, user, [(code, common["received_at"])])
    return ClickIn(**common, dedupe_key=key, card_id=card_id, action=action, card_ref=reference)


def reference_of(task: str, user: str, codes: list[tuple[str, datetime]]) -> CardRef:
    """Finds a card again: its task, whose copy it is, and the codes, each with the moment it was given, that
    may still be spent on replacing it."""
    spendable: list[Json] = [{"code": code, "given": int(given.timestamp())} for code, given in codes]
    return CardRef(PLATFORM, {"task": task, "user": user, "codes": spendable})


def _moment(seconds: str, now: datetime) -> datetime:
    if seconds.isascii() and seconds.isdigit() and int(seconds[:12]) < _LARGEST_TIME:
        return datetime.fromtimestamp(int(seconds), UTC)
    return now
