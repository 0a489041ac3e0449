"""Words by which people talk with the bot: chat, ask, inbox, tap."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console as Screen

from deploy.command.options import AsJson, Person, print_json


def chat(person: Person) -> None:
    """对话 Talk with the bot in the terminal.

    A number taps the button of that number.

    Example: kuguan chat --as zhangsan
    """
    from deploy.console import Console
    from deploy.conversation import talk

    talk(Screen(highlight=False), Console(person), person)


def ask(
    person: Person,
    text: Annotated[str, typer.Argument(metavar="SENTENCE", help="What the person says")],
    as_json: AsJson = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only print how the sentence is understood; change nothing")
    ] = False,
) -> None:
    """说一句 Say one sentence and print the answer.

    Example: kuguan ask --as zhangsan "领5包A4纸 用于投标"
    """
    from deploy.console import Console
    from deploy.conversation import show_interpretation

    console = Console(person)
    if not dry_run:
        _show_messages(console.ask(text), as_json)
        return
    meaning = console.interpret(text)
    meaning = meaning if "expect" in meaning else {"text": text, "expect": meaning}
    if as_json:
        print_json(meaning)
    else:
        show_interpretation(Screen(highlight=False), meaning)


def inbox(person: Person, as_json: AsJson = False) -> None:
    """消息 Print a person's newest messages.

    Example: kuguan inbox --as lixia
    """
    from deploy.console import Console

    _show_messages(Console(person).inbox(), as_json)


def tap(
    person: Person,
    card: Annotated[str, typer.Argument(metavar="CARD", help="Id of the card, shown at its lower edge")],
    action: Annotated[
        str, typer.Argument(metavar="ACTION", help="confirm, cancel, approve, reject, hand_over, …")
    ],
    reason: Annotated[
        str, typer.Option("--reason", metavar="WORDS", help="Why, where the button asks for it (reject)")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """点按钮 Tap a button of a card and print the answer.

    Example: kuguan tap --as lixia CARD reject --reason "预算没批"

    Exit code 1 where there is no such card of this person.
    """
    from deploy.console import Console

    answer = Console(person).tap(card, action, reason)
    if not answer.get("refused"):
        _show_messages(answer, as_json)
        return
    if as_json:
        print_json(answer)
    for message in answer["messages"]:
        typer.echo(message["text"], err=True)
    raise typer.Exit(1)


def _show_messages(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    from deploy.conversation import show

    screen = Screen(highlight=False)
    messages = answer.get("messages", [])
    show(screen, messages)
    if not messages:
        screen.print("没有消息 · no messages", style="dim")
