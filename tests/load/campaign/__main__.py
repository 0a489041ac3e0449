"""`make campaign`: kills, races, lost brokers, full disks and power cuts against the whole system.

Every trial prints its seed, its counts and the rare states it reached; a state never reached is a failure, as
is everything that does not fit together afterwards. What a machine does not allow is skipped, loudly.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from tests.load.campaign import (
    backups,
    broker_away,
    events,
    full_disk,
    kills,
    last_units,
    power_cut,
    steps,
    taps,
)
from tests.load.campaign.traffic import bring_goods
from tests.load.campaign.trial import Kind, Missing, Told, Trial, at_work

KINDS = (
    Kind(
        "kills",
        "processes killed",
        60,
        1_000,
        kills.RARE,
        kills.RARE_WHEN_LONG,
        on_system=kills.random_kills,
    ),
    Kind("steps", "kills at each step", 3, 50, steps.RARE, on_system=steps.kills_at_steps),
    Kind("last-units", "rounds on each database", 20, 1_000, last_units.RARE, alone=last_units.last_units),
    Kind("taps", "orders with 16 copies of each tap", 20, 625, taps.RARE, on_system=taps.taps),
    Kind("events", "seconds of events in any order", 10, 300, events.RARE, on_system=events.events),
    Kind("broker", "times down, frozen, emptied", 2, 20, broker_away.RARE, on_system=broker_away.broker_away),
    Kind(
        "backups",
        "backups, restored and started",
        2,
        20,
        backups.RARE,
        backups.RARE_WHEN_STARTED,
        on_system=backups.backups_that_start,
    ),
    Kind("full-disk", "times full", 2, 10, full_disk.RARE, alone=full_disk.full_disk),
    Kind("power-cut", "power cuts", 5, 200, power_cut.RARE, alone=power_cut.power_cuts),
)


def run(kind: Kind, seed: int, rounds: int, *, long: bool) -> Told:
    """One trial on a system of its own."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"kuguan-{kind.name}-", ignore_cleanup_errors=True) as folder:
        trial = Trial(seed, rounds, Path(folder), long)
        failed = skipped = ""
        try:
            if kind.alone is not None:
                kind.alone(trial)
            else:
                assert kind.on_system is not None
                with at_work(Path(folder) / "data") as system:
                    bring_goods(system)
                    kind.on_system(trial, system)
        except Missing as missing:
            skipped = str(missing)
        except Exception:  # noqa: BLE001 - told at the end, after the other trials
            failed = traceback.format_exc()
    wanted = (*kind.rare, *(kind.rare_when_long if long else ()))
    never = () if skipped else tuple(state for state in wanted if not trial.seen[state])
    return Told(kind.name, seed, time.monotonic() - began, dict(trial.seen), never, failed, skipped)


def show(screen: Console, told: Told) -> None:
    """The counts of a trial and what went wrong."""
    if told.skipped:
        screen.print("#" * 80, f"SKIPPED {told.name}: {told.skipped}", "#" * 80, sep="\n", markup=False)
        return
    table = Table("state", "times", box=SIMPLE_HEAD, show_edge=False)
    for state, times in sorted(told.seen.items()):
        table.add_row(state, str(times))
    for state in told.never:
        table.add_row(state, "NEVER")
    screen.print(table)
    if told.failed:
        screen.print(told.failed, markup=False)
    screen.print(f"{told.name}: {_verdict(told)} in {told.seconds:.0f} s, seed {told.seed}", markup=False)


def _verdict(told: Told) -> str:
    if told.skipped:
        return "SKIPPED"
    return "FAILED" if told.failed else "NOT EVERYTHING REACHED" if told.never else "held"


def main() -> int:
    """Run all trials or one; 1 if something did not hold or was never reached."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.campaign", description=__doc__)
    parser.add_argument("--long", action="store_true", help="as much as before a release; takes hours")
    parser.add_argument("--seed", type=int, default=0, help="repeat the choices of a run")
    parser.add_argument("--only", choices=[kind.name for kind in KINDS], help="one kind of trial")
    parser.add_argument("--rounds", type=int, default=0, help="so much of it, whatever is usual")
    asked = parser.parse_args()
    seed = asked.seed or random.SystemRandom().randrange(1, 1_000_000)
    screen = Console(highlight=False, width=110)
    screen.print(f"seed {seed}")
    results = []
    for kind in KINDS:
        if asked.only in (None, kind.name):
            rounds = asked.rounds or (kind.long if asked.long else kind.short)
            screen.print(f"\n{kind.name}: {rounds} {kind.what}", style="bold", markup=False)
            results.append(run(kind, seed, rounds, long=asked.long))
            show(screen, results[-1])
    summary = Table("trial", "result", "states reached", "seconds", "seed", box=SIMPLE_HEAD, show_edge=False)
    for told in results:
        reached = f"{len([state for state, times in told.seen.items() if times])}"
        summary.add_row(told.name, _verdict(told), reached, f"{told.seconds:.0f}", str(told.seed))
    screen.print(summary)
    return 1 if any(told.failed or told.never for told in results) else 0


if __name__ == "__main__":
    sys.exit(main())
