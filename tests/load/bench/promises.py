"""Single promises: unary Reserve beside a call that does nothing, in turns so that both meet one noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from tests.load.bench import children, stockroom
from tests.load.bench.caller import Measured, Task, call
from tests.load.bench.stockroom import Stockroom
from tests.load.bench.table import Row, Table, at_least, at_most, told

ITEMS = 10_000
IN_FLIGHT = {32: 60.0, 256: 75.0}
_HOT_GOAL = 95.0
_TIMES_ECHO = 3.0
_KINDS = ("echo", "uniform", "hot", "alone")
"""An empty call, promises of many goods and of one with a gate as deployed, of many in one process."""


@dataclass(frozen=True)
class Length:
    """How long it is measured: every kind of call in each round."""

    rounds: int
    seconds: float


def measure(folder: Path, new_database: Callable[[], str], database: str, length: Length) -> Table:
    """Reserve over 10,000 items and over one, as a part of what a call that does nothing reaches."""
    table = Table(f"Reserve, one call one promise · {database}")
    with (
        children.module("tests.load.bench.echo", folder) as echo,
        stockroom.at_work(folder / "gate", new_database(), ITEMS, gate=True) as (room, _),
        stockroom.at_work(folder / "alone", new_database(), ITEMS) as (alone, _),
    ):
        measured = _in_turns(Called(room, alone, echo), length)
        promises = room.promises() + alone.promises()
        broken = room.broken() + alone.broken()
        gate, _ = children.memory(set(children.family(room.process)) - {room.process})
    for in_flight, goal in IN_FLIGHT.items():
        runs = {kind: measured[in_flight, kind] for kind in _KINDS}
        table.add(*_rows(in_flight, goal, runs))
    table.add(told("memory of the gate, proportional", gate, "MiB"))
    table.add(
        Row(
            "invariants afterwards",
            f"{len(broken)} broken",
            "0 broken",
            not broken,
            f"{promises:,} promises kept",
        )
    )
    return table


@dataclass(frozen=True)
class Called:
    """Who is called: stock with a gate, stock without, and the service that does nothing."""

    room: Stockroom
    alone: Stockroom
    echo: children.Child

    def task(self, kind: str, in_flight: int, number: int, seconds: float) -> Task:
        """What a caller does in a round."""
        most = int((seconds + 1) * 12_000)
        prefix = f"{kind}-{in_flight}-{number}"
        if kind == "echo":
            task = Task(self.echo.address, kind, in_flight, seconds, prefix, most=most)
            return replace(task, server=self.echo.process.pid, items=ITEMS)
        room = self.alone if kind == "alone" else self.room
        asked = "hot" if kind == "hot" else "uniform"
        return Task(
            room.address, asked, in_flight, seconds, prefix, room.token, ITEMS, most, server=room.process
        )


def _in_turns(called: Called, length: Length) -> dict[tuple[int, str], list[Measured]]:
    measured: dict[tuple[int, str], list[Measured]] = {}
    # A service that has just started reads its pages for the first time; that is another figure.
    for room in (called.room, called.alone):
        call(Task(room.address, "uniform", 32, length.seconds, "before-the-rounds", room.token, ITEMS, 5_000))
    for number in range(length.rounds):
        for in_flight in IN_FLIGHT:
            for kind in _KINDS:
                task = called.task(kind, in_flight, number, length.seconds)
                measured.setdefault((in_flight, kind), []).append(call(task))
    return measured


def _rows(in_flight: int, goal: float, runs: dict[str, list[Measured]]) -> list[Row]:
    """The middle of the rounds; ratios are taken within a round first."""
    echo, uniform, hot, alone = (runs[kind] for kind in _KINDS)
    share = _share(uniform, echo)
    of_uniform = _middle([one.rate / other.rate * 100 for one, other in zip(hot, uniform, strict=True)])
    slower = _middle([one.p99 / top.p99 for one, top in zip(uniform, echo, strict=True)])
    label = f"{in_flight} in flight"
    return [
        told(f"{label}: empty call (ceiling)", _rate(echo), "/s", _note(echo)),
        told(f"{label}: Reserve, {ITEMS:,} items", _rate(uniform), "/s", _note(uniform)),
        told(f"{label}: Reserve, one hot item", _rate(hot), "/s", _note(hot)),
        at_least(f"{label}: Reserve of the ceiling", share, goal, "%", _spread(uniform, echo)),
        told(f"{label}: in one process, without a gate", _rate(alone), "/s", _note(alone)),
        told(f"{label}: in one process, of the ceiling", _share(alone, echo), "%", _spread(alone, echo)),
        at_least(f"{label}: hot item of uniform", of_uniform, _HOT_GOAL, "%", _spread(hot, uniform)),
        at_most(f"{label}: p99 of Reserve over p99 of empty call", slower, _TIMES_ECHO, "×"),
    ]


def _share(runs: list[Measured], ceiling: list[Measured]) -> float:
    return _middle([one.rate / top.rate * 100 for one, top in zip(runs, ceiling, strict=True)])


def _middle(values: list[float]) -> float:
    return median(values)


def _rate(runs: list[Measured]) -> float:
    return _middle([run.rate for run in runs])


def _note(runs: list[Measured]) -> str:
    """Latencies, and who was busy: where neither process fills its processor, others had it."""
    p50, p99 = _middle([run.p50 for run in runs]), _middle([run.p99 for run in runs])
    server, caller = _middle([run.server_busy for run in runs]), _middle([run.caller_busy for run in runs])
    each = _middle([run.server_microseconds for run in runs])
    return (
        f"p50 {p50:.1f} p99 {p99:.1f} ms; service {server:.0%} caller {caller:.0%} busy; {each:.0f} µs/call"
    )


def _spread(runs: list[Measured], others: list[Measured]) -> str:
    ratios = [one.rate / other.rate for one, other in zip(runs, others, strict=True)]
    return "rounds: " + ", ".join(f"{ratio:.0%}" for ratio in ratios)
