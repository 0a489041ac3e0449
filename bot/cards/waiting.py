"""The card behind a page of what waits for a person: how many more there are, and the way to them."""

from __future__ import annotations

from bot.cards.facts import Facts
from bot.chat.platform import Button, Card, CardState
from bot.storage.cards import CardRow


def draw_waiting(row: CardRow, facts: Facts) -> Card:
    """How many are left, with one button that shows the next of them."""
    title = facts.words("waiting.rest", count=row.data["count"])
    if row.state != "open":
        return Card(row.id, title, state=CardState.CLOSED, stamp=facts.words("stamp.shown_below"))
    return Card(row.id, title, buttons=(Button("more", facts.words("button.more")),))
