"""The choice card: which of up to five items a word meant."""

from __future__ import annotations

from bot.cards.facts import Facts
from bot.chat.platform import Button, Card, CardState, Line
from bot.storage.cards import CardRow


def draw_choice(row: CardRow, facts: Facts) -> Card:
    """One numbered line and one button for each candidate."""
    words, data = facts.words, row.data
    lines, buttons = [], []
    for number, code in enumerate(data["candidates"], 1):
        item = facts.company.items.get(code)
        details = [code, item.specification if item else "", words.unit(item.base_unit) if item else ""]
        lines.append(Line(f"{number}. {facts.item(code)}", " · ".join(part for part in details if part)))
        buttons.append(Button(f"choose_{number}", f"{number}. {facts.item(code)}"))
    buttons.append(Button("cancel", words("button.none_of_these")))
    title = words("choice.title", word=data["word"])
    if row.state != "open":
        stamp = words("stamp.cancelled") if row.state == "cancelled" else ""
        return Card(row.id, title, lines=tuple(lines), state=CardState.CLOSED, stamp=stamp)
    subtitle = words("choice.vague" if data.get("vague") else "choice.subtitle")
    return Card(row.id, title, subtitle, tuple(lines), buttons=tuple(buttons))
