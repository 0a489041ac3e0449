"""Cards about chat accounts: which account becomes whose, and which one is given up."""

from __future__ import annotations

from bot.cards.facts import Facts
from bot.chat.platform import Button, Card, CardState, Line, Tone
from bot.storage.cards import CardRow


def draw_binding(row: CardRow, facts: Facts) -> Card:
    """The account and the person, before they are joined."""
    words, data = facts.words, row.data
    lines = (
        Line(words("label.account"), _account(facts, data)),
        Line(words("label.person"), facts.company.person_name(data["person"], words.language)),
    )
    title = words("binding.title")
    if row.state == "open":
        buttons = (
            Button("confirm", words("button.bind"), Tone.PRIMARY),
            Button("cancel", words("button.cancel")),
        )
        return Card(row.id, title, words("binding.warning"), lines, buttons=buttons)
    done = row.state == "done"
    stamp = words("stamp.bound" if done else "stamp.cancelled")
    return Card(row.id, title, "", lines, state=CardState.DONE if done else CardState.CLOSED, stamp=stamp)


def draw_unbinding(row: CardRow, facts: Facts) -> Card:
    """A person's accounts, each with a button that gives it up."""
    words, accounts = facts.words, row.data["accounts"]
    lines = tuple(Line(str(number), _account(facts, one)) for number, one in enumerate(accounts, 1))
    title = words("unbinding.title")
    if row.state != "open":
        given_up = row.data.get("unbound")
        stamp = _account(facts, given_up) + words("stamp.unbound") if given_up else words("stamp.cancelled")
        return Card(row.id, title, "", lines, state=CardState.CLOSED, stamp=stamp)
    buttons = [
        Button(f"choose_{number}", words("button.unbind", number=number), Tone.DANGER)
        for number in range(1, len(accounts) + 1)
    ]
    return Card(row.id, title, "", lines, buttons=(*buttons, Button("cancel", words("button.keep"))))


def _account(facts: Facts, account: dict[str, str]) -> str:
    platform = facts.words.platform(account["platform"])
    return f"{platform} {account.get('name') or account['user_id']}"
