"""How reports and findings look in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console as Screen
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from deploy.imports import Progress as Watcher
from deploy.parked_events import ParkedEvent
from deploy.report import Report, RowReport
from deploy.wording import REASONS, reason_words

ROWS_SHOWN = 40
_OUTCOMES = {
    "taken": ("采用", "green"),
    "mended": ("修正后采用", "yellow"),
    "unchanged": ("已有,未变", "dim"),
    "refused": ("拒绝", "red"),
}
_DOING = {"read": "读取 read", "send": "写入 send", "ask": "查询 ask", "identities": "账号 identities"}


@contextmanager
def progress_bar(screen: Screen) -> Iterator[Watcher]:
    """Show how far long work is; nothing is shown where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        tasks = {doing: bar.add_task(words, total=1, visible=False) for doing, words in _DOING.items()}

        def watch(doing: str, done: int, total: int) -> None:
            bar.update(tasks[doing], completed=done, total=total, visible=True)

        yield watch


@contextmanager
def copy_progress(screen: Screen) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far each file is copied; nothing is shown where nobody watches."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def watch(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)

        yield watch


def show_parked(screen: Screen, events: Sequence[ParkedEvent]) -> None:
    """Print parked events, one line each."""
    if not events:
        screen.print(Text("没有搁置的事件 · no event is parked", style="green"))
        return
    table = Table(title="搁置的事件 · parked events", title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    for column in ("部件 part", "事件 event", "类型 type", "对象 aggregate", "原因 reason", "时间 parked at"):
        table.add_column(column, overflow="fold")
    for event in events:
        moment = event.parked_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        values = (event.service, event.event_id, event.event_type, event.aggregate, event.reason, moment)
        table.add_row(*(Text(value) for value in values))
    screen.print(table)


def show_report(screen: Screen, report: Report, all_rows: bool) -> None:
    """Print what became of the rows: the noteworthy ones, the reasons, the totals."""
    noteworthy = [row for row in report.rows if row.findings]
    if noteworthy:
        screen.print(_rows(noteworthy if all_rows else noteworthy[:ROWS_SHOWN]))
    if len(noteworthy) > ROWS_SHOWN and not all_rows:
        rest = len(noteworthy) - ROWS_SHOWN
        screen.print(
            Text(f"……另有 {rest} 行(--all 全部显示)· {rest} more rows (--all shows them)", style="dim")
        )
    if report.reasons:
        screen.print(_reasons(report))
    for column in report.ignored_columns:
        screen.print(Text(f"未使用的列 column not used: {column}", style="dim"))
    screen.print(_totals(report))
    screen.print(_closing(report))


def _rows(rows: Sequence[RowReport]) -> Table:
    table = Table(
        title="需要注意的行 · rows to look at", title_justify="left", box=SIMPLE_HEAD, show_edge=False
    )
    table.add_column("行 row", justify="right")
    table.add_column("编码 code", overflow="fold")
    table.add_column("结果 verdict")
    table.add_column("原因 reason", overflow="fold")
    for row in rows:
        word, style = _OUTCOMES[row.outcome]
        why = "\n".join(_why(finding.reason, dict(finding.facts)) for finding in row.findings)
        table.add_row(str(row.row), Text(row.label), Text(word, style=style), Text(why))
    return table


def _why(reason: str, facts: dict[str, str]) -> str:
    chinese, _english = reason_words(reason, facts)
    return chinese.removesuffix("。")


def _reasons(report: Report) -> Table:
    table = Table(title="原因 · reasons", title_justify="left", box=SIMPLE_HEAD, show_edge=False)
    table.add_column("reason")
    table.add_column("说明 what it means", overflow="fold")
    table.add_column("结果 verdict")
    table.add_column("行 rows", justify="right")
    for reason, outcome, count in report.reasons:
        chinese, english = REASONS.get(reason, ("", ""))
        word, style = _OUTCOMES[outcome]
        meaning = f"{chinese} · {english}" if chinese else ""
        table.add_row(reason, meaning, Text(word, style=style), str(count))
    return table


def _totals(report: Report) -> Table:
    table = Table(
        title=f"{report.file}({report.encoding})", title_justify="left", box=SIMPLE_HEAD, show_edge=False
    )
    table.add_column("行 rows", justify="right")
    for word, style in _OUTCOMES.values():
        table.add_column(word, style=style, justify="right")
    totals = report.totals
    table.add_row(str(len(report.rows)), *(str(totals[outcome]) for outcome in totals))
    return table


def _closing(report: Report) -> Text:
    changed = report.totals["taken"] + report.totals["mended"]
    if report.written and changed:
        document = f"(单据 document {report.document})" if report.document else ""
        return Text(f"已写入 written{document}", style="bold green")
    if report.dry_run:
        return Text("试运行,未写入任何内容 · dry run, nothing is written", style="bold yellow")
    if report.totals["refused"] and not report.written:
        return Text(
            "未写入:有行被拒绝,改好后再导入 · nothing is written: mend the refused rows and import again",
            style="bold red",
        )
    return Text("没有需要写入的内容 · nothing new to write", style="bold")
