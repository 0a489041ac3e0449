"""Tables of figures: what was reached beside what was aimed at, and whether that is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from tests.load.bench.machine import load_average


@dataclass(frozen=True)
class Row:
    """One figure. ``met`` is None where nothing was aimed at."""

    name: str
    value: str
    goal: str = ""
    met: bool | None = None
    note: str = ""


def at_least(name: str, value: float, goal: float, unit: str, note: str = "") -> Row:
    """A figure that should be large."""
    return Row(name, f"{number(value)} {unit}", f"≥ {number(goal)} {unit}", value >= goal, note)


def at_most(name: str, value: float, goal: float, unit: str, note: str = "") -> Row:
    """A figure that should be small."""
    return Row(name, f"{number(value)} {unit}", f"≤ {number(goal)} {unit}", value <= goal, note)


def told(name: str, value: float, unit: str, note: str = "") -> Row:
    """A figure without a goal."""
    return Row(name, f"{number(value)} {unit}", note=note)


def number(value: float) -> str:
    """A figure with as many digits as mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


@dataclass
class Table:
    """The figures of one measurement, and how busy the machine was meanwhile."""

    title: str
    rows: list[Row] = field(default_factory=list)
    load_before: float = field(default_factory=load_average)
    load_after: float = 0.0

    def add(self, *rows: Row) -> None:
        """Note figures in the order they are to be read."""
        self.rows.extend(rows)
        self.load_after = load_average()

    def show(self, screen: Console) -> None:
        """Print it."""
        drawn = Drawn(box=SIMPLE_HEAD, show_edge=False, title_justify="left", title_style="bold")
        drawn.title = f"{self.title}  (load average {self.load_before:.1f} → {self.load_after:.1f})"
        drawn.add_column("figure")
        drawn.add_column("value", justify="right", no_wrap=True)
        drawn.add_column("goal", justify="right", no_wrap=True)
        drawn.add_column("", no_wrap=True)
        drawn.add_column("note", overflow="fold")
        for row in self.rows:
            drawn.add_row(row.name, row.value, row.goal, _verdict(row.met), Text(row.note, style="dim"))
        screen.print(drawn)
        screen.print()

    def as_json(self) -> dict[str, Any]:
        """All of it, for comparing runs."""
        return asdict(self)


def summary(tables: Sequence[Table], seconds: float) -> str:
    """One line about all goals."""
    verdicts = [row.met for table in tables for row in table.rows if row.met is not None]
    missed = verdicts.count(False)
    return (
        f"{len(verdicts)} goals: {len(verdicts) - missed} met, {missed} missed; the run took {seconds:.0f} s"
    )


def _verdict(met: bool | None) -> Text:
    if met is None:
        return Text("")
    return Text("met", style="green") if met else Text("missed", style="bold red")
