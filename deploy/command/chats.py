"""`kuguan check-chat` and `kuguan status`: whether chat products are set up right, and how they are now."""

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

    Changes nothing in Kuguan; a WeCom AI bot has one connection, so its check interrupts a running one for
    a moment. Exit code 1 if something is missing.
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


def status() -> None:
    """状态 Show how each chat of the running system is.

    Example: kuguan status

    Exit code 1 if one of them is not connected.
    """
    from rich.table import Table

    from deploy.chats import chats_now

    table = Table("聊天 chat", "连接 connected", "最近收到 last heard", "最近错误 last error")
    chats = chats_now()
    for chat in chats:
        connected = "✓" if chat["connected"] else "✗"
        silent = chat["silent_seconds"]
        heard = "" if silent is None else f"{chat['last_inbound'][:19]}Z ({silent} s)"
        table.add_row(chat["platform"], connected, heard, Text(chat["last_error"]))
    Screen(highlight=False).print(table)
    if not all(chat["connected"] for chat in chats):
        raise typer.Exit(1)
