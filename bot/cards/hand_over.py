"""The hand-over card: what the keeper gives out or takes back, from where, and what it does to the stock."""

from __future__ import annotations

from typing import Any

from kuguan.orders.v1.orders_pb2 import Order, OrderState, StockEffect

from bot.cards.facts import AT_WORK, Facts, effect_line, is_positive, sign_of
from bot.cards.order import order_stamp, purpose_label, reason_words
from bot.chat.platform import Button, Card, CardState, Group, Line, Tone
from bot.storage.cards import SUPERSEDED, CardRow

_DONE = OrderState.ORDER_STATE_FULFILLED
_CARRIED_OUT = {
    "handed_over": "toast.handed_over",
    "taken_back": "toast.taken_back",
    "closed": "toast.return_closed",
}


def draw_hand_over(row: CardRow, facts: Facts) -> Card:
    """One group for each line, with the lots or serials to pick and the effect in numbers."""
    words, order = facts.words, facts.order
    if order is None:
        return Card(row.id, words("order.unknown", order=row.subject), state=CardState.CLOSED)
    receiving = order.stock_effect == StockEffect.STOCK_EFFECT_RECEIVE
    groups = tuple(_group(facts, order, line) for line in row.data.get("lines", []))
    lines = [Line(words("label.department"), order.department)]
    if order.purpose:
        lines.append(Line(purpose_label(facts, order), order.purpose))
    if receiving and any(is_positive(line.unrecorded.value) for line in order.lines):
        lines.append(Line(words("label.note"), words("hand_over.unrecorded")))
    if order.outcome_reason:
        lines.append(Line(words("label.reason"), reason_words(facts, order)))
    still_open = order.state in AT_WORK and row.state == "open"
    buttons: tuple[Button, ...] = ()
    if still_open:
        label = words("button.take_back" if receiving else "button.hand_over")
        buttons = (Button("hand_over", label, Tone.PRIMARY),)
        if receiving:
            closing = Button("close", words("button.close_return"), asks=words("button.close_asks"))
            buttons = (*buttons, closing)
    title = "hand_over.receive" if receiving else "hand_over.title"
    return Card(
        row.id,
        words(title, kind=facts.kind(order.kind), order=order.name),
        words("hand_over.from" if receiving else "hand_over.for", person=facts.who(order.requester)),
        tuple(lines),
        groups,
        buttons,
        _state(row, order, still_open),
        _stamp(row, facts, order, still_open),
        order.name,
    )


def _state(row: CardRow, order: Order, still_open: bool) -> CardState:
    if still_open:
        return CardState.OPEN
    is_done = order.state == _DONE or (row.state in _CARRIED_OUT and row.state != "closed")
    return CardState.DONE if is_done else CardState.CLOSED


def _stamp(row: CardRow, facts: Facts, order: Order, still_open: bool) -> str:
    """Before the order has heard of it, the card already says what the keeper did."""
    if still_open:
        return ""
    if row.state in _CARRIED_OUT and order.state in AT_WORK:
        return facts.words(_CARRIED_OUT[row.state])
    if row.state == SUPERSEDED and order.state in AT_WORK:
        return facts.words("stamp.superseded")
    return order_stamp(facts, order)


def _group(facts: Facts, order: Order, line: dict[str, Any]) -> Group:
    words = facts.words
    title = f"{facts.item(line['item'])} · {facts.warehouse(line['warehouse'])}"
    rows = []
    if is_positive(line["quantity"]):
        delta = sign_of(order) + line["quantity"]
        effect = effect_line(facts, line["item"], delta, line["unit"], line["on_hand"])
        rows.append(Line(words("label.effect"), effect.value, effect.change))
    for pick in line.get("picks", []):
        label = words("label.serial" if pick["serial"] else "label.lot")
        name = pick["serial"] or pick["lot"]
        said = [name, words.amount(pick["quantity"], line["unit"])]
        if pick["expiry"]:
            said.append(words("hand_over.expires", day=pick["expiry"]))
        rows.append(Line(label, " · ".join(said)))
    note = ""
    if is_positive(line.get("short", "")):
        note = words("order.line_short", amount=words.amount(line["short"], line["unit"]))
    return Group(title, tuple(rows), note)
