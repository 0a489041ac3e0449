"""A drawing of a card as a small tree: written as HTML for the eye, as plain lines for comparing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

_BLOCK: Final = "div"
_INLINE: Final = "span"
_BETWEEN: Final = "  "


@dataclass(frozen=True, slots=True)
class Node:
    """One element. `before` and `after` stand around its words in plain lines only, such as the brackets of
    a button."""

    tag: str
    classes: str
    children: tuple[Node | str, ...]
    style: str = ""
    before: str = ""
    after: str = ""


def block(classes: str, *children: Node | str, style: str = "", before: str = "") -> Node:
    """Something with lines of its own."""
    return Node(_BLOCK, classes, children, style, before)


def inline(classes: str, *children: Node | str, style: str = "") -> Node:
    """Words within a line."""
    return Node(_INLINE, classes, children, style)


def bold(words: str) -> Node:
    """Words that stand out."""
    return Node("b", "", (words,), before="*", after="*")


def button(classes: str, label: str, is_dead: bool = False) -> Node:
    """A button that cannot be tapped here; its classes tell its look in plain lines too."""
    open_sign, close_sign = ("(", ")") if is_dead else ("[", "]")
    look = f" · {classes}" if classes else ""
    return Node(_INLINE, f"button {classes}", (label,), before=open_sign, after=look + close_sign)


def field(placeholder: str) -> Node:
    """A line to write in."""
    return Node(_INLINE, "field", (placeholder,), before="____ ")


def html_of(node: Node | str) -> str:
    """The drawing as HTML; words are words, whatever signs they hold."""
    if isinstance(node, str):
        return escape(node)
    style = f' style="{escape(node.style)}"' if node.style else ""
    classes = f' class="{escape(node.classes.strip())}"' if node.classes.strip() else ""
    inside = "".join(map(html_of, node.children))
    return f"<{node.tag}{classes}{style}>{inside}</{node.tag}>"


def text_of(node: Node) -> str:
    """The drawing as plain lines, from the top."""
    return "\n".join(_lines(node))


def _lines(node: Node) -> Iterator[str]:
    before, beside = node.before, []
    for child in node.children:
        if isinstance(child, str) or child.tag != _BLOCK:
            beside.append(_words(child))
            continue
        for line in (*_joined(beside), *_lines(child)):
            yield before + line
            before = ""
        beside = []
    for line in _joined(beside):
        yield before + line
        before = ""


def _joined(parts: list[str]) -> list[str]:
    return [line.rstrip() for line in _BETWEEN.join(part for part in parts if part).splitlines()]


def _words(node: Node | str) -> str:
    if isinstance(node, str):
        return node
    return node.before + "".join(map(_words, node.children)) + node.after
