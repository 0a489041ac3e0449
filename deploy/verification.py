"""`kuguan verify`: every invariant of every part on its database, and what passes between them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console as Screen
from rich.table import Table
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from deploy.declarations import declarations
from deploy.errors import CommandFailed
from deploy.location import database_url
from deploy.locks import is_running
from services.kit.database import Database
from services.kit.service import Service
from services.kit.tables import AGGREGATES, HEARD, PARKED
from services.kit.verify import Finding, verify

# A running system needs a moment until its last events have arrived everywhere.
CALM_SECONDS = 15.0
_PAUSE_SECONDS = 0.5
_ROWS_SHOWN = 20


@dataclass(frozen=True)
class Opened:
    """A part with its database."""

    service: Service
    database: Database


@contextmanager
def opened(data: Path, urls: Mapping[str, str]) -> Iterator[list[Opened]]:
    """The databases of all parts; `urls` overrides where a part's database is. Raises CommandFailed."""
    parts: list[Opened] = []
    try:
        for service in declarations():
            url = urls.get(service.name) or database_url(data, service.name)
            path = Path(url.removeprefix("sqlite:///"))
            if url.startswith("sqlite") and not path.exists():
                raise CommandFailed(
                    f"找不到 {service.name} 的数据库 {path}。用 --data 指明数据目录。",
                    f"There is no database of {service.name} at {path}. Name the data directory with --data.",
                )
            parts.append(Opened(service, Database(url, service.name)))
        yield parts
    finally:
        for part in parts:
            part.database.dispose()


def verify_system(data: Path, urls: Mapping[str, str], *, at_rest: bool = False) -> list[Finding]:
    """Run every check; raises CommandFailed when a database is missing.

    Where no system runs, and for whoever holds its lock and is `at_rest`, events on their way are no fault.
    """
    with opened(data, urls) as parts:
        findings: list[Finding] = []
        for part in parts:
            try:
                findings += verify(part.database, part.service)
            except DBAPIError as error:
                unreadable = (f"{part.service.name}: {error.orig}",)
                findings.append(Finding(part.service.name, "–", "the database can be read", unreadable))
        if all(finding.invariant != "–" for finding in findings):
            findings += _deliveries(parts, calm=at_rest or not is_running(data))
        return findings


def _deliveries(parts: Sequence[Opened], *, calm: bool) -> list[Finding]:
    """What each part heard against what was announced: nothing unheard of, and nothing missing for long."""
    announcers = {part.service.announces: part for part in parts if part.service.announces}
    findings = []
    for part in parts:
        for package in part.service.hears:
            if package not in announcers:
                continue
            title = f"{part.service.name} heard what {package} announced"
            ahead, behind = _compare(part, announcers[package], package)
            ends = time.monotonic() + CALM_SECONDS
            while behind and not calm and time.monotonic() < ends:
                time.sleep(_PAUSE_SECONDS)
                ahead, behind = _compare(part, announcers[package], package)
            # In a stopped system events may still be on their way: they arrive at the next start.
            broken = ahead if calm else [*ahead, *behind]
            findings.append(Finding(part.service.name, "I15", title, tuple(broken[:_ROWS_SHOWN])))
    return findings


def _compare(listener: Opened, announcer: Opened, package: str) -> tuple[list[str], list[str]]:
    with listener.database.reading.begin() as connection:
        rows = connection.execute(
            select(HEARD.c.aggregate, HEARD.c.last_sequence).where(HEARD.c.source == package)
        )
        heard: dict[str, int] = {row.aggregate: row.last_sequence for row in rows}
        parked = set(
            connection.execute(select(PARKED.c.aggregate).where(PARKED.c.source == package)).scalars()
        )
    with announcer.database.reading.begin() as connection:
        told = {row.aggregate: row.last_sequence for row in connection.execute(select(AGGREGATES))}
    ahead = [
        f"{package} {name}: heard up to {sequence}, announced up to {told.get(name, 0)}"
        for name, sequence in heard.items()
        if sequence > told.get(name, 0)
    ]
    behind = [
        f"{package} {name}: heard up to {heard.get(name, 0)} of {sequence}"
        for name, sequence in told.items()
        if heard.get(name, 0) < sequence and name not in parked
    ]
    return ahead, behind


def show_findings(screen: Screen, findings: Sequence[Finding]) -> bool:
    """Print one line for each check and the rows that break one; answers whether all is well."""
    table = Table(box=SIMPLE_HEAD, show_edge=False)
    table.add_column("部件 part")
    table.add_column("编号 no.")
    table.add_column("检查 check", overflow="fold")
    table.add_column("结果 result")
    for finding in findings:
        well = not finding.broken
        result = Text("✓", style="green") if well else Text(f"✗ {len(finding.broken)}", style="bold red")
        table.add_row(finding.service, finding.invariant, Text(finding.title), result)
    screen.print(table)
    broken = [finding for finding in findings if finding.broken]
    for finding in broken:
        for row in finding.broken:
            screen.print(Text(f"✗ {finding.service} {finding.invariant} {row}", style="red"))
    if broken:
        screen.print(Text(f"{len(broken)} 项不成立 · {len(broken)} checks failed", style="bold red"))
    else:
        screen.print(
            Text(f"{len(findings)} 项全部成立 · all {len(findings)} checks hold", style="bold green")
        )
    return not broken
