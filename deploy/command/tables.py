"""Words that import tables: warehouses, items, people, rules, opening stock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console as Screen

from deploy.command.options import AllRows, AsJson, DryRun, File, print_json

if TYPE_CHECKING:
    from deploy.connection import Connection
    from deploy.imports import Progress
    from deploy.report import Report

imports = typer.Typer(
    help="导入 Import items, people, stock and more.\n\n"
    "In this order 依次:\n\nwarehouses, items, people, identities, rules, opening-stock.\n\n"
    "Each table may name what those before it brought; what does not apply is left out.",
    no_args_is_help=True,
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


@imports.command("identities")
def import_identities(
    file: File,
    product: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="PRODUCT",
            help="Ask wecom, dingtalk, feishu or slack whose accounts these mobile numbers and e-mails are",
        ),
    ] = "",
    dry_run: DryRun = False,
    all_rows: AllRows = False,
    as_json: AsJson = False,
) -> None:
    """聊天账号 Bind chat accounts to people from a table of platform, tenant, user_id, person.

    With --from: of person, mobile, email; the product says whose account that is. Accounts that are bound
    stay as they are, and addresses are kept nowhere.

    Example: kuguan import identities people.csv --from feishu --dry-run
    """
    from deploy.accounts import find_identities
    from deploy.identities import import_identities
    from deploy.location import data_directory

    def run(connection: Connection, watch: Progress) -> Report:
        if not product:
            return import_identities(connection, file, dry_run=dry_run, progress=watch)
        data = data_directory()
        return find_identities(connection, file, product, data, dry_run=dry_run, progress=watch)

    _import(run, all_rows, as_json)


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


def _import(run: Callable[[Connection, Progress], Report], all_rows: bool, as_json: bool) -> None:
    """Run an import with its progress bar, print its report; exit code 1 if nothing could be written."""
    from deploy.connection import Connection
    from deploy.presentation import progress_bar, show_report

    screen = Screen(highlight=False, stderr=as_json)
    with Connection("console") as connection, progress_bar(screen) as watch:
        report = run(connection, watch)
    if as_json:
        print_json(report.as_json())
    else:
        show_report(screen, report, all_rows)
    nothing_left = report.totals["refused"] == 0
    if not report.dry_run and not report.written and not nothing_left:
        raise typer.Exit(1)
