"""A card as the parameters of the card template that comes with Kuguan (deploy/chats/dingtalk-card.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from bot.chat.fitting import ELLIPSIS, card_text, cut, cut_bytes
from bot.chat.platform import Button, Card, Line, Tone

MAX_TITLE: Final = 60
MAX_ROWS: Final = 40
MAX_TEXT_BYTES: Final = 16_000
"""UTF-8 bytes of one message."""

_SUBTITLE = 240
_LABEL = 80
_VALUE = 300
_BODY_BYTES = 8_000
_STAMP = 120
_HINT = 160
_NOTICE = 300
_BUTTON = 60

_COLOURS = {Tone.PRIMARY: "blue", Tone.NEUTRAL: "gray", Tone.DANGER: "red"}


def card_parameters(card: Card) -> dict[str, str]:
    """All parameters of a card but `notice`. DingTalk takes only texts, so the buttons are JSON in one."""
    words = {
        "subtitle": cut(_line(card.subtitle), _SUBTITLE),
        "body": cut_bytes("\n".join(_body(card)), _BODY_BYTES),
        "stamp": cut(_line(card.stamp), _STAMP),
        "hint": cut(_line(card.fallback), _HINT),
    }
    return {
        "title": cut(_line(card.title), MAX_TITLE),
        **words,
        **{f"has_{name}": _yes(bool(text)) for name, text in words.items()},
        "status": card.state.value,
        "has_buttons": _yes(bool(card.buttons)),
        "buttons": json.dumps([_button(button) for button in card.buttons], ensure_ascii=False),
    }


def notice_parameters(text: str) -> dict[str, str]:
    """The passing word: a line that only who tapped sees."""
    return {"notice": cut(_line(text), _NOTICE), "has_notice": _yes(bool(text.strip()))}


def plain_card(card: Card) -> str:
    """The card as a message of words, with the commands to type."""
    return plain_text(card_text(card))


def plain_text(text: str) -> str:
    """As much of a text as one message holds."""
    return cut_bytes(text, MAX_TEXT_BYTES)


def _body(card: Card) -> list[str]:
    rows = list(_rows(card))
    if len(rows) <= MAX_ROWS:
        return rows
    return [*rows[: MAX_ROWS - 1], f"{ELLIPSIS} +{len(rows) - MAX_ROWS + 1}"]


def _rows(card: Card) -> Iterator[str]:
    yield from (_row(line) for line in card.lines)
    for group in card.groups:
        yield f"▪ {cut(_line(group.title), _VALUE)}"
        yield from (f"  {_row(line)}" for line in group.lines)
        if group.note:
            yield f"  {cut(_line(group.note), _VALUE)}"


def _row(line: Line) -> str:
    label, value = cut(_line(line.label), _LABEL), cut(_line(line.value), _VALUE)
    if not label or not value:
        return label or value
    # Chinese takes the wide colon.
    return f"{label}{'：' if label[-1] > '⺀' else ': '}{value}"


def _button(button: Button) -> dict[str, object]:
    """A button as the template's button group takes it; a tap brings `action` back."""
    parameters = {"actionId": button.action, "params": {"action": button.action}}
    return {
        "text": cut(_line(button.label), _BUTTON),
        "color": _COLOURS[button.tone],
        "status": "normal",
        "event": {"type": "sendCardRequest", "params": parameters},
    }


def _yes(there: bool) -> str:
    """What the template compares with: a part that is not there takes no room."""
    return "yes" if there else "no"


def _line(text: str) -> str:
    """A text in one line, so that nobody's words can look like a row of the card."""
    return " ".join(text.split())
