"""What DingTalk's refusals mean for the bot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.chat.errors import (
    AuthFailed,
    ChannelError,
    PayloadRejected,
    RateLimited,
    RecipientUnreachable,
    Transient,
)

A_MOMENT: Final = 1.0
"""Seconds: how long DingTalk asks to wait after too many calls in one second."""
A_WHILE: Final = 60.0
"""Seconds to wait for a person who got too many messages."""
QUOTA_PAUSE: Final = 3600.0
"""Seconds until the next look whether there are calls left again: a new month, or an edition with more."""

_TOO_FAST = ("qpslimit", "90002", "90018")
_QUOTA = ("apicountlimit", "90020")
_TOKEN = ("invalidauthentication", "40014", "42001")
_CREDENTIALS = ("invalidclientid", "authfailed", "invalidclientsecret", "40089")
_SETUP = (
    "accesstokenpermissiondenied",
    "ipnotinwhitelist",
    "robotcode",
    "cardtemplate",
    "templatenot",
    "60011",
    "60020",
)
_PERSON = (
    "staffid",
    "useridnotexist",
    "usernotexist",
    "conversation",
    "chatbotnotingroup",
    "60121",
    "40104",
)
_SCOPE: Final = re.compile(r"qyapi_[a-z_]{1,60}")


class TokenRefused(AuthFailed):
    """The access token is no longer taken: a fresh one may be."""


class QuotaUsedUp(RateLimited):
    """The calls that the company's edition includes are used up for this month."""


class CardGone(PayloadRejected):
    """There is no card with this id any more."""


class CardThere(ChannelError):
    """There is a card with this id already: an earlier try arrived."""


def refusal(status: int, body: Mapping[str, Any], retry_after: str = "") -> ChannelError:
    """The error that an answer of DingTalk stands for: its code and what is missing, never a secret."""
    # The older of DingTalk's two hosts says 88 for a refusal before the call, and what it is beside that.
    code = str(body.get("code") or body.get("sub_code") or body.get("errcode") or "")[:120]
    said = f"HTTP {status} {code} {_asked_for(body)}".strip()
    plain = code.lower().replace("_", "").replace(".", "")
    if any(part in plain for part in _QUOTA):
        return QuotaUsedUp(QUOTA_PAUSE, said)
    if status == 429 or any(part in plain for part in _TOO_FAST):
        return RateLimited(_seconds(retry_after), said)
    if any(part in plain for part in _CREDENTIALS):
        return AuthFailed(said)
    if any(part in plain for part in _SETUP):
        return AuthFailed(said)
    if status == 401 or any(part in plain for part in _TOKEN):
        return TokenRefused(said)
    if status >= 500 or status == 408:
        return Transient(said)
    if "outtrackid" in plain or "cardinstance" in plain:
        if "notexist" in plain or "notfound" in plain:
            return CardGone(said)
        if any(part in plain for part in ("exist", "duplicat", "repeat")):
            return CardThere(said)
    if any(part in plain for part in _PERSON):
        return RecipientUnreachable(said)
    if status == 403:
        return AuthFailed(said)
    return PayloadRejected(said)


def _asked_for(body: Mapping[str, Any]) -> str:
    """The permissions whose lack DingTalk names."""
    detail = body.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
    if scopes is None:
        scopes = _SCOPE.findall(str(body.get("sub_msg", ""))[:1000])
    return " ".join(str(scope)[:80] for scope in scopes[:8]) if isinstance(scopes, list) else ""


def _seconds(retry_after: str) -> float:
    text = retry_after.strip()
    return float(min(int(text), 3600)) if text.isascii() and text.isdigit() and len(text) <= 6 else A_MOMENT
