"""Texts and codes as the catalogue takes them: printable, in one spelling, and bounded."""

from __future__ import annotations

import re
import unicodedata

from services.kit.errors import InvalidField
from services.kit.texts import BLANK_LETTERS, PILED_MARKS

ITEM_CODE = re.compile(r"[A-Z0-9_\-]{1,40}", re.ASCII)
WAREHOUSE_CODE = re.compile(r"[A-Z0-9_\-]{1,20}", re.ASCII)
TRACKING_CODE = re.compile(r"[A-Za-z0-9_./\-]{1,60}", re.ASCII)
DOCUMENT = re.compile(r"[A-Za-z0-9_\-]{1,64}", re.ASCII)
# LY1027, QC1: numbers that Kuguan itself gives to its documents.
OWN_DOCUMENT = re.compile(r"[A-Z]{2}[0-9]+", re.ASCII)

_BLANKS = re.compile(r"\s+")
_SHOWN = 40


def shown(text: str) -> str:
    """The beginning of a text somebody sent, short enough to be told back."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def tidy(text: str, maximum: int) -> str:
    """The nearest text that ``plain_text`` takes: blanks joined, what hides dropped, the end cut off."""
    if not text:
        return text
    plain = text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text))
    if plain and len(text) <= maximum and "  " not in text and not _hides(text):
        return text.strip()
    spaced = _BLANKS.sub(" ", unicodedata.normalize("NFC", text[: 4 * maximum]))
    visible = "".join(character for character in spaced if character.isprintable())
    return BLANK_LETTERS.sub("", PILED_MARKS.sub("", visible)).strip()[:maximum].strip()


def _hides(text: str) -> bool:
    return not text.isascii() and bool(PILED_MARKS.search(text) or BLANK_LETTERS.search(text))


def item_code(text: str, field: str = "item") -> str:
    """The text if it can be an item's code; raises InvalidField."""
    return _matching(ITEM_CODE, text, field, '1 to 40 of A-Z, 0-9, "-" and "_"')


def warehouse_code(text: str, field: str = "warehouse") -> str:
    """The text if it can be a warehouse's code; raises InvalidField."""
    return _matching(WAREHOUSE_CODE, text, field, '1 to 20 of A-Z, 0-9, "-" and "_"')


def document_name(text: str, field: str = "document") -> str:
    """The text if it can name a document; raises InvalidField."""
    return _matching(DOCUMENT, text, field, '1 to 64 letters, digits, "-" and "_"')


def tracking_code(text: str, field: str) -> str:
    """The text if it can be a lot's code or a serial number; raises InvalidField."""
    return _matching(TRACKING_CODE, text, field, '1 to 60 letters, digits, "-", "_", "." and "/"')


def _matching(pattern: re.Pattern[str], text: str, field: str, rule: str) -> str:
    if not pattern.fullmatch(text):
        raise InvalidField(field, f"{rule} are needed, not {shown(text)!r}" if text else f"{rule} are needed")
    return text
