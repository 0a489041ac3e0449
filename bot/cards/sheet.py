"""The sheet: figures that were asked for, such as stock, low items or the ledger; at most the way to more."""

from __future__ import annotations

from bot.cards.facts import Facts
from bot.chat.platform import Button, Card, Group, Line
from bot.storage.cards import CardRow


def draw_sheet(row: CardRow, facts: Facts) -> Card:
    """The figures as they were when they were asked for."""
    data = row.data
    lines = tuple(Line(label, value) for label, value in data.get("lines", []))
    groups = tuple(
        Group(
            group["title"],
            tuple(Line(label, value) for label, value in group["lines"]),
            group.get("note", ""),
        )
        for group in data.get("groups", [])
    )
    more = data.get("more") and row.state == "open"
    buttons = (Button("more", facts.words("button.more")),) if more else ()
    return Card(row.id, data["title"], data.get("subtitle", ""), lines, groups, buttons)
