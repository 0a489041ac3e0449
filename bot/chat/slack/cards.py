"""What is shown on Slack: neutral cards as Block Kit, words without markup, everything within its limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.chat.fitting import card_text, cut
from bot.chat.platform import Button, Card, CardState, Group, Line, Tone

Block = dict[str, Any]

HEADER_LIMIT: Final = 150
SECTION_LIMIT: Final = 3000
FIELD_LIMIT: Final = 2000
FIELDS_LIMIT: Final = 10
BUTTONS_LIMIT: Final = 25
BUTTON_LIMIT: Final = 75
ASKS_LIMIT: Final = 150
"""Characters of what a button asks for, which its value keeps until the window opens."""
BLOCKS_LIMIT: Final = 50
TEXT_LIMIT: Final = 12_000
"""Characters of one message; Slack cuts off what is beyond 40,000, escapes included."""
BESIDE_LIMIT: Final = 4000
"""Characters of the plain words beside the blocks."""
WORDS_LIMIT: Final = 12_000
"""Characters of all words on a card: ours, because the limit of Slack for it is not published."""
REASON_LIMIT: Final = 500

TAP: Final = "tap:"
"""Before the action in the id of a button; ASK where the button asks for words first."""
ASK: Final = "ask:"
SAY: Final = "say:"
"""Before the shortcut in the id of a button of the home tab."""
REASON: Final = "reason"

_ROWS: Final = FIELDS_LIMIT // 2
_EMPTY: Final = "–"
_STATES: Final[Mapping[CardState, str]] = {
    CardState.OPEN: "🔹",
    CardState.PROCESSING: "⏳",
    CardState.DONE: "✅",
    CardState.REFUSED: "❌",
    CardState.CLOSED: "⚪",
}
_TONES: Final[Mapping[Tone, str]] = {Tone.PRIMARY: "primary", Tone.DANGER: "danger"}
_MARKUP: Final = re.compile(r"[*_~`\n]")


@dataclass(frozen=True)
class Drawn:
    """A card as Slack shows it. `text` is all of it in plain words, for notifications and for those who
    listen to a screen; `fits` is false where the blocks had to leave something out."""

    blocks: list[Block]
    text: str
    fits: bool


def draw(card: Card) -> Drawn:
    """Any card within the limits; what does not fit is shortened at a word."""
    pen = _Pen()
    head = [_header(pen.write(card.title, HEADER_LIMIT))]
    if card.subtitle.strip():
        head.append(_section(pen.write(card.subtitle, SECTION_LIMIT)))
    foot: list[Block] = []
    if card.stamp.strip():
        foot.append(_section(f"{_STATES[card.state]} {pen.write(card.stamp, SECTION_LIMIT - 2)}"))
    foot += _buttons(card)
    if card.fallback.strip():
        foot.append(_context(pen.write(card.fallback, FIELD_LIMIT)))
    room = BLOCKS_LIMIT - len(head) - len(foot)
    body: list[Block] = []
    for block in _body(card, pen):
        if len(body) == room or pen.is_empty:
            pen.has_cut = True
            break
        body.append(block)
    return Drawn([*head, *body, *foot], escape(cut(card_text(card), BESIDE_LIMIT)) or _EMPTY, not pen.has_cut)


def pieces(text: str) -> list[str]:
    """A text in messages of at most TEXT_LIMIT characters, parted at lines where possible; never empty."""
    parts: list[str] = []
    rest = text
    while len(rest) > TEXT_LIMIT:
        end = rest.rfind("\n", TEXT_LIMIT // 2, TEXT_LIMIT)
        end = TEXT_LIMIT if end < 0 else end
        parts.append(rest[:end])
        rest = rest[end:].lstrip("\n")
    return [part for part in [*parts, rest] if part.strip()] or [_EMPTY]


def escape(text: str) -> str:
    """Plain words for a field that reads markup: nobody is called and nothing is linked by them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def home(words: Mapping[str, str]) -> dict[str, Any]:
    """The home tab: the five shortcuts, each with an example of what can be said."""
    blocks: list[Block] = [_header(words["help.title"])]
    for name in SHORTCUTS:
        section = _section(words[f"help.{name}_example"])
        section["accessory"] = _button(f"{SAY}{name}", words[f"help.{name}"], name, Tone.NEUTRAL)
        blocks.append(section)
    return {"type": "home", "blocks": [*blocks, _context(words["check.slack.home.answers"])]}


