"""Cards: what a person sees, decides and taps, drawn anew from the row that remembers it.

Nothing here reads or writes: a card is a function of its row, the newest snapshots and the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.cards.approval import draw_approval
from bot.cards.binding import draw_binding, draw_unbinding
from bot.cards.choice import draw_choice
from bot.cards.delegation import draw_delegation, draw_delegations
from bot.cards.facts import Facts, sign_of
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
    "delegation": draw_delegation,
    "delegations": draw_delegations,
}


def draw(row: CardRow, facts: Facts) -> Card:
    """The card as it is now, with the words to type where its buttons do not work."""
    card = DRAWINGS[row.kind](row, facts)
    return replace(card, typed=_typed(card, facts)) if card.buttons else card


def _typed(card: Card, facts: Facts) -> str:
    """The words of the buttons that have no sentence of their own on the card."""
    words, actions = facts.words, {button.action for button in card.buttons}
    digits = "".join(character for character in card.number if character.isdigit())
    said = []
    if "confirm" in actions:
        said.append(words("typed.confirm"))
    if "choose_1" in actions:
        said.append(words("typed.choose"))
    if "hand_over" in actions:
        arrives = facts.order is not None and sign_of(facts.order) == ""
        said.append(words("typed.take_back" if arrives else "typed.hand_over", number=digits))
    if "more" in actions:
        said.append(words("typed.more"))
    if "cancel" in actions:
        said.append(words("typed.cancel"))
    return words.join(said)
