"""Reads what came over the network: only what is well formed and short gets through."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from bot.chat.errors import ChannelError

LONGEST_ID: Final = 256
DEEPEST: Final = 32
"""How far objects may be nested; what DingTalk sends has fewer than ten levels."""


class Malformed(ChannelError):
    """What came in is not what DingTalk sends."""


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in a text; raises Malformed."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(value, dict):
        raise Malformed("not an object")
    _check_depth(value)
    return value


def short_text(data: Mapping[str, Any], name: str, *, required: bool = True) -> str:
    """An id or name of a few characters; raises Malformed where it is missing or no such text."""
    value = data.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_ID or (required and not value):
        raise Malformed(f"{name} is not a short text")
    if not value.isprintable():
        raise Malformed(f"{name} holds control characters")
    return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(DEEPEST):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise Malformed("nested too deeply")
