"""Growth: the same questions to a small company and to a large one with a long ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.load.bench import stockroom
from tests.load.bench.caller import Measured, Task, call
from tests.load.bench.table import Table, at_most, told

_GOAL = 1.5
_ENTRIES_OF_EACH = 20
_SMALL = 1_000
_QUESTIONS = {"availability": "GetAvailability", "find": "FindItems"}


@dataclass(frozen=True)
class Size:
    """How many items the large company has, and how long each question is asked."""

    items: int
    seconds: float


def measure(folder: Path, new_database: Callable[[], str], database: str, size: Size) -> Table:
    """Ask one question after the other; what counts is the time of an answer, large over small."""
    table = Table(f"flat growth · {database}")
    runs: dict[str, dict[int, Measured]] = {kind: {} for kind in _QUESTIONS}
    starts: dict[int, float] = {}
    for items in (_SMALL, size.items):
        where = folder / str(items)
        with stockroom.at_work(where, new_database(), items, _ENTRIES_OF_EACH) as (room, seconds):
            starts[items] = seconds
            for kind in _QUESTIONS:
                task = Task(
                    address=room.address,
                    kind=kind,
                    in_flight=1,
                    seconds=size.seconds,
                    prefix=f"{kind}-{items}",
                    token=room.token,
                    items=items,
                    most=int((size.seconds + 1) * 3_000),
                    server=room.process,
                )
                runs[kind][items] = call(task)
    goods = f"{size.items:,} items, {size.items * _ENTRIES_OF_EACH:,} entries"
    for kind, name in _QUESTIONS.items():
        small, large = runs[kind][_SMALL], runs[kind][size.items]
        table.add(
            told(f"{name}, {_SMALL:,} items, p50", small.p50, "ms", _note(small)),
            told(f"{name}, {goods}, p50", large.p50, "ms", _note(large)),
            at_most(f"{name}, large over small, p50", large.p50 / small.p50, _GOAL, "×"),
            at_most(f"{name}, large over small, p99", large.p99 / small.p99, _GOAL, "×"),
        )
    table.add(
        told(f"start until every name is known, {_SMALL:,} items", starts[_SMALL], "s"),
        told(f"start until every name is known, {size.items:,} items", starts[size.items], "s"),
    )
    return table


def _note(measured: Measured) -> str:
    return (
        f"p99 {measured.p99:.2f} ms; {measured.server_microseconds:.0f} µs of the service's processor a call"
    )
