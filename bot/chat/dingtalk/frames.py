"""The frames of a DingTalk stream: JSON with headers, and `data` that is JSON in a string."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.chat.dingtalk.values import Malformed, read_object, short_text

MESSAGES: Final = "/v1.0/im/bot/messages/get"
CARDS: Final = "/v1.0/card/instances/callback"
SUBSCRIPTIONS: Final = ({"type": "CALLBACK", "topic": MESSAGES}, {"type": "CALLBACK", "topic": CARDS})

OK: Final = 200
UNKNOWN_TOPIC: Final = 404
FAILED: Final = 500

LONGEST_FRAME: Final = 1 << 20
"""Bytes. Messages and taps have a few kilobytes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One push. `id` is the same when it is pushed again."""

    kind: str
    topic: str
    id: str
    time: int
    data: Mapping[str, Any]


def _nothing() -> None:
    """Nobody waits for the acknowledgement."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How a push is acknowledged. `sent` is called when that is done, or can no longer be done."""

    code: int = OK
    data: Mapping[str, Any] = field(default_factory=lambda: {"response": None})
    sent: Callable[[], None] = _nothing


def read_frame(text: str) -> Frame:
    """The frame in a message of the socket; raises Malformed."""
    if len(text) > LONGEST_FRAME:
        raise Malformed("a frame that is too long")
    whole = read_object(text)
    headers = whole.get("headers")
    if not isinstance(headers, dict):
        raise Malformed("a frame without headers")
    data = whole.get("data")
    return Frame(
        kind=short_text(whole, "type"),
        topic=short_text(headers, "topic"),
        id=short_text(headers, "messageId"),
        time=_milliseconds(headers.get("time")),
        data=read_object(data) if isinstance(data, str) and data else {},
    )


def acknowledgement(frame: Frame, answered: Answered) -> str:
    """What is answered to a push."""
    whole = {
        "code": answered.code,
        "headers": {"messageId": frame.id, "contentType": "application/json"},
        "message": "OK" if answered.code == OK else "not done",
        "data": json.dumps(answered.data, ensure_ascii=False),
    }
    return json.dumps(whole, ensure_ascii=False)


def _milliseconds(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else 0
