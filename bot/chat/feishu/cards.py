"""Draws a neutral card as a Feishu card (JSON 2.0), within the product's limits.

All words are plain text elements: what people wrote is never read as markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.chat.fitting import ELLIPSIS, cut, width
from bot.chat.http import TAP_TEXT_LIMIT
from bot.chat.platform import Button, Card, CardState, Line, Tone

ELEMENTS_LIMIT: Final = 200
"""Elements of a card; each object with a tag counts, texts too."""
BYTES_LIMIT: Final = 26_000
"""Bytes of the card as the string inside a request, of 30 KB that the product counts by its own rules."""
TITLE_LIMIT: Final = 120
ROWS_LIMIT: Final = 80
_BUTTON_LIMIT: Final = 40
_PLACEHOLDER_LIMIT: Final = 100
_LABEL_WIDTH: Final = 16
_LABEL_WORD: Final = 12
_LIST_LABEL: Final = 10
"""Widths of a label and of its longest word up to which its value stands beside it: two lines at most. Where
all labels are wider than _LIST_LABEL, as in lists, every value stands below."""
_SIDE_BY_SIDE: Final = 16
"""Width of a button's label up to which a few buttons stand in one row."""

_COLOURS: Final = {
    CardState.OPEN: "blue",
    CardState.PROCESSING: "wathet",
    CardState.DONE: "green",
    CardState.REFUSED: "red",
    CardState.CLOSED: "grey",
}
_TONES: Final = {Tone.PRIMARY: "primary_filled", Tone.NEUTRAL: "default", Tone.DANGER: "danger"}

Element = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the card's body: label and value beside or below each other, or a heading, or a note."""

    kind: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class _Room:
    """How much a drawing may show."""

    label: int
    value: int
    rows: int
    columns: bool


_ROOMS: Final = (
    _Room(40, 600, ROWS_LIMIT, columns=True),
    _Room(40, 600, ROWS_LIMIT, columns=False),
    _Room(40, 160, ROWS_LIMIT, columns=False),
    _Room(30, 60, ROWS_LIMIT, columns=False),
    _Room(20, 40, 40, columns=False),
)


def render(card: Card) -> dict[str, Any]:
    """The card's JSON: as roomy as fits, at worst shortened at words and without its last rows."""
    card = _shortened(card)
    rows = _rows(card)
    for room in _ROOMS:
        drawn = _draw(card, rows, room)
        if _fits(drawn):
            return drawn
    return _draw(replace(card, buttons=card.buttons[:12]), rows, replace(_ROOMS[-1], rows=10))


def weight(drawn: Mapping[str, Any]) -> tuple[int, int]:
    """Elements, and bytes as a string inside a request."""
    text = json.dumps(json.dumps(drawn, ensure_ascii=False), ensure_ascii=False)
    return _tags(drawn), len(text.encode())


def _fits(drawn: Mapping[str, Any]) -> bool:
    elements, size = weight(drawn)
    return elements <= ELEMENTS_LIMIT and size <= BYTES_LIMIT


def _tags(value: Any) -> int:
    if isinstance(value, Mapping):
        return ("tag" in value) + sum(_tags(part) for part in value.values())
    if isinstance(value, list):
        return sum(_tags(part) for part in value)
    return 0


def _shortened(card: Card) -> Card:
    """The card with its single texts cut to what a person reads."""
    return replace(
        card,
        title=cut(_said(card.title), TITLE_LIMIT) or "—",
        subtitle=cut(_said(card.subtitle), TITLE_LIMIT),
        stamp=cut(_said(card.stamp), 200),
        fallback=cut(_said(card.fallback), 400),
    )


def _rows(card: Card) -> Sequence[_Row]:
    rows = _pairs(card.lines)
    for group in card.groups:
        rows.append(_Row("heading", _said(group.title)))
        rows += _pairs(group.lines)
        if group.note.strip():
            rows.append(_Row("note", _said(group.note)))
    return [row for row in rows if row.label or row.value]


def _pairs(lines: Sequence[Line]) -> list[_Row]:
    kind = "list" if all(width(line.label) > _LIST_LABEL for line in lines) else "pair"
    return [_Row(kind, _said(line.label), _said(line.value)) for line in lines]


def _said(text: str) -> str:
    """The text without what no client draws; lone surrogates would not even travel."""
    return (
        "".join(sign for sign in text if sign >= " " or sign == "\n").encode(errors="ignore").decode().strip()
    )


