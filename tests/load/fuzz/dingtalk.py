"""Damaged pushes and answers of DingTalk: whatever comes, only declared errors come out."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bot.chat.dingtalk.api import _object as read_answer
from bot.chat.dingtalk.callbacks import read_message, read_tap
from bot.chat.dingtalk.frames import CARDS, MESSAGES, Answered, acknowledgement, read_frame
from bot.chat.dingtalk.refusals import refusal
from bot.chat.dingtalk.values import Malformed
from bot.chat.errors import ChannelError
from bot.chat.platform import CARD_ID, ClickIn, ImageIn, TextIn
from tests.fakes.dingtalk import DingTalkFake

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1e308,
    10**300,
    "",
    " ",
    "\ud800",
    "\0",
    "\n",
    "²",
    "1" * 13,
    "９" * 13,
    "{",
    "[]",
    "{}",
    "x" * 300,
    [],
    [[]],
    {},
    {"": None},
)


def _samples() -> list[tuple[str, dict[str, Any]]]:
    fake = DingTalkFake()
    parts = [{"text": "这是"}, {"downloadCode": "code"}]
    said: list[dict[str, Any]] = [
        {"msgtype": "text", "text": {"content": " 领用 A4纸 5包"}},
        {"msgtype": "picture", "content": {"downloadCode": "code"}},
        {"msgtype": "richText", "content": {"richText": parts}},
        {"msgtype": "audio", "content": {"recognition": "库存"}},
    ]
    messages = [(MESSAGES, fake.message("zhangsan", one, group)) for one in said for group in ("", "cid==")]
    taps = [(CARDS, fake.tap_of("lisi", "card-1", "approve", beside=beside)) for beside in (False, True)]
    return [*messages, *taps]


_SAMPLES = _samples()
_FAKE = DingTalkFake()


def _damage(text: str, chance: random.Random) -> str:
    """Cut, doubled or overwritten somewhere."""
    place = chance.randrange(len(text) + 1)
    other = chance.randrange(len(text) + 1)
    low, high = sorted((place, other))
    kind = chance.randrange(4)
    if kind == 0:
        return text[:place]
    if kind == 1:
        return text[:high] + text[low:high] + text[high:]
    if kind == 2:
        return text[:place] + chance.choice('{}[]",:0\\\0\ud800') + text[place + 1 :]
    return text[:low] + text[high:]


def _odd(value: Any, chance: random.Random) -> Any:
    """The value with something else somewhere within."""
    if isinstance(value, str) and value.startswith('{"') and chance.random() < 0.7:
        return json.dumps(_odd(json.loads(value), chance))
    if not isinstance(value, dict | list) or not value or chance.random() < 0.1:
        return chance.choice(_ODD)
    if isinstance(value, list):
        place = chance.randrange(len(value))
        return [*value[:place], _odd(value[place], chance), *value[place + 1 :]]
    name = chance.choice(list(value))
    if chance.random() < 0.15:
        return {key: part for key, part in value.items() if key != name}
    return {**value, name: _odd(value[name], chance)}


def _read(text: str) -> None:
    """A push all the way in, and what every event of it promises."""
    try:
        frame = read_frame(text)
        acknowledgement(frame, Answered()).encode(errors="strict")
        if frame.topic == CARDS:
            _check(read_tap(frame, _NOW))
        elif frame.topic == MESSAGES:
            for event in read_message(frame, _NOW).events:
                _check(event)
    except Malformed:
        return


def _check(event: TextIn | ImageIn | ClickIn) -> None:
    assert "/" not in event.tenant
    for part in (event.tenant, event.sender.user_id, event.sender.name, event.address.id, event.dedupe_key):
        part.encode()
        assert "\0" not in part
    if isinstance(event, TextIn):
        assert event.text.strip()
        event.text.encode()
    if isinstance(event, ClickIn):
        assert CARD_ID.fullmatch(event.card_id)
        event.text.encode()


def random_bytes(data: bytes) -> None:
    """Anything as a push."""
    _read(data.decode(errors="replace"))


def damaged_pushes(data: bytes) -> None:
    """A push that was damaged on its way."""
    chance = random.Random(data)
    topic, sample = chance.choice(_SAMPLES)
    text = _FAKE.frame("CALLBACK", topic, sample, "m-1")
    for _ in range(chance.randint(1, 3)):
        text = _damage(text, chance)
    _read(text)


def odd_pushes(data: bytes) -> None:
    """A whole push with values that do not belong there."""
    chance = random.Random(data)
    topic, sample = chance.choice(_SAMPLES)
    for _ in range(chance.randint(1, 3)):
        changed = _odd(sample, chance)
        sample = changed if isinstance(changed, dict) else {}
    _read(_FAKE.frame("CALLBACK", topic, sample, "m-1"))


def answers(data: bytes) -> None:
    """Anything as the answer to a call."""
    chance = random.Random(data)
    status = chance.choice([200, 302, 400, 401, 403, 429, 500])
    body = {"code": chance.choice(_ODD), "accessdenieddetail": chance.choice(_ODD)}
    try:
        read_answer(data, status)
        read_answer(_damage(json.dumps(body), chance).encode(errors="replace"), status)
    except ChannelError:
        pass
    assert isinstance(refusal(status, body, data.decode(errors="replace")), ChannelError)


def targets() -> list[Callable[[bytes], None]]:
    """Everything that reads what DingTalk sends."""
    return [random_bytes, damaged_pushes, odd_pushes, answers]
