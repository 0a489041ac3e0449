"""The withdrawal card: what taking a request back sets free, before it happens."""

from __future__ import annotations

from bot.cards.facts import AT_WORK, PENDING, Facts, is_positive
from bot.cards.order import order_stamp, state_words
from bot.chat.platform import Button, Card, CardState, Line, Tone
from bot.storage.cards import SUPERSEDED, CardRow


def draw_withdrawal(row: CardRow, facts: Facts) -> Card:
    """The order, what is reserved for it, and two buttons while it can still be taken back."""
    words, order = facts.words, facts.order
    if order is None:
        return Card(row.id, words("order.unknown", order=row.subject), state=CardState.CLOSED)
    lines = [Line(words("label.state"), state_words(facts, order))]
    for line in order.lines:
        reserved = line.reserved.value or "0"
        said = words("withdrawal.frees", amount=words.amount(reserved, line.base_unit))
        kept = words.amount(line.base_quantity.value, line.base_unit)
        lines.append(Line(facts.item(line.item), said if is_positive(reserved) else kept))
    title = words("withdrawal.title", order=facts.titled(order))
    if row.state == "open" and order.state in (*PENDING, *AT_WORK):
        buttons = (
            Button("confirm", words("button.withdraw_now"), Tone.DANGER),
            Button("cancel", words("button.keep")),
        )
        return Card(row.id, title, lines=tuple(lines), buttons=buttons, number=order.name)
    stamp = words("stamp.kept") if row.state == "cancelled" else order_stamp(facts, order)
    if row.state == SUPERSEDED and order.state in (*PENDING, *AT_WORK):
        stamp = words("stamp.superseded")
    return Card(row.id, title, lines=tuple(lines), state=CardState.CLOSED, stamp=stamp, number=order.name)
