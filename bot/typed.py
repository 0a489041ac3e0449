"""Words that stand for a button: every card can be answered where its buttons do not work."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from bot.storage import cards
from bot.storage.cards import CardRow

PATIENCE: Final = timedelta(minutes=60)
"""So long after it was shown a card is what 确认 or a bare number is about."""
_LONGEST: Final = 40
_WORDS: Final[Mapping[str, str]] = {
    "确认": "confirm",
    "确定": "confirm",
    "提交": "confirm",
    "确认提交": "confirm",
    "submit": "confirm",
    "confirm": "confirm",
    "取消": "cancel",
    "算了": "cancel",
    "算了吧": "cancel",
    "还是算了": "cancel",
    "不要了": "cancel",
    "都不要了": "cancel",
    "先不要了": "cancel",
    "算了不要了": "cancel",
    "不用了": "cancel",
    "不领了": "cancel",
    "cancel": "cancel",
    "never mind": "cancel",
    "nevermind": "cancel",
    "forget it": "cancel",
    "nvm": "cancel",
    "更多": "more",
    "more": "more",
    "催办": "remind",
    "remind": "remind",
}
_CHOICE: Final = re.compile(r"(?:选|第|choose )?\s*([1-5])\s*(?:个|项|号)?")
_HAND_OVER: Final = re.compile(
    r"(?:发料|收料|交接|发货|出货|收货|hand over|take back)\s*(?:[a-z]{2})?\s*(\d{1,12})?"
    r"|(?:[a-z]{2})?(\d{1,12})\s*(?:发料|收料|发货|出货|收货)"
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A button in words: its action, and the document's digits where they were said."""

    action: str
    digits: str = ""
    receiving: bool | None = None
    """Whether goods come back, 收料, or go out, 发料; None where the word fits both."""


def typed(text: str) -> Typed | None:
    """The button that a whole sentence stands for; None for any other sentence."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    said = unicodedata.normalize("NFKC", text).strip(" 。.!「」").lower()
    if said in _WORDS:
        return Typed(_WORDS[said])
    choice = _CHOICE.fullmatch(said)
    if choice is not None:
        return Typed(f"choose_{choice[1]}")
    hand_over = _HAND_OVER.fullmatch(said)
    if hand_over is not None:
        return Typed("hand_over", hand_over[1] or hand_over[2] or "", _direction(said))
    return None


def meant(connection: Connection, person: str, button: Typed, now: datetime) -> CardRow | None:
    """The card that somebody means: the one they were shown last, or the only one about what they name.

    Anything else would guess: older cards are answered by tapping them or by naming their document.
    """
    if button.action != "hand_over":
        return cards.newest_open(connection, person, now - PATIENCE)
    if button.digits:
        found = cards.open_about(connection, person, button.digits)
        open_cards = [found] if found else []
    else:
        # Goods are handed over by a bare word only where one document waits, and its card was shown last:
        # another may arrive while typing, and nobody gives away what they do not see.
        newest = cards.newest_open(connection, person, now - PATIENCE)
        waiting = cards.open_hand_overs(connection, person)
        open_cards = waiting if newest in waiting else []
    fitting = [card for card in open_cards if _fits(card, button)]
    return fitting[0] if len(fitting) == 1 else None


def _direction(said: str) -> bool | None:
    if "交接" in said:
        return None
    return "收" in said or "take back" in said


def _fits(card: CardRow, button: Typed) -> bool:
    return button.receiving is None or bool(card.data.get("receiving")) == button.receiving
