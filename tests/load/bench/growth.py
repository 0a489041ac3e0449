"""Growth: the same questions to a small company and to a large one with a long ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.load.bench import stockroom
from tests.load.bench.caller import Measured, Task, call
from tests.load.bench.stockroom import Stockroom
from tests.load.bench.table import Table, at_most, told

_GOAL = 1.5
_ENTRIES_OF_EACH = 20
_SMALL = 1_000
_ROUNDS = 3
_QUESTIONS = {"availability": "GetAvailability", "find": "FindItems"}


@dataclass(frozen=True)
class Size:
    """How many items the large company has, and how long each question is asked in each round."""

    items: int
    seconds: float


def measure(folder: Path, new_database: Callable[[], str], database: str, size: Size) -> Table:
    """Ask one question after the other, small and large company in turn; what counts is large over small."""
    table = Table(f"flat growth · {database}")
    runs: dict[tuple[str, int], list[Measured]] = {}
    with ExitStack() as stack:
        rooms: dict[int, Stockroom] = {}
        starts: dict[int, float] = {}
        for items in (_SMALL, size.items):
            room = stockroom.at_work(folder / str(items), new_database(), items, _ENTRIES_OF_EACH)
            rooms[items], starts[items] = stack.enter_context(room)
        for number in range(_ROUNDS):
            for kind in _QUESTIONS:
                for items, room_at_work in rooms.items():
                    runs.setdefault((kind, items), []).append(
                        _ask(room_at_work, kind, items, number, size.seconds)
                    )
    goods = f"{size.items:,} items, {size.items * _ENTRIES_OF_EACH:,} entries"
    for kind, name in _QUESTIONS.items():
        small, large = runs[kind, _SMALL], runs[kind, size.items]
        pairs = list(zip(small, large, strict=True))
        table.add(
            told(f"{name}, {_SMALL:,} items, p50", median(run.p50 for run in small), "ms", _note(small)),
            told(f"{name}, {goods}, p50", median(run.p50 for run in large), "ms", _note(large)),
            at_most(f"{name}, large over small, p50", median(b.p50 / a.p50 for a, b in pairs), _GOAL, "×"),
            at_most(f"{name}, large over small, p99", median(b.p99 / a.p99 for a, b in pairs), _GOAL, "×"),
        )
    table.add(
        told(f"start until every name is known, {_SMALL:,} items", starts[_SMALL], "s"),
        told(f"start until every name is known, {size.items:,} items", starts[size.items], "s"),
    )
    return table


def _ask(room: Stockroom, kind: str, items: int, number: int, seconds: float) -> Measured:
    task = Task(
        address=room.address,
        kind=kind,
        in_flight=1,
        seconds=seconds,
        prefix=f"{kind}-{items}-{number}",
        token=room.token,
        items=items,
        most=int((seconds + 1) * 3_000),
        server=room.process,
    )
    return call(task)


def _note(runs: list[Measured]) -> str:
    each = median(run.server_microseconds for run in runs)
    return f"p99 {median(run.p99 for run in runs):.2f} ms; {each:.0f} µs of the service's processor a call"
