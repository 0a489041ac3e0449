"""The confirm card: what a request will do, in numbers, before anything happens."""

from __future__ import annotations

from typing import Any

from bot.cards.facts import Facts, effect_line, is_positive
from bot.chat.platform import Button, Card, CardState, Line, Tone
from bot.storage.cards import CardRow

_STAMPS = {"cancelled": "stamp.cancelled", "corrected": "stamp.corrected"}
STATES = {
    "open": CardState.OPEN,
    "cancelled": CardState.CLOSED,
    "corrected": CardState.CLOSED,
    "processing": CardState.PROCESSING,
}


def draw_request(row: CardRow, facts: Facts) -> Card:
    """The effect line by line, where it happens and what for; short lines cannot be confirmed."""
    words, data = facts.words, row.data
    entry: str = data["entry"]
    short = any(is_positive(line["short"]) for line in data["lines"])
    lines = [_line(facts, data["sign"], line) for line in data["lines"]]
    lines.append(Line(words("label.warehouse"), words.join(_warehouses(facts, data))))
    if data.get("purpose"):
        lines.append(Line(words("label.purpose" if data["sign"] else "label.why_back"), data["purpose"]))
    if unrecorded := [facts.item(line["item"]) for line in data["lines"] if line.get("unrecorded")]:
        said = words("request.unrecorded", items=words.join(unrecorded))
        lines.append(Line(words("label.note"), said))
    if data.get("amount"):
        lines.append(Line(words("label.amount"), data["amount"]))
    too_much = "request.short" if data["sign"] else "request.too_much_back"
    title = words(too_much if short else "request.title", kind=facts.kind(entry))
    state = STATES.get(row.state, CardState.OPEN)
    buttons = _buttons(facts, data, short) if state is CardState.OPEN else ()
    stamp = words(_STAMPS[row.state]) if row.state in _STAMPS else ""
    subtitle = words("request.changed") if data.get("changed") else "\n".join(data.get("notes", ()))
    if data.get("sent") and state is CardState.OPEN:
        subtitle = words("request.sent")
    return Card(row.id, title, subtitle, tuple(lines), buttons=buttons, state=state, stamp=stamp)


def _line(facts: Facts, sign: str, line: dict[str, Any]) -> Line:
    words = facts.words
    if is_positive(line["short"]):
        value = words(
            "request.line_short" if sign else "request.line_too_much_back",
            wanted=words.amount(line["quantity"], line["unit"]),
            available=words.amount(line["available"], line["base_unit"]),
            short=words.amount(line["short"], line["base_unit"]),
        )
        return Line(facts.item(line["item"]), value)
    note = ""
    if line["unit"] != line["base_unit"]:
        note = words("request.pack_note", pack=words.amount(line["quantity"], line["unit"]))
    return effect_line(facts, line["item"], sign + line["base"], line["base_unit"], line["on_hand"], note)


def _warehouses(facts: Facts, data: dict[str, Any]) -> list[str]:
    codes = dict.fromkeys(line["warehouse"] for line in data["lines"])
    return [facts.warehouse(code) for code in codes]


def _buttons(facts: Facts, data: dict[str, Any], short: bool) -> tuple[Button, ...]:
    words = facts.words
    cancel = Button("cancel", words("button.cancel"))
    confirm = Button("confirm", words("button.confirm"), Tone.PRIMARY)
    if data.get("sent"):
        # There may be an order by now, which is withdrawn and not cancelled.
        return (confirm,)
    if not short:
        return (confirm, cancel)
    rest = [line for line in data["lines"] if is_positive(line["available"])]
    if not rest:
        return (cancel,)
    less = "button.take_available" if data["sign"] else "button.return_allowed"
    amounts = words.join([words.amount(_less(line), line["base_unit"]) for line in rest])
    return (Button("choose_1", words(less, amounts=amounts)), cancel)


def _less(line: dict[str, Any]) -> str:
    return str(line["available"] if is_positive(line["short"]) else line["base"])
