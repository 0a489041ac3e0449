"""Cards, texts and messages as JSON and back: for storage, the page and the console."""

from collections.abc import Mapping
from typing import Any

from bot.chat.conversation import Message
from bot.chat.platform import Button, Card, CardState, Change, Group, Line, Text, Tone


def card_to_json(card: Card) -> dict[str, Any]:
    """Every field of the card; empty ones are left out."""
    full: dict[str, Any] = {
        "id": card.id,
        "title": card.title,
        "subtitle": card.subtitle,
        "lines": [_line_to_json(line) for line in card.lines],
        "groups": [
            {"title": group.title, "lines": [_line_to_json(line) for line in group.lines], "note": group.note}
            for group in card.groups
        ],
        "buttons": [_button_to_json(button) for button in card.buttons],
        "state": card.state.value,
        "stamp": card.stamp,
        "number": card.number,
        "fallback": card.fallback,
    }
    always = {"id", "title", "lines", "buttons", "state"}
    return {name: value for name, value in full.items() if value or name in always}


def card_from_json(data: Mapping[str, Any]) -> Card:
    """The opposite of `card_to_json`. Raises KeyError or ValueError for anything else."""
    return Card(
        id=data["id"],
        title=data["title"],
        subtitle=data.get("subtitle", ""),
        lines=tuple(_line_from_json(line) for line in data["lines"]),
        groups=tuple(
            Group(group["title"], tuple(_line_from_json(line) for line in group["lines"]), group["note"])
            for group in data.get("groups", ())
        ),
        buttons=tuple(
            Button(button["action"], button["label"], Tone(button["tone"]), button.get("asks", ""))
            for button in data["buttons"]
        ),
        state=CardState(data["state"]),
        stamp=data.get("stamp", ""),
        number=data.get("number", ""),
        fallback=data.get("fallback", ""),
    )


def content_to_json(content: Text | Card) -> dict[str, Any]:
    """`{"text": …}` or `{"card": …}`."""
    if isinstance(content, Text):
        return {"text": content.text}
    return {"card": card_to_json(content)}


def content_from_json(data: Mapping[str, Any]) -> Text | Card:
    """The opposite of `content_to_json`. Raises KeyError or ValueError for anything else."""
    if "card" in data:
        return card_from_json(data["card"])
    return Text(data["text"])


def message_to_json(message: Message) -> dict[str, Any]:
    """A kept message with its place and time (RFC 3339)."""
    return {
        "sequence": message.sequence,
        "revision": message.revision,
        "key": message.key,
        "author": message.author.value,
        "at": message.at.isoformat(),
        **content_to_json(message.content),
    }


def _button_to_json(button: Button) -> dict[str, Any]:
    data = {"action": button.action, "label": button.label, "tone": button.tone.value}
    return {**data, "asks": button.asks} if button.asks else data


def _line_to_json(line: Line) -> dict[str, Any]:
    data: dict[str, Any] = {"label": line.label, "value": line.value}
    if line.change is not None:
        data["change"] = {"before": line.change.before, "after": line.change.after}
    return data


def _line_from_json(data: Mapping[str, Any]) -> Line:
    change = data.get("change")
    return Line(
        data["label"],
        data["value"],
        None if change is None else Change(change["before"], change["after"]),
    )
