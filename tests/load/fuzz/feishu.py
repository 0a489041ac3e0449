"""Damaged pushes of Feishu: whatever comes, only declared errors come out."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.chat.feishu.crypto import NotDecrypted, decrypt
from bot.chat.feishu.events import Unreadable, open_envelope, parse_object, read
from bot.chat.feishu.frames import Assembly, Frame, FrameError, decode, encode
from bot.chat.platform import ClickIn
from tests.fakes.feishu import FakeFeishu
from tests.fakes.feishu_pushes import BOT, ENCRYPT_KEY, encrypted

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e308,
    10**400,
    "",
    "\ud800",
    "\x00",
    "@_user_1",
    "9" * 30,
    "²",
    [],
    [[]],
    [None],
    {},
    {"open_id": []},
    {"text": {"text": 1}},
)


def _samples() -> list[dict[str, Any]]:
    """One push of each kind."""
    fake = FakeFeishu()
    mentions = [{"key": "@_user_1", "id": {"open_id": BOT}, "name": "库管"}]
    post = {"title": "t", "content": [[{"tag": "text", "text": "x"}, {"tag": "img", "image_key": "i"}]]}
    click = {
        "operator": {**fake.ids("lixia"), "tenant_key": "t"},
        "action": {"value": {"card": "c-1", "action": "reject"}, "form_value": {"reason_reject": "x"}},
        "context": {"open_message_id": "om_1"},
    }
    entered = {"operator_id": fake.ids("lixia")}
    return [
        fake.message("lixia", "text", {"text": "@_user_1 领用 A4纸 5包"}, "g", mentions),
        fake.message("lixia", "image", {"image_key": "img_1"}),
        fake.message("lixia", "post", post),
        fake.envelope("card.action.trigger", click),
        fake.envelope("im.chat.access_event.bot_p2p_chat_entered_v1", entered),
    ]


_SAMPLES = _samples()


def _changed(value: Any, chance: random.Random) -> Any:
    """The value with something odd in one place."""
    if chance.random() < 0.15:
        return chance.choice(_ODD)
    if isinstance(value, dict) and value:
        key = chance.choice(list(value))
        if chance.random() < 0.2:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: _changed(value[key], chance)}
    if isinstance(value, list) and value:
        place = chance.randrange(len(value))
        return [*value[:place], _changed(value[place], chance), *value[place + 1 :]]
    if isinstance(value, str) and value.startswith("{"):
        return json.dumps(_changed(json.loads(value), chance))
    return chance.choice(_ODD)


def _read(data: bytes) -> None:
    """Read bytes as a push, to the end."""
    with contextlib.suppress(Unreadable):
        envelope = open_envelope(parse_object(data))
        if envelope is None:
            return
        for event in read(envelope, BOT, _NOW):
            # What the bot keeps has to be storable.
            event.dedupe_key.encode()
            assert "/" not in event.tenant
            if isinstance(event, ClickIn):
                event.text.encode()


def events(data: bytes) -> None:
    """Random bytes, and a push of each kind with a few odd values in it."""
    _read(data)
    chance = random.Random(data)
    sample: Any = chance.choice(_SAMPLES)
    for _ in range(chance.randint(1, 4)):
        sample = _changed(sample, chance)
    _read(json.dumps(sample).encode())


def frames(data: bytes) -> None:
    """Random bytes, a frame with damaged bytes, and parts that do not belong together."""
    chance = random.Random(data)
    headers = tuple((name, chance.choice(["1", "2", "x", "-1", "²", "9" * 9])) for name in ("sum", "seq"))
    whole = bytearray(encode(Frame(1, 1, 1, 1, (("message_id", "m"), *headers), payload=data)))
    for _ in range(chance.randint(0, 3)):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    for candidate in (data, bytes(whole)):
        with contextlib.suppress(FrameError):
            Assembly().add(decode(candidate), 0.0)


def decryption(data: bytes) -> None:
    """Random text, and encrypted bytes with one of them changed."""
    text = encrypted(data[:64], ENCRYPT_KEY, b"0" * 16)
    place = sum(data) % len(text)
    for candidate in (data.decode(errors="replace"), text[:place] + "A" + text[place + 1 :], text[place:]):
        with contextlib.suppress(NotDecrypted):
            decrypt(candidate, ENCRYPT_KEY)


def targets() -> list[Callable[[bytes], None]]:
    """Everything of Feishu that reads what comes from outside."""
    return [events, frames, decryption]
