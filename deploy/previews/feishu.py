"""Feishu: cards of JSON 2.0 in the look of its mobile client."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bot.chat.feishu.cards import render
from bot.chat.platform import Card
from deploy.previews.look import Look, Message
from deploy.previews.markup import Node, block, button, field, inline


def _messages(card: Card) -> Sequence[Message]:
    return [render(card)]


def _draw(message: Message) -> Node:
    header = message["header"]
    titles = [block("title", header["title"]["content"], before=f"({header['template']}) ")]
    if "subtitle" in header:
        titles.append(block("subtitle", header["subtitle"]["content"]))
    body = [_element(one) for one in message["body"]["elements"]]
    return block("card", block(f"header {header['template']}", *titles), block("body", *body))


def _element(element: Mapping[str, Any]) -> Node:
    return _DRAWINGS[element["tag"]](element)


def _words(element: Mapping[str, Any]) -> Node:
    text = element["text"]
    look = f"words {text['text_size']}" + (
        f" ink-{text['text_color']}" if text["text_color"] != "default" else ""
    )
    return Node("div", look, (text["content"],))


def _columns(element: Mapping[str, Any]) -> Node:
    parts = []
    for column in element["columns"]:
        share = (
            f"flex: {column['weight']} 1 0; min-width: 0" if column["width"] == "weighted" else "flex: none"
        )
        inside = [_element(one) for one in column["elements"]]
        # What stands in a column stands on the line of its neighbours in plain lines.
        parts.append(inline("column", *[Node("span", *_flat(one)) for one in inside], style=share))
    return block("columns", *parts)


def _flat(node: Node) -> tuple[str, tuple[Node | str, ...], str, str, str]:
    return node.classes, node.children, f"display: block; {node.style}", node.before, node.after


def _button(element: Mapping[str, Any]) -> Node:
    kind = "" if element["type"] == "default" else element["type"]
    drawn = button(kind, element["text"]["content"])
    return Node("span", f"{drawn.classes} {element['width']}", drawn.children, "", drawn.before, drawn.after)


def _form(element: Mapping[str, Any]) -> Node:
    return block("form", *[_element(one) for one in element["elements"]])


def _field(element: Mapping[str, Any]) -> Node:
    return field(element["placeholder"]["content"])


_DRAWINGS: Final[Mapping[str, Callable[[Mapping[str, Any]], Node]]] = {
    "div": _words,
    "column_set": _columns,
    "button": _button,
    "form": _form,
    "input": _field,
}

LOOK: Final = Look("feishu", _messages, _draw)
