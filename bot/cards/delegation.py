"""The cards of delegations: what lending one's decisions means before it happens, and what is lent now."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.cards.facts import Facts
from bot.chat.platform import Button, Card, CardState, Line, Tone
from bot.storage.cards import CardRow


def draw_delegation(row: CardRow, facts: Facts) -> Card:
    """Who will decide, from when until which day, with two buttons while nothing has happened."""
    words, data = facts.words, row.data
    lines = (
        Line(words("label.delegate"), facts.who(data["to"])),
        *([Line(words("label.since"), _day(facts, data["since"]))] if "since" in data else []),
        Line(words("label.until"), _day(facts, data["until"])),
    )
    title = words("delegation.title")
    if row.state == "open":
        buttons = (
            Button("confirm", words("button.confirm"), Tone.PRIMARY),
            Button("cancel", words("button.cancel")),
        )
        means = words("delegation.means_later" if "since" in data else "delegation.means")
        return Card(row.id, title, means, lines, buttons=buttons)
    done = row.state == "done"
    stamp = words("stamp.delegated" if done else "stamp.cancelled")
    return Card(row.id, title, "", lines, state=CardState.DONE if done else CardState.CLOSED, stamp=stamp)


def draw_delegations(row: CardRow, facts: Facts) -> Card:
    """Who decides for the person and for whom they decide, with a button that ends each of their own."""
    words, data = facts.words, row.data
    lines, buttons = [], []
    for number, one in enumerate(data["lent"], 1):
        lines.append(Line(f"{number}. {facts.who(one['to'])}", _span(facts, "delegation.lent", one)))
        if not one.get("ended"):
            buttons.append(Button(f"choose_{number}", words("button.end", number=number), Tone.DANGER))
    lines += [
        Line(facts.who(one["from"]), _span(facts, "delegation.borrowed", one)) for one in data["borrowed"]
    ]
    if buttons:
        buttons.append(Button("cancel", words("button.keep_all")))
    title = words("delegation.list_title")
    if row.state != "open":
        return Card(row.id, title, lines=tuple(lines), state=CardState.CLOSED)
    return Card(row.id, title, lines=tuple(lines), buttons=tuple(buttons))


def _span(facts: Facts, key: str, one: dict[str, Any]) -> str:
    if one.get("ended"):
        return facts.words("delegation.ended")
    if "since" in one:
        return facts.words(f"{key}_later", since=_day(facts, one["since"]), day=_day(facts, one["until"]))
    return facts.words(key, day=_day(facts, one["until"]))


def _day(facts: Facts, said: str) -> str:
    weekday = facts.words(f"weekday.{date.fromisoformat(said).weekday()}")
    return f"{said} {weekday}"
