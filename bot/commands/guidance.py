"""Help: the shortcuts, those of keepers too for keepers, also for whoever was not understood."""

from __future__ import annotations

from bot.commands import approvals, orders
from bot.commands.approvals import KEEPER
from bot.commands.ask import Ask, Reply, Say, Show, new_card
from bot.understand import Hint, Intent, Problem

_SHORTCUTS = ("stock", "issue", "return", "approvals", "orders")


async def show_help(ask: Ask, intent: Intent) -> list[Reply]:
    """The shortcuts with an example each."""
    return [_card(ask, "help.title")]


async def not_understood(ask: Ask, intent: Intent) -> list[Reply]:
    """What can be said instead, or what the words may be about: a guess is never acted on."""
    if intent.hint in (Hint.DECISION, Hint.HAND_OVER):
        return await approvals.pending_approvals(ask, intent)
    if intent.hint is Hint.WITHDRAWAL:
        return await orders.offer_to_withdraw(ask)
    if intent.hint is not None:
        return [Say(ask.words(f"courtesy.{intent.hint.value}"))]
    if intent.problem is not None and intent.problem is not Problem.TOO_LONG:
        return [Say(ask.words(f"whole.{intent.problem.value}"))]
    return [_card(ask, "text.too_long" if intent.problem is Problem.TOO_LONG else "help.unknown")]


def _card(ask: Ask, title: str) -> Show:
    person = ask.company.people.get(ask.person)
    shortcuts = [*_SHORTCUTS, "hand_over"] if person is not None and KEEPER in person.roles else _SHORTCUTS
    lines = [[ask.words(f"help.{name}"), ask.words(f"help.{name}_example")] for name in shortcuts]
    return Show(new_card(ask, "sheet", "", {"title": ask.words(title), "lines": lines}))
