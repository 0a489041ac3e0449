"""Texts and codes as the catalogue takes them: printable, in one spelling, and bounded."""

from __future__ import annotations

import re
import unicodedata

from services.kit.errors import InvalidField

ITEM_CODE = re.compile(r"[A-Z0-9_\-]{1,40}", re.ASCII)
WAREHOUSE_CODE = re.compile(r"[A-Z0-9_\-]{1,20}", re.ASCII)
TRACKING_CODE = re.compile(r"[A-Za-z0-9_./\-]{1,60}", re.ASCII)
DOCUMENT = re.compile(r"[A-Za-z0-9_\-]{1,64}", re.ASCII)
# LY1027, QC1: numbers that Kuguan itself gives to its documents.
OWN_DOCUMENT = re.compile(r"[A-Z]{2}[0-9]+", re.ASCII)

_BLANKS = re.compile(r"\s+")
_PILED_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]{4,}")
_SHOWN = 40


def shown(text: str) -> str:
    """The beginning of a text somebody sent, short enough to be told back."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def clean(text: str, field: str, maximum: int, *, required: bool = False) -> str:
    """The text without blanks around it, in Unicode's composed spelling.

    Raises InvalidField for control, zero-width and direction characters, line breaks, piles of combining
    marks, more than ``maximum`` characters, or nothing at all where something is required.
    """
    if not text and not required:
        return text
    if len(text) > 4 * maximum:
        raise InvalidField(field, f"at most {maximum} characters")
    text = text.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.replace("\u3000", " "))
        if _PILED_MARKS.search(text):
            raise InvalidField(field, "too many combining marks on one character")
    if not text.isprintable():
        raise InvalidField(field, "control, invisible and line break characters are not allowed")
    if len(text) > maximum:
        raise InvalidField(field, f"at most {maximum} characters")
    if required and not any(map(str.isalnum, text)):
        raise InvalidField(field, "must contain a letter or digit")
    return text


def tidy(text: str, maximum: int) -> str:
    """The nearest text that ``clean`` takes: blanks joined, invisible characters dropped, the end cut off."""
    plain = text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text))
    if plain and len(text) <= maximum and "  " not in text and not _PILED_MARKS.search(text):
        return text.strip()
    spaced = _BLANKS.sub(" ", unicodedata.normalize("NFC", text[: 4 * maximum]))
    visible = "".join(character for character in spaced if character.isprintable())
    return _PILED_MARKS.sub("", visible).strip()[:maximum].strip()


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
