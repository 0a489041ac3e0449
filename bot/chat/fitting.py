"""Makes text fit a product's limits, and a card readable where there are no cards."""

import re
import unicodedata
from typing import Final

from bot.chat.platform import Card

ELLIPSIS: Final = "…"
_BREAK = re.compile(r"[\s,.;:!?，。；：！？、·()（）]")
_LOOK_BACK = 16
_JOINER: Final = "\u200d"
_JOINED: Final = frozenset("\u200d\ufe0e\ufe0f\u20e3" + "".join(map(chr, range(0x1F3FB, 0x1F400))))
"""What is drawn as part of the sign before it: joiners, styles, skin tones."""


def cut(text: str, characters: int) -> str:
    """The text in at most so many characters; what is cut ends at a word where one ends near, with "…"."""
    return text if len(text) <= characters else _shorten(text, characters - len(ELLIPSIS)) + ELLIPSIS


def width(text: str) -> int:
    """How wide a text may be on a screen, in half signs: a Chinese one is as wide as two Latin ones, and
    so are signs that some fonts draw wide."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def cut_width(text: str, half_signs: int) -> str:
    """The text at most so wide, cut as `cut` does."""
    if width(text) <= half_signs:
        return text
    room, kept = half_signs - width(ELLIPSIS), 0
    for sign in text:
        room -= width(sign)
        if room < 0:
            break
        kept += 1
    return _shorten(text, kept) + ELLIPSIS


def cut_bytes(text: str, size: int) -> str:
    """The text in at most `size` bytes of UTF-8, never inside a character."""
    data = text.encode()
    if len(data) <= size:
        return text
    room = size - len(ELLIPSIS.encode())
    whole = data[:room].decode(errors="ignore")
    # One character more tells whether the cut falls between words.
    return _shorten(text, len(whole)) + ELLIPSIS


def card_text(card: Card) -> str:
    """All of a card in plain lines, with the commands to type: for moments without buttons."""
    rows = [card.title, card.subtitle]
    rows += [f"{line.label}: {line.value}" for line in card.lines]
    for group in card.groups:
        rows.append(group.title)
        rows += [f"  {line.label}: {line.value}" for line in group.lines]
        rows.append(group.note)
    rows += [card.stamp, card.fallback, card.typed]
    return "\n".join(row for row in rows if row.strip())


def _shorten(text: str, length: int) -> str:
    """At most `length` characters from the start, ended at a word if one ends within the last few."""
    length = max(length, 0)
    while 0 < length < len(text) and _is_inside(text, length):
        length -= 1
    kept = text[:length]
    if length >= len(text) or _BREAK.match(text[length]) or _is_wide(text[length]):
        return kept.rstrip()
    for place in range(len(kept) - 1, max(len(kept) - _LOOK_BACK, 0), -1):
        if _BREAK.match(kept[place]) or _is_wide(kept[place]):
            return kept[: place + (0 if _BREAK.match(kept[place]) else 1)].rstrip()
    return kept.rstrip()


def _is_inside(text: str, place: int) -> bool:
    """Whether what is drawn before this place and after it is one sign."""
    after = text[place]
    if unicodedata.combining(after) or after in _JOINED or text[place - 1] == _JOINER:
        return True
    if not _is_flag_half(after):
        return False
    halves = 0
    while halves < place and _is_flag_half(text[place - 1 - halves]):
        halves += 1
    return halves % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_wide(character: str) -> bool:
    """Whether a word may end at this character: Chinese is written without spaces."""
    return unicodedata.east_asian_width(character) in "WF"
