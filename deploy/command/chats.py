"""`kuguan check-chat`: whether a chat product is set up right."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console as Screen
from rich.text import Text

from deploy.command.options import Data, data_of


def check_chat(
    product: Annotated[str, typer.Argument(help="wecom, wecom-bot, dingtalk, feishu or slack")],
    data: Data = None,
) -> None:
    """检查聊天平台 Say in plain words what is right and what is missing for a work chat.

    Example: kuguan check-chat wecom

    Changes nothing. Exit code 1 if something is missing.
    """
    from deploy.chats import check_chat as run
    from deploy.chats import words_of

    screen = Screen(highlight=False)
    findings = run(product, data_of(data))
    for finding in findings:
        chinese, english = words_of(finding)
        mark, style = ("✓", "green") if finding.ok else ("✗", "red")
        screen.print(Text(f"{mark} {chinese}", style=style), soft_wrap=True)
        screen.print(Text(f"  {english}", style="dim"), soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)
