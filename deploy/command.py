"""The `kuguan` command: its words and options. What each word does stands in the module of its name."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console as Screen
from rich.text import Text

from deploy.errors import CommandFailed
from deploy.location import data_directory

application = typer.Typer(
    help="库管 Kuguan: the warehouse keeper in the work chat.\n\n"
    "Start here: kuguan up --demo, then in another window: kuguan chat --as zhangsan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
imports = typer.Typer(help="导入 Import items, people, stock and more.", no_args_is_help=True)
events = typer.Typer(help="事件 Look after events between the parts.", no_args_is_help=True)
application.add_typer(imports, name="import")
application.add_typer(events, name="events")

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data directory. Default: KUGUAN_DATA, else ./data"),
]
Person = Annotated[
    str, typer.Option("--as", metavar="PERSON", help="Id or name of the person who speaks, such as zhangsan")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV file (UTF-8, GBK or UTF-16; also .gz)")]
AllRows = Annotated[bool, typer.Option("--all", help="Show every row that was mended or refused")]


@application.command()
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

    run(_data(data), port, demo)


@application.command()
def chat(person: Person) -> None:
    """对话 Talk with the bot in the terminal.

    A number taps the button of that number.

    Example: kuguan chat --as zhangsan
    """
    from deploy.console import Console
    from deploy.conversation import talk

    talk(Screen(highlight=False), Console(person), person)


@application.command()
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
        _print_json(meaning)
    else:
        show_interpretation(Screen(highlight=False), meaning)


@application.command()
def inbox(person: Person, as_json: AsJson = False) -> None:
    """消息 Print a person's newest messages.

    Example: kuguan inbox --as lixia
    """
    from deploy.console import Console

    _show_messages(Console(person).inbox(), as_json)


@application.command()
def tap(
    person: Person,
    card: Annotated[str, typer.Argument(metavar="CARD", help="Id of the card, shown at its lower edge")],
    action: Annotated[
        str, typer.Argument(metavar="ACTION", help="confirm, cancel, approve, reject, hand_over, …")
    ],
    as_json: AsJson = False,
) -> None:
    """点按钮 Tap a button of a card and print the answer.

    Example: kuguan tap --as lixia CARD approve
    """
    from deploy.console import Console

    _show_messages(Console(person).tap(card, action), as_json)


@imports.command("items")
def import_items(
    file: File,
    dry_run: DryRun = False,
    strict: Annotated[bool, typer.Option("--strict", help="Write nothing if one row is refused")] = False,
    all_rows: AllRows = False,
    as_json: AsJson = False,
) -> None:
    """物料 Import items.

    Takes an items table, or sales lines, of which it makes a catalogue.

    Example: kuguan import items items.csv --dry-run
    """
    from deploy.imports import import_items as run

    _import(
        lambda connection, watch: run(connection, file, dry_run=dry_run, strict=strict, progress=watch),
        all_rows,
        as_json,
    )


@imports.command("opening-stock")
def import_opening_stock(
    file: File, dry_run: DryRun = False, all_rows: AllRows = False, as_json: AsJson = False
) -> None:
    """期初 Import opening stock: all rows or none.

    Example: kuguan import opening-stock opening-stock.csv
    """
    from deploy.imports import import_opening_stock as run

    _import(
        lambda connection, watch: run(connection, file, dry_run=dry_run, progress=watch), all_rows, as_json
    )


@imports.command("people")
def import_people(
    file: File, dry_run: DryRun = False, all_rows: AllRows = False, as_json: AsJson = False
) -> None:
    """人员 Import people: all rows or none.

    Each of them can then use the chat page and the console.

    Example: kuguan import people people.csv
    """
    from deploy.imports import import_people as run

    _import(
        lambda connection, watch: run(connection, file, dry_run=dry_run, progress=watch), all_rows, as_json
    )


@imports.command("warehouses")
def import_warehouses(
    file: File, dry_run: DryRun = False, all_rows: AllRows = False, as_json: AsJson = False
) -> None:
    """仓库 Create warehouses: all rows or none.

    Example: kuguan import warehouses warehouses.csv
    """
    from deploy.company import import_warehouses as run

    _import(lambda connection, _watch: run(connection, file, dry_run=dry_run), all_rows, as_json)


@imports.command("rules")
def import_rules(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON file, as deploy/demo/rules.json")],
) -> None:
    """审批规则 Put the first rules of approval into force.

    Later changes need two administrators.

    Example: kuguan import rules rules.json
    """
    from deploy.company import first_rules
    from deploy.connection import Connection

    with Connection("console") as console, Connection("setup") as setup:
        count = first_rules(console, setup, file)
    print(f"{count} 条规则已生效 rules are in force")


@application.command()
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
    findings = verify_system(_data(data), urls)
    if as_json:
        rows = [
            {"part": f.service, "invariant": f.invariant, "check": f.title, "broken": list(f.broken)}
            for f in findings
        ]
        _print_json({"checks": rows})
    elif not show_findings(Screen(highlight=False), findings):
        raise typer.Exit(1)
    if any(finding.broken for finding in findings):
        raise typer.Exit(1)


@events.command("parked")
def events_parked(data: Data = None, as_json: AsJson = False) -> None:
    """搁置的事件 List events that a part could not apply.

    Example: kuguan events parked
    """
    from deploy.parked_events import parked
    from deploy.presentation import show_parked

    found = parked(_data(data))
    if as_json:
        _print_json({"parked": [event.as_json() for event in found]})
    else:
        show_parked(Screen(highlight=False), found)


@events.command("show")
def events_show(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Id of the event")], data: Data = None
) -> None:
    """内容 Print a parked event with its content and the reason.

    Example: kuguan events show 01j9...
    """
    from deploy.parked_events import show

    _print_json({"events": [found.as_json(with_content=True) for found in show(_data(data), event)]})


@events.command("retry")
def events_retry(data: Data = None) -> None:
    """重试 Try all parked events again, in order.

    Example: kuguan events retry
    """
    from deploy.parked_events import retry

    stay = 0
    for service, (applied, kept) in retry(_data(data)).items():
        stay += kept
        print(f"{service}: {applied} 已处理 applied, {kept} 仍搁置 still parked")
    if stay:
        raise typer.Exit(1)


@events.command("republish")
def events_republish(
    since: Annotated[
        str, typer.Option(metavar="TIME", help="RFC 3339 time, or hours back such as 24h")
    ] = "24h",
    data: Data = None,
) -> None:
    """重发 Send events of a time again.

    For a broker that lost them; nothing takes effect twice.

    Example: kuguan events republish --since 24h
    """
    from deploy.parked_events import republish

    for service, count in republish(_data(data), _moment(since)).items():
        print(f"{service}: {count} 个事件将重发 events will be sent again")


@events.command("announce")
def events_announce(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="items, warehouses, …")], data: Data = None
) -> None:
    """重新公布 Tell all resources of a kind again.

    The other parts can then rebuild what they know of them.

    Example: kuguan events announce items
    """
    from deploy.parked_events import announce

    print(f"{announce(_data(data), what)} 个已公布 announced")


@application.command()
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
        manifest = back_up(_data(data), target, watch)
    size = sum(int(told["bytes"]) for told in manifest["files"].values())
    count = len(manifest["files"])
    print(f"已备份 {count} 个文件({size:,} 字节)到 {target} · {count} files, {size:,} bytes")


@application.command()
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


def _data(data: Path | None) -> Path:
    return data if data is not None else data_directory()


def _moment(text: str) -> datetime:
    if text.endswith("h") and text[:-1].isascii() and text[:-1].isdigit():
        return datetime.now(UTC) - timedelta(hours=int(text[:-1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("a time such as 2026-03-01T08:00:00+08:00, or 24h") from None
    return moment if moment.tzinfo else moment.astimezone()


def _import(run: Any, all_rows: bool, as_json: bool) -> None:
    """Run an import with its progress bar, print its report; exit code 1 if nothing could be written."""
    from deploy.connection import Connection
    from deploy.presentation import progress_bar, show_report

    screen = Screen(highlight=False, stderr=as_json)
    with Connection("console") as connection, progress_bar(screen) as watch:
        report = run(connection, watch)
    if as_json:
        _print_json(report.as_json())
    else:
        show_report(screen, report, all_rows)
    nothing_left = report.totals["refused"] == 0
    if not report.dry_run and not report.written and not nothing_left:
        raise typer.Exit(1)


def _show_messages(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _print_json(answer)
        return
    from deploy.conversation import show

    show(Screen(highlight=False), answer.get("messages", []))


def _print_json(document: object) -> None:
    print(json.dumps(document, ensure_ascii=False, indent=2))


def main() -> None:
    """Run the command; a failure is one sentence in each language on the error output, and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show Chinese must not turn an answer into a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        application()
    except CommandFailed as failure:
        Screen(stderr=True, highlight=False).print(Text(str(failure), style="red"), soft_wrap=True)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has gone: nothing more to say, and no complaint at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
