"""Spelling: the one form in which two writings of the same word become equal."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
"""Character ranges of Chinese characters, to be used inside a regular expression's brackets."""

_TOKEN = re.compile(rf"(?P<han>[{HAN}])|[^\W_{HAN}]+")
_RUN = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
_HAN_CHARACTER = re.compile(f"[{HAN}]")

_IRREGULAR_PLURALS = {
    "mice": "mouse",
    "knives": "knife",
    "shelves": "shelf",
    "scarves": "scarf",
    "leaves": "leaf",
    "loaves": "loaf",
    "feet": "foot",
    "geese": "goose",
    "men": "man",
    "women": "woman",
    "children": "child",
    "batteries": "battery",
    "tomatoes": "tomato",
    "potatoes": "potato",
    "glasses": "glass",
    "axes": "axe",
    "shoes": "shoe",
}


class Token(NamedTuple):
    """A Latin word or number, or one Chinese character, and where it stands in the text."""

    word: str
    start: int
    end: int


def fold(text: str) -> str:
    """Width and case folded (NFKC, case folding); the length may change."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()


def has_han(text: str) -> bool:
    """Whether the text holds a Chinese character."""
    return not text.isascii() and _HAN_CHARACTER.search(text) is not None


def is_han(character: str) -> bool:
    """Whether this one character is Chinese."""
    return character >= "\u3400" and (
        "\u4e00" <= character <= "\u9fff" or _HAN_CHARACTER.match(character) is not None
    )


@lru_cache(maxsize=65_536)
def singular(word: str) -> str:
    """An English plural brought to its singular; both sides of a comparison pass through here.

    Only words of plain letters are touched: the S of an item code belongs to the code.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def runs(text: str) -> list[str]:
    """The folded text as Latin words (singular) and unbroken rows of Chinese characters."""
    return [singular(run) for run in _RUN.findall(fold(text))]


def as_written(text: str) -> str:
    """The text without width, case, blanks and punctuation; an s at the end may be an initial: nljls."""
    return "".join(_RUN.findall(fold(text)))


def compact(text: str) -> str:
    """The text without width, case, blanks, punctuation and English plurals.

    >>> compact("Ａ４ Copy-Papers!")
    'a4copypaper'
    """
    return "".join(runs(text))


def tokens(text: str) -> Iterator[Token]:
    """Words and characters with their places; the places count in the text as given.

    The text is folded character by character, so it should hold no character that grows when folded.
    """
    lowered = text.lower()
    folded = lowered if len(lowered) == len(text) else text
    for found in _TOKEN.finditer(folded):
        word = found.group()
        yield Token(word if found.group("han") else singular(word), found.start(), found.end())
