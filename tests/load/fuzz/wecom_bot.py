"""Frames and words that WeCom's gateway for AI bots would never send."""

from __future__ import annotations

import json
from collections.abc import Callable

from bot.chat.errors import ChannelError
from bot.chat.wecom.api import json_object
from bot.chat.wecom.cards import split
from bot.chat.wecom_bot.connection import raise_for
from bot.chat.wecom_bot.frames import EVENT, MESSAGE, Reader, event_name, plain
from tests.load.fuzz.wecom import NOW, check

READER = Reader("bot", "")
FRAME = json.dumps(
    {
        "cmd": EVENT,
        "headers": {"req_id": "r"},
        "body": {
            "msgid": "m",
            "chattype": "group",
            "chatid": "g",
            "from": {"userid": "u"},
            "create_time": 1,
            "msgtype": "event",
            "event": {
                "eventtype": "template_card_event",
                "template_card_event": {"event_key": "approve", "task_id": "card-1@0"},
            },
            "text": {"content": "@库管 查库存"},
            "mixed": {"msg_item": [{"msgtype": "text", "text": {"content": "x"}}, {"image": {"url": "u"}}]},
        },
    },
    ensure_ascii=False,
).encode()


def targets() -> list[tuple[str, Callable[[bytes], None], list[bytes]]]:
    """Everything of an AI bot that reads bytes from outside, and text on its way out."""
    flat = FRAME.replace(b'template_card_event": {', b'nothing": {')
    return [
        ("frame", frame, [FRAME, flat, b'{"headers": {"req_id": "r"}, "errcode": 45009, "errmsg": "no"}']),
        ("words", words, ["**领** 5 [包](http://example.com)\n# A4_纸 | 3".encode()]),
    ]


def frame(data: bytes) -> None:
    """A frame of the long connection."""
    try:
        pushed = json_object(data)
    except ValueError:
        return
    body = pushed.get("body")
    body = body if isinstance(body, dict) else pushed
    event_name(body)
    kinds = [body.get("msgtype"), "text", "mixed", "image", "voice"]
    for command, kind in [(EVENT, "event"), *[(MESSAGE, kind) for kind in kinds]]:
        for event in READER.events(command, {**body, "msgtype": kind}, NOW):
            check(event)
    try:
        raise_for(pushed, "aibot_send_msg")
    except ChannelError:
        return


def words(data: bytes) -> None:
    """Text on its way out."""
    for part in split(plain(data.decode("utf-8", "replace")), 64):
        assert 0 < len(part.encode()) <= 64
