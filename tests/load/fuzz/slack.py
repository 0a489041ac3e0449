"""Damaged requests and frames of Slack."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from bot.chat.platform import ClickIn, ImageIn, Inbound, TextIn
from bot.chat.slack.callbacks import Refused, opened, verify
from bot.chat.slack.cards import draw, question
from bot.chat.slack.events import (
    Heard,
    HomeOpened,
    Question,
    Shortcut,
    Unreadable,
    metadata_of,
    parsed,
    plain,
    read_event,
    read_interaction,
)
from bot.chat.slack.refusals import failure, seconds_of
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_api import BOT, SIGNING_SECRET, Message, direct
from tests.fakes.slack_blocks import buttons_of
from tests.service.chat.wecom_world import approval

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_USER = "U0ZHANG001"


def _events() -> list[bytes]:
    """One event of each kind, as a request brings it."""
    fake = FakeSlack()
    file = fake.picture("F0PICTURE1", b"png")
    events: list[dict[str, Any]] = [
        fake.written(_USER, "领用 A4纸 5包 <https://example.com|看> &amp;"),
        {**fake.written(_USER, f"<@{BOT}> 查库存", "C0GENERAL1"), "type": "app_mention", "thread_ts": "17.1"},
        fake.written(_USER, "", subtype="file_share", files=[file]),
        {"type": "app_home_opened", "user": _USER, "tab": "messages"},
        {"type": "app_home_opened", "user": _USER, "tab": "home"},
    ]
    return [json.dumps(fake.told(event), ensure_ascii=False).encode() for event in events]


def _taps() -> list[bytes]:
    """One payload of each kind of tap."""
    fake = FakeSlack()
    card = draw(approval())
    message = Message(direct(_USER), "1700000000.000001", BOT, card.text, card.blocks)
    tap = fake.tapped(_USER, message, buttons_of(card.blocks)[0])
    asking = {**buttons_of(card.blocks)[1], "action_id": "ask:reject", "value": "card-1 拒绝的原因"}
    asked = fake.tapped(_USER, message, asking)
    heard = read_interaction(asked, _NOW)
    assert isinstance(heard, Question)
    view = question(heard.label, heard.asks, metadata_of(heard.click))
    shortcut = {**tap, "actions": [{"action_id": "say:stock", "action_ts": "17.1", "value": "stock"}]}
    payloads = (tap, asked, shortcut, fake.submitted(_USER, view, "超出预算"))
    return [json.dumps(payload, ensure_ascii=False).encode() for payload in payloads]


def _keep(heard: Heard | None) -> None:
    """What is kept has to be storable, and no longer than what is kept for."""
    if isinstance(heard, Shortcut):
        heard = heard.said
    if isinstance(heard, Question):
        json.dumps(question(heard.label, heard.asks, metadata_of(heard.click)))
        heard = heard.click
    if heard is None or isinstance(heard, HomeOpened):
        return
    assert isinstance(heard, Inbound)
    for word in (heard.tenant, heard.dedupe_key, heard.sender.user_id, heard.sender.name, heard.address.id):
        word.encode()
        assert len(word) <= 400
    assert heard.tenant
    assert "/" not in heard.tenant
    assert heard.sent_at.tzinfo is not None
    if isinstance(heard, TextIn | ClickIn):
        heard.text.encode()
    if isinstance(heard, ImageIn):
        json.dumps(dict(heard.media.data), ensure_ascii=False).encode()
    if isinstance(heard, ClickIn) and heard.card_ref is not None:
        json.dumps(dict(heard.card_ref.data), ensure_ascii=False).encode()


def events(data: bytes) -> None:
    """An event in a request."""
    with contextlib.suppress(Unreadable):
        for heard in read_event(parsed(data), "", _NOW):
            _keep(heard)


def taps(data: bytes) -> None:
    """A tap or a sent window."""
    with contextlib.suppress(Unreadable):
        _keep(read_interaction(parsed(data), _NOW))


def forms(data: bytes) -> None:
    """The body of a verified request: a form, or JSON."""
    for content_type in ("application/x-www-form-urlencoded", "application/json", ""):
        with contextlib.suppress(Unreadable):
            opened(content_type, data)


def signatures(data: bytes) -> None:
    """Headers and body of anybody."""
    head, _, body = data.partition(b"\n")
    stamp, _, signature = head.decode("utf-8", "surrogateescape").partition(" ")
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
    with contextlib.suppress(Refused):
        verify(SIGNING_SECRET, headers, body, _NOW)
        raise AssertionError("a signature by chance")


def words(data: bytes) -> None:
    """Slack's markup in what people write."""
    # JSON brings halves of characters too.
    text = data.decode("utf-8", "surrogateescape")
    for bot in ("", BOT):
        plain(text, bot).encode()


def answers(data: bytes) -> None:
    """The answer of a call: headers and JSON."""
    head, _, body = data.partition(b"\n")
    seconds = seconds_of({"Retry-After": head.decode("latin-1")})
    assert 1 <= seconds <= 3600
    with contextlib.suppress(Unreadable):
        failure("chat.update", 429 if head == b"429" else 200, parsed(body), {})


def targets() -> list[tuple[str, Callable[[bytes], None], list[bytes]]]:
    """Everything of Slack that reads what comes from outside."""
    taken = _taps()
    sent = [urlencode({"payload": tap.decode()}).encode() for tap in taken]
    stamp = str(int(_NOW.timestamp())).encode()
    return [
        ("events", events, _events()),
        ("taps", taps, taken),
        ("forms", forms, [*sent, *taken, b"command=/x&text=a"]),
        ("signatures", signatures, [stamp + b" v0=" + b"0" * 64 + b"\n{}"]),
        ("words", words, [f"<@{BOT}> <https://a.example|c> &lt;&amp;&gt; <!here> <#C1|x>".encode()]),
        ("answers", answers, [b'30\n{"ok":false,"error":"missing_scope","needed":"files:read"}']),
    ]
