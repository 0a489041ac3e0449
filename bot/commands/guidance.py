"""Help: the five shortcuts, also for whoever was not understood."""

from __future__ import annotations

from bot.commands.ask import Ask, Reply, Show, new_card
from bot.understand import Intent, Problem

_SHORTCUTS = ("stock", "issue", "return", "approvals", "orders")


async def show_help(ask: Ask, intent: Intent) -> list[Reply]:
    """The five shortcuts with an example each."""
    return [_card(ask, "help.title")]


async def not_understood(ask: Ask, intent: Intent) -> list[Reply]:
    """What can be said instead: a guess is never acted on."""
    return [_card(ask, "text.too_long" if intent.problem is Problem.TOO_LONG else "help.unknown")]


def _card(ask: Ask, title: str) -> Show:
    lines = [[ask.words(f"help.{name}"), ask.words(f"help.{name}_example")] for name in _SHORTCUTS]
    return Show(new_card(ask, "sheet", "", {"title": ask.words(title), "lines": lines}))
