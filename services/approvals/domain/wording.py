"""Texts and names that people give: what they may contain, so that none can break a page, a card or a log."""

from __future__ import annotations

import re
import unicodedata

from services.kit.errors import InvalidField, NoSuch

PERSON_ID = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
RULE_NAME = re.compile(r"[a-z0-9-]{1,60}", re.ASCII)
KIND = re.compile(r"[a-z_]{1,40}", re.ASCII)
PLATFORM = re.compile(r"[a-z0-9_-]{1,30}", re.ASCII)

MAXIMUM_LOOKED_UP = 100

# Controls, surrogates, private use and marks that reorder or hide text have no place in a name.
_REFUSED = {"Cc", "Cs", "Co", "Zl", "Zp"}
_HIDDEN = set("\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")


def plain_text(value: str, field: str, maximum: int, *, required: bool = False, lines: bool = False) -> str:
    """The text without surrounding blanks; ``lines`` allows line breaks.

    Raises InvalidField if it is too long, missing though required, or holds characters that hide or reorder.
    """
    if len(value) > maximum + 100:
        raise InvalidField(field, f"at most {maximum} characters")
    text = unicodedata.normalize("NFC", value).strip()
    if required and not text:
        raise InvalidField(field, "is needed")
    if len(text) > maximum:
        raise InvalidField(field, f"at most {maximum} characters")
    for character in text:
        control = unicodedata.category(character) in _REFUSED and not (lines and character == "\n")
        if control or character in _HIDDEN:
            raise InvalidField(field, "contains a character that is not allowed")
    return text


def opaque_key(value: str, field: str, maximum: int, *, required: bool = True) -> str:
    """A key that another system made, kept exactly as it is; raises InvalidField."""
    if required and not value:
        raise InvalidField(field, "is needed")
    if len(value) > maximum or any(unicodedata.category(character) in _REFUSED for character in value):
        raise InvalidField(field, f"at most {maximum} characters, none of them a control character")
    return value


def looked_up(value: str, thing: str) -> str:
    """A name to look something up by; raises NoSuch for what can be no name of ours.

    Texts with control characters never reach a database: one of the two takes no NUL.
    """
    if not value or len(value) > MAXIMUM_LOOKED_UP or not value.isprintable():
        raise NoSuch(thing, value[:60])
    return value


def named(value: str, field: str, pattern: re.Pattern[str]) -> str:
    """A name of ours that fits its pattern; raises InvalidField."""
    if not pattern.fullmatch(value):
        raise InvalidField(field, f"must be {pattern.pattern}")
    return value
