"""Inputs that WeCom would never send, for everything that reads what WeCom sends.

What lies behind the first check is a target of its own: nobody finds a right signature by chance.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

from bot.chat.errors import ChannelError
from bot.chat.platform import Event
from bot.chat.wecom.api import json_object, raise_for
from bot.chat.wecom.callbacks import Refused, Replays, Signed, event_of, opened
from bot.chat.wecom.crypto import Envelope, Forged, callback_key, decrypt, encrypt, media_key
from bot.chat.wecom.markup import Unreadable, read, write

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CORP, AGENT, NONCE = "wwcorp", "1000002", "nonce"
ENVELOPE = Envelope("token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", CORP)
KEY = callback_key("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
SECONDS = str(int(NOW.timestamp()))
TAP = (
    f"<xml><ToUserName>{CORP}</ToUserName><FromUserName>lisi</FromUserName><CreateTime>{SECONDS}</CreateTime>"
    f"<MsgType><![CDATA[event]]></MsgType><AgentID>{AGENT}</AgentID><Event>template_card_event</Event>"
    "<EventKey>approve</EventKey><TaskId>card-1@0</TaskId><ResponseCode>code</ResponseCode>"
    "<SelectedItems><SelectedItem><QuestionKey>q</QuestionKey></SelectedItem></SelectedItems></xml>"
).encode()
TEXT = TAP.replace(b"event]]", b"text]]").replace(
    b"<Event>", b"<MsgId>1</MsgId><Content>\xe9\xa2\x86</Content><Event>"
)


def targets() -> list[tuple[str, Callable[[bytes], None], list[bytes]]]:
    """Everything of a WeCom app that reads bytes from outside."""
    cipher, signature = ENVELOPE.seal(TAP, SECONDS, NONCE)
    body = write("xml", {"ToUserName": CORP, "AgentID": AGENT, "Encrypt": cipher}).encode()
    query = f"{signature}&{SECONDS}&{NONCE}&{cipher}".encode()
    return [
        ("outer_body", outer_body, [body]),
        ("inner_message", inner_message, [TAP, TEXT]),
        ("address", address, [query]),
        ("ciphertext", ciphertext, [encrypt(KEY, b"picture"), KEY]),
        ("answer", answer, [b'{"errcode": 0, "errmsg": "ok", "access_token": "t", "expires_in": 7200}']),
    ]


def outer_body(data: bytes) -> None:
    """The body of a push, before anybody has proved who sent it."""
    try:
        opened(ENVELOPE, Signed("0" * 40, SECONDS, NONCE), data, CORP)
    except Refused:
        return


def inner_message(data: bytes) -> None:
    """A message that carries a right signature: our secrets may have leaked, our code must not fall."""
    try:
        event = event_of(read(data), CORP, AGENT, NOW)
    except (Unreadable, Refused):
        return
    check(event)


def address(data: bytes) -> None:
    """The parameters of a callback's address."""
    parts = data.decode("utf-8", "surrogateescape").split("&")
    query = dict(zip(("msg_signature", "timestamp", "nonce"), parts, strict=False))
    try:
        signed = Signed.of(query, NOW)
        Replays(lambda: NOW).take(signed.nonce, signed.signature, signed.seconds)
        ENVELOPE.open(parts[-1], signed.signature, signed.timestamp, signed.nonce)
    except (Refused, Forged):
        return


def ciphertext(data: bytes) -> None:
    """Encrypted bytes, and keys of pictures."""
    with contextlib.suppress(Forged):
        decrypt(KEY, data)
    with contextlib.suppress(Forged):
        media_key(data.decode("utf-8", "surrogateescape"))


def answer(data: bytes) -> None:
    """What the server answers to a call."""
    try:
        told = json_object(data)
        raise_for(told.get("errcode", 0), str(told.get("errmsg", "")))
    except (ValueError, ChannelError):
        return


def check(event: Event | None) -> None:
    """What came through can be kept."""
    if event is None:
        return
    assert event.dedupe_key
    assert event.sender.user_id
    assert "/" not in event.platform + event.tenant
