"""One rule for what people write: composed, trimmed, bounded, and without anything that hides or reorders."""

from __future__ import annotations

import re
import unicodedata

from services.kit.errors import InvalidField

PILED_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]{4,}")
"""So many combining marks on one character that they cover what stands around."""

BLANK_LETTERS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2800\u3164\uffa0]")
"""Characters that count as letters, marks or symbols and show nothing."""

_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_PICTURES = "\u2600-\u27bf\U0001f000-\U0001faff"
# The only use of an invisible character that people mean: it makes one picture of several.
_JOINED_PICTURES = re.compile(f"(?<=[{_PICTURES}\ufe0f])\u200d(?=[{_PICTURES}])")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def plain_text(text: str, field: str, maximum: int, *, required: bool = False, lines: bool = False) -> str:
    """The text without blanks around it, in Unicode's composed spelling; ``lines`` allows line breaks.

    Raises InvalidField for control, zero-width and direction characters, letters that show nothing, piles of
    combining marks, more than ``maximum`` characters, or no letter and no digit where something is required.
    """
    if not text and not required:
        return text
    if len(text) > 4 * maximum:
        raise InvalidField(field, f"at most {maximum} characters")
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", _BLANKS.sub(" ", text)).strip()
        if PILED_MARKS.search(text):
            raise InvalidField(field, "too many combining marks on one character")
        if BLANK_LETTERS.search(text):
            raise InvalidField(field, "characters that show nothing are not allowed")
    if not text.isprintable() and any(map(_is_refused, _shown(text, lines))):
        raise InvalidField(field, "control, invisible and line break characters are not allowed")
    if len(text) > maximum:
        raise InvalidField(field, f"at most {maximum} characters")
    if required and not any(map(str.isalnum, text)):
        raise InvalidField(field, "must contain a letter or digit")
    return text


def _shown(text: str, lines: bool) -> str:
    text = _JOINED_PICTURES.sub("", text)
    return text.replace("\n", "") if lines else text


def _is_refused(character: str) -> bool:
    # Pictures newer than this Python's tables are unassigned, and people write them.
    return unicodedata.category(character) in _REFUSED or (
        unicodedata.category(character) == "Cn" and ord(character) & 0xFFFE == 0xFFFE
    )
