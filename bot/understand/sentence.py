"""The sentence: what was said, and the same text folded so that both keep the same places."""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_SENTENCE = 500
"""Characters; a longer text is not a sentence to the warehouse keeper and is not read."""

_FOLDED = {"’": "'", "‘": "'", "“": '"', "”": '"', "−": "-", "–": "-", "—": "-", "～": "~", "〜": "~",
           "＊": "*", "✕": "×", "✖": "×", "、": "、", "。": "。", "\u3000": " ", "﹣": "-"}  # fmt: skip
_SPACES = re.compile(r"[^\S\n]+")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """`said` as written and `text` with width and case folded; place i of one is place i of the other."""

    said: str
    text: str


def read(written: str) -> Sentence:
    """The sentence without invisible characters, runs of blanks and stacked marks.

    Only full-width forms are folded: NFKC would turn 5² into 52.
    """
    seen = "".join(filter(_is_visible, unicodedata.normalize("NFC", written)))
    said = _SPACES.sub(" ", seen.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return Sentence(said, "".join(map(_fold, said)))


def _is_visible(character: str) -> bool:
    return character in "\n\r\t" or unicodedata.category(character) not in _INVISIBLE


def _fold(character: str) -> str:
    if character in _FOLDED:
        return _FOLDED[character]
    if "\uff01" <= character <= "\uff5e":
        character = chr(ord(character) - 0xFEE0)
    elif unicodedata.category(character) == "So":
        return " "
    lowered = character.lower()
    return lowered if len(lowered) == 1 else character


def blank(text: str, start: int, end: int) -> str:
    """The text with one place painted over by spaces, so that all other places keep their numbers."""
    return text[:start] + " " * (end - start) + text[end:]