# ---------------------------------------------------------------- drawing


def _draw(card: Card, rows: Sequence[_Row], room: _Room) -> dict[str, Any]:
    elements = [element for row in rows[: room.rows] for element in _row(row, room)]
    if len(rows) > room.rows:
        elements.append(_words(f"{ELLIPSIS} +{len(rows) - room.rows}", size="notation", colour="grey"))
    elements += _buttons(card)
    if card.stamp:
        colour = {CardState.DONE: "green", CardState.REFUSED: "red"}.get(card.state, "grey")
        elements.append(_words(card.stamp, colour=colour))
    if card.fallback:
        elements.append(_words(card.fallback, size="notation", colour="grey"))
    header = {"title": _plain(card.title), "template": _COLOURS[card.state]}
    if card.subtitle:
        header["subtitle"] = _plain(card.subtitle)
    return {
        "schema": "2.0",
        # A forwarded copy would never change again; the card is for whom it was sent to.
        "config": {"update_multi": True, "enable_forward": False, "summary": {"content": card.title}},
        "header": header,
        "body": {"elements": elements or [_words(card.title)]},
    }


def _row(row: _Row, room: _Room) -> list[Element]:
    """A row; on a phone a long label beside its value would be a column of syllables, so it stands above."""
    label, value = cut(row.label, room.label), cut(row.value, room.value)
    if row.kind == "heading":
        return [_words(cut(row.label, room.value), size="heading")]
    if row.kind == "note":
        return [_words(cut(row.label, room.value), size="notation", colour="grey")]
    if not label or not value:
        return [_words(label or value)]
    if not room.columns:
        return [_words(f"{label}: {value}")]
    named = _words(label, colour="grey")
    is_short = row.kind == "pair" and width(label) <= _LABEL_WIDTH
    if is_short and max(map(width, label.split())) <= _LABEL_WORD:
        return [_columns([(1, [named]), (2, [_words(value)])])]
    return [_columns([(1, [named, _words(value)])])]


def _columns(parts: Sequence[tuple[int, list[Element]]]) -> Element:
    """Elements beside each other; a weight of 0 leaves a column as wide as what stands in it."""
    columns: list[Element] = []
    for share, elements in parts:
        wide = {"width": "weighted", "weight": share} if share else {"width": "auto"}
        columns.append({"tag": "column", **wide, "vertical_spacing": "2px", "elements": elements})
    return {"tag": "column_set", "horizontal_spacing": "8px", "columns": columns}


def _words(text: str, size: str = "normal", colour: str = "default") -> Element:
    return {"tag": "div", "text": {**_plain(text), "text_size": size, "text_color": colour}}


def _plain(text: str) -> Element:
    return {"tag": "plain_text", "content": text}


def _buttons(card: Card) -> list[Element]:
    """Buttons side by side where they are few and short; one that asks for words has its field above it."""
    simple = [_button(card, button) for button in card.buttons if not button.asks]
    in_a_row = 1 < len(simple) <= 3 and all(
        width(button.label) <= _SIDE_BY_SIDE for button in card.buttons if not button.asks
    )
    if not in_a_row and len(simple) > 1:
        simple = [{**button, "width": "fill"} for button in simple]
    elements = [_columns([(0, [button]) for button in simple])] if in_a_row else simple
    return elements + [_form(card, button) for button in card.buttons if button.asks]


def _button(card: Card, button: Button) -> Element:
    return {
        "tag": "button",
        "text": _plain(cut(_said(button.label), _BUTTON_LIMIT) or "—"),
        "type": _TONES[button.tone],
        "width": "default" if width(button.label) <= _SIDE_BY_SIDE else "fill",
        "behaviors": [{"type": "callback", "value": {"card": card.id, "action": button.action}}],
    }


def _form(card: Card, button: Button) -> Element:
    submit = {**_button(card, button), "name": f"button_{button.action}", "form_action_type": "submit"}
    field = {
        "tag": "input",
        "name": f"reason_{button.action}",
        "placeholder": _plain(cut(_said(button.asks), _PLACEHOLDER_LIMIT)),
        "max_length": TAP_TEXT_LIMIT,
        "width": "fill",
    }
    beside = width(button.label) <= _SIDE_BY_SIDE
    arranged = _columns([(1, [field]), (0, [submit])]) if beside else _columns([(1, [field, submit])])
    return {"tag": "form", "name": f"form_{button.action}", "elements": [arranged]}
