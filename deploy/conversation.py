"""Showing the conversation in a terminal: texts, cards with their numbered buttons, and the talk itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import ROUNDED
from rich.console import Console as Screen
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy.console import Console
from deploy.errors import CommandFailed

_TONES = {"primary": "bold green", "danger": "bold red"}
_LEAVE = {"exit", "quit", "bye", "退出", "再见"}
_MAXIMUM_WIDTH = 76


@dataclass(frozen=True)
class Choice:
    """A button that can be tapped by its number, and what it asks to be told with it."""

    card: str
    action: str
    label: str
    asks: str = ""


def show(screen: Screen, messages: Sequence[Mapping[str, Any]]) -> list[Choice]:
    """Print messages; answers with the buttons of the cards, numbered from 1 in the order shown."""
    choices: list[Choice] = []
    for message in messages:
        card = message.get("card")
        if card:
            screen.print(_card(card, choices))
        elif message.get("text"):
            screen.print(Text(str(message["text"])), soft_wrap=True)
    return choices


def show_interpretation(screen: Screen, meaning: Mapping[str, Any]) -> None:
    """Print how a sentence is understood."""
    table = Table(title=Text(str(meaning.get("text", ""))), title_justify="left", show_header=False)
    table.add_column(style="cyan")
    table.add_column(overflow="fold")
    for name, value in dict(meaning.get("expect", {})).items():
        told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(Text(name), Text(told))
    screen.print(table)


def talk(screen: Screen, console: Console, person: str) -> None:
    """Converse until the person leaves. A number taps the button with that number."""
    screen.print(Text(f"库管 Kuguan · {person}", style="bold"))
    hint = "输入一句话,或输入按钮的编号;exit 退出 · type a sentence, or a button's number; exit leaves"
    screen.print(Text(hint, style="dim"))
    choices = show(screen, console.inbox(5)["messages"])
    while True:
        try:
            said = screen.input("[bold cyan]› [/]").strip()
        except (EOFError, KeyboardInterrupt):
            screen.print()
            return
        if said.casefold() in _LEAVE:
            return
        try:
            if not said:
                answer = console.inbox(5)
            elif said.isascii() and said.isdigit() and 1 <= int(said) <= len(choices):
                chosen = choices[int(said) - 1]
                words = screen.input(Text(f"{chosen.asks} › ", style="dim")).strip() if chosen.asks else ""
                answer = console.tap(chosen.card, chosen.action, words)
            else:
                answer = console.ask(said)
        except CommandFailed as failure:
            screen.print(Text(str(failure), style="red"))
            continue
        shown = show(screen, answer.get("messages", []))
        choices = shown or choices


def _card(card: Mapping[str, Any], choices: list[Choice]) -> Panel:
    parts: list[Any] = []
    if card.get("subtitle"):
        parts.append(Text(str(card["subtitle"]), style="dim"))
    lines = card.get("lines", [])
    if lines:
        parts.append(_lines(lines))
    buttons = Text()
    for button in card.get("buttons", []):
        told = (str(button.get(name, "")) for name in ("action", "label", "asks"))
        choices.append(Choice(str(card["id"]), *told))
        style = _TONES.get(str(button.get("tone", "")), "bold")
        buttons.append(f"[{len(choices)}] {button['label']}", style=style)
        buttons.append("   ")
    if buttons:
        parts += [Text(), buttons]
        if card.get("fallback"):
            parts.append(Text(str(card["fallback"]), style="dim"))
    if card.get("stamp"):
        parts.append(Text(str(card["stamp"]), style="bold"))
    title = Text(str(card.get("title", "")), style="bold")
    # The id is what `kuguan tap` asks for.
    footer = Text(str(card["id"]), style="dim")
    return Panel(
        Group(*parts),
        title=title,
        title_align="left",
        subtitle=footer,
        subtitle_align="right",
        box=ROUNDED,
        width=_MAXIMUM_WIDTH,
    )


def _lines(lines: Sequence[Mapping[str, Any]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", no_wrap=False, max_width=24)
    table.add_column(overflow="fold")
    for line in lines:
        value = Text(str(line.get("value", "")))
        change = line.get("change")
        arrow = f"{change['before']} → {change['after']}" if change else ""
        if arrow and arrow not in value.plain:
            value.append(f"  {arrow}" if value.plain else arrow, style="bold")
        table.add_row(Text(str(line.get("label", ""))), value)
    return table
