"""Cards: what a person sees, decides and taps, drawn anew from the row that remembers it.

Nothing here reads or writes: a card is a function of its row, the newest snapshots and the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.cards.approval import draw_approval
from bot.cards.binding import draw_binding, draw_unbinding
from bot.cards.choice import draw_choice
from bot.cards.facts import Facts
from bot.cards.hand_over import draw_hand_over
from bot.cards.order import draw_order
from bot.cards.request import draw_request
from bot.cards.sheet import draw_sheet
from bot.cards.waiting import draw_waiting
from bot.cards.withdrawal import draw_withdrawal
from bot.chat.platform import Card
from bot.storage.cards import CardRow

Drawing = Callable[[CardRow, Facts], Card]

DRAWINGS: Mapping[str, Drawing] = {
    "request": draw_request,
    "choice": draw_choice,
    "approval": draw_approval,
    "hand_over": draw_hand_over,
    "order": draw_order,
    "withdrawal": draw_withdrawal,
    "sheet": draw_sheet,
    "binding": draw_binding,
    "unbinding": draw_unbinding,
    "waiting": draw_waiting,
}


def draw(row: CardRow, facts: Facts) -> Card:
    """The card as it is now."""
    return DRAWINGS[row.kind](row, facts)
