"""Reads and writes the small XML of WeCom callbacks; nothing is ever expanded, declared or fetched.

The outer envelope is read before anybody has proved who sent it. A document type declaration ends reading at
once, so that there are no entities to expand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from xml.parsers import expat
from xml.sax.saxutils import escape

MOST_ELEMENTS: Final = 200
DEEPEST: Final = 8
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Tree: TypeAlias = "str | int | Sequence[Tree] | Mapping[str, Tree]"


class Unreadable(Exception):
    """Bytes that are no XML of a callback."""


@dataclass
class Element:
    """One element: its text and its children."""

    tag: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def child(self, tag: str) -> "Element":
        """The first child with a tag; an empty one where there is none."""
        return next((child for child in self.children if child.tag == tag), Element(tag))

    def get(self, tag: str) -> str:
        """The text of a child, empty where there is none."""
        return self.child(tag).text.strip()

    def all(self, tag: str) -> list["Element"]:
        """Every child with a tag."""
        return [child for child in self.children if child.tag == tag]


def read(data: bytes) -> Element:
    """The document as a tree; raises Unreadable."""
    reader = _Reader()
    # UTF-8 whatever the document says of itself: other encodings hide what stands in it.
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.EntityDeclHandler = reader.refuse
    parser.ProcessingInstructionHandler = reader.refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise Unreadable("not XML") from None
    if reader.root is None:
        raise Unreadable("no element")
    return reader.root


def write(tag: str, tree: Tree) -> str:
    """A tree as XML: a mapping becomes children, a sequence repeats the element."""
    if isinstance(tree, Mapping):
        inside = "".join(write(name, child) for name, child in tree.items())
        return f"<{tag}>{inside}</{tag}>"
    if isinstance(tree, str):
        return f"<{tag}>{escape(_NOT_IN_XML.sub('', tree))}</{tag}>"
    if isinstance(tree, int):
        return f"<{tag}>{tree}</{tag}>"
    return "".join(write(tag, child) for child in tree)


class _Reader:
    """Builds the tree within bounds."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise Unreadable("too many elements")
        element = Element(tag)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def end(self, tag: str) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data

    def refuse(self, *details: object) -> None:
        raise Unreadable("declarations are not taken")