SHORTCUTS: Final[Sequence[str]] = ("stock", "issue", "return", "approvals", "orders")


def question(label: str, asks: str, metadata: str) -> dict[str, Any]:
    """A window that asks for the words that go with a tap; leaving them out is allowed."""
    answer = {
        "type": "plain_text_input",
        "action_id": REASON,
        "multiline": True,
        "max_length": REASON_LIMIT,
    }
    return {
        "type": "modal",
        "callback_id": REASON,
        "private_metadata": metadata,
        "title": _plain(cut(label, 24)),
        "submit": _plain(cut(label, 24)),
        "blocks": [
            {
                "type": "input",
                "block_id": REASON,
                "optional": True,
                "label": _plain(cut(asks, FIELD_LIMIT)),
                "element": answer,
            }
        ],
    }


class _Pen:
    """Writes words within a limit for each place and one for all, and knows whether it had to cut."""

    def __init__(self) -> None:
        self.has_cut = False
        self._room = WORDS_LIMIT

    @property
    def is_empty(self) -> bool:
        return self._room <= 0

    def write(self, text: str, limit: int) -> str:
        """The text as it may stand there, never empty."""
        shortened = cut(text.strip() or _EMPTY, max(1, min(limit, self._room)))
        self.has_cut |= shortened != (text.strip() or _EMPTY)
        self._room -= len(shortened)
        return shortened


def _body(card: Card, pen: _Pen) -> Iterator[Block]:
    yield from _rows(card.lines, pen)
    for group in card.groups:
        yield from _group(group, pen)


def _group(group: Group, pen: _Pen) -> Iterator[Block]:
    yield {"type": "section", "text": _bold(pen, group.title, SECTION_LIMIT)}
    yield from _rows(group.lines, pen)
    if group.note.strip():
        yield _context(pen.write(group.note, FIELD_LIMIT))


def _rows(lines: Sequence[Line], pen: _Pen) -> Iterator[Block]:
    """Rows of label and value side by side."""
    for start in range(0, len(lines), _ROWS):
        fields: list[Block] = []
        for line in lines[start : start + _ROWS]:
            fields += [_bold(pen, line.label, FIELD_LIMIT), _plain(pen.write(line.value, FIELD_LIMIT))]
        yield {"type": "section", "fields": fields}


def _buttons(card: Card) -> Iterator[Block]:
    for start in range(0, len(card.buttons), BUTTONS_LIMIT):
        elements = [_card_button(card, button) for button in card.buttons[start : start + BUTTONS_LIMIT]]
        yield {"type": "actions", "elements": elements}


def _card_button(card: Card, button: Button) -> Block:
    """The value names the card and what is asked for, and nothing that would have to be believed."""
    action = f"{ASK if button.asks else TAP}{button.action}"
    value = f"{card.id} {cut(button.asks, ASKS_LIMIT)}".strip()
    return _button(action, cut(button.label, BUTTON_LIMIT), value, button.tone)


def _button(action: str, label: str, value: str, tone: Tone) -> Block:
    button: Block = {"type": "button", "action_id": action, "text": _plain(label), "value": value}
    if tone in _TONES:
        button["style"] = _TONES[tone]
    return button


def _header(text: str) -> Block:
    # A heading is one line.
    return {"type": "header", "text": _plain(" ".join(text.split()))}


def _section(text: str) -> Block:
    return {"type": "section", "text": _plain(text)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_plain(text)]}


def _plain(text: str) -> Block:
    """Words as they are: no markup, and ":name:" is no picture. Slack takes no empty ones."""
    return {"type": "plain_text", "text": text if text.strip() else _EMPTY, "emoji": False}


def _bold(pen: _Pen, text: str, limit: int) -> Block:
    """Words in bold, unless they hold signs that bold words cannot."""
    # Escaping makes up to five characters of one, and two asterisks are added.
    written = pen.write(text, limit // 5 - 2)
    if _MARKUP.search(written):
        return _plain(written)
    return {"type": "mrkdwn", "text": f"*{escape(written)}*", "verbatim": True}
