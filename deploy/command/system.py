"""Words that start, check, copy and bring back a whole system: up, verify, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console as Screen

from deploy.command.options import AsJson, Data, data_of, print_json


def up(
    data: Data = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the chat page on this machine")] = 8088,
    demo: Annotated[
        bool, typer.Option("--demo", help="Put the demo company in, and let the page switch persons")
    ] = False,
) -> None:
    """启动 Start everything here; Ctrl-C stops it.

    Example: kuguan up --demo
    """
    from deploy.up import up as run

    run(data_of(data), port, demo)


def verify(
    data: Data = None,
    stock_url: Annotated[
        str, typer.Option(help="Database of stock, where it is not in the data directory")
    ] = "",
    orders_url: Annotated[str, typer.Option(help="Database of orders")] = "",
    approvals_url: Annotated[str, typer.Option(help="Database of approvals")] = "",
    bot_url: Annotated[str, typer.Option(help="Database of the bot")] = "",
    as_json: AsJson = False,
) -> None:
    """校验 Check every invariant, running or stopped.

    Exit code 1 if one does not hold; the rows that break it are printed.

    Example: kuguan verify --data data
    """
    from deploy.verification import show_findings, verify_system

    urls = {"stock": stock_url, "orders": orders_url, "approvals": approvals_url, "bot": bot_url}
    findings = verify_system(data_of(data), urls)
    if as_json:
        rows = [
            {"part": f.service, "invariant": f.invariant, "check": f.title, "broken": list(f.broken)}
            for f in findings
        ]
        print_json({"checks": rows})
    elif not show_findings(Screen(highlight=False), findings):
        raise typer.Exit(1)
    if any(finding.broken for finding in findings):
        raise typer.Exit(1)


def backup(
    target: Annotated[Path, typer.Argument(metavar="TO_DIR", help="An empty or new directory")],
    data: Data = None,
) -> None:
    """备份 Copy the whole system, running or not.

    The copy is of one moment and holds the secrets.

    Example: kuguan backup ../backup-monday
    """
    from deploy.backups import back_up
    from deploy.presentation import copy_progress

    screen = Screen(highlight=False)
    with copy_progress(screen) as watch:
        manifest = back_up(data_of(data), target, watch)
    size = sum(int(told["bytes"]) for told in manifest["files"].values())
    count = len(manifest["files"])
    print(f"已备份 {count} 个文件({size:,} 字节)到 {target} · {count} files, {size:,} bytes")


def restore(
    source: Annotated[Path, typer.Argument(metavar="FROM_DIR", help="A directory made by kuguan backup")],
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="An empty or new data directory")],
) -> None:
    """恢复 Put a backup into a new data directory.

    Ends with verify; the next start sends all events again.

    Example: kuguan restore ../backup-monday --data data-restored
    """
    from deploy.backups import restore as run
    from deploy.verification import show_findings

    if not show_findings(Screen(highlight=False), run(source, data)):
        raise typer.Exit(1)
    print(f"已恢复到 {data}。启动:kuguan up --data {data} · restored; start it with that command")
