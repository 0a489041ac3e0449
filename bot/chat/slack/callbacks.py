"""Slack over HTTP: signed requests to one address, for companies that do not use Socket Mode."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

from bot.chat.http import Refusal
from bot.chat.slack.events import Unreadable, parsed

PATH: Final = "/callbacks/slack"
LARGEST_BODY: Final = 1024 * 1024
BODY_SECONDS: Final = 3.0
WINDOW: Final = 300
"""Seconds by which the clock of a signed request may differ from ours."""


class Refused(Refusal):
    """A request that is not Slack's; the text is for logs."""

    def __init__(self, reason: str) -> None:
        super().__init__(403, reason)


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raises Refused unless the raw body was signed with the secret a short while ago.

    `headers` are looked up as given: those of a request do not care about case.
    """
    told = headers.get("X-Slack-Request-Timestamp", "")
    if not (told.isascii() and told.isdigit() and len(told) <= 12):
        raise Refused("timestamp missing")
    if abs(now.timestamp() - int(told)) > WINDOW:
        raise Refused("timestamp too old")
    signed = b"v0:" + told.encode() + b":" + body
    expected = "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    given = headers.get("X-Slack-Signature", "")
    # Compared as bytes: text that is not ASCII could not be.
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
        raise Refused("signature wrong")


def opened(content_type: str, body: bytes) -> Mapping[str, Any]:
    """The payload of a verified body: JSON, or a form whose one field `payload` holds JSON.

    Raises Unreadable.
    """
    if content_type != "application/x-www-form-urlencoded":
        return parsed(body)
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=40, errors="strict")
    except ValueError:
        raise Unreadable("form") from None
    payload = fields.get("payload")
    if payload is None:
        # A slash command comes as a form of its own.
        return {"type": "slash_commands"}
    return parsed(payload[0])
