"""Slack: Block Kit in the look of its mobile client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bot.chat.fitting import card_text
from bot.chat.platform import Card
from bot.chat.slack.cards import Block, draw, escape, pieces
from deploy.previews.look import Look, Message, is_replacement
from deploy.previews.markup import Node, block, bold, button, inline


def _messages(card: Card) -> Sequence[Message]:
    drawn = draw(card)
    sent: list[Message] = [{"blocks": drawn.blocks, "text": drawn.text}]
    if not drawn.fits and not is_replacement(card):
        sent += [{"text": escape(part)} for part in pieces(card_text(card))]
    return sent


def _draw(message: Message) -> Node:
    if "blocks" not in message:
        return block("bubble", _read(message["text"]))
    return block("card", *[_DRAWINGS[one["type"]](one) for one in message["blocks"]])


def _header(one: Block) -> Node:
    return block("header", _text(one["text"]), before="# ")


def _section(one: Block) -> Node:
    if "fields" not in one:
        return block("section", _text(one["text"]))
    cells = [inline("cell", _text(cell)) for cell in one["fields"]]
    pairs = zip(cells[::2], cells[1::2], strict=True)
    return block("section", *[block("row", label, value) for label, value in pairs])


def _context(one: Block) -> Node:
    return block("context", *[_text(part) for part in one["elements"]], before="· ")


def _actions(one: Block) -> Node:
    return block(
        "actions", *[button(part.get("style", ""), part["text"]["text"]) for part in one["elements"]]
    )


def _text(text: Mapping[str, Any]) -> Node | str:
    """Words; the only markup that channels send is bold for all of them."""
    words = str(text["text"])
    if text["type"] == "plain_text":
        return words
    assert words == f"*{words[1:-1]}*", words
    return bold(_read(words[1:-1]))


def _read(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


_DRAWINGS: Final[Mapping[str, Callable[[Block], Node]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
}

LOOK: Final = Look("slack", _messages, _draw)
