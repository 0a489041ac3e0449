"""Names and keys that people give: what they may contain, so that none can break a page, a card or a log."""

from __future__ import annotations

import re
import unicodedata

from services.kit.errors import InvalidField, NoSuch

PERSON_ID = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
RULE_NAME = re.compile(r"[a-z0-9-]{1,60}", re.ASCII)
PLATFORM = re.compile(r"[a-z0-9_-]{1,30}", re.ASCII)

MAXIMUM_LOOKED_UP = 100

# Controls, surrogates, private use and line separators have no place in a key that is kept as it is.
_REFUSED = {"Cc", "Cs", "Co", "Zl", "Zp"}


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
