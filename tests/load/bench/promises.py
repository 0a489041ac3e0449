"""Single promises: unary Reserve beside a call that does nothing, in turns so that both meet one noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
_KINDS = ("echo", "uniform", "hot")


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
        stockroom.at_work(folder, new_database(), ITEMS) as (room, _),
    ):
        measured = _in_turns(room, echo, length)
        promises = room.promises()
        broken = room.broken()
    for in_flight, goal in IN_FLIGHT.items():
        runs = {kind: measured[in_flight, kind] for kind in _KINDS}
        table.add(*_rows(in_flight, goal, runs))
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


def _in_turns(room: Stockroom, echo: children.Child, length: Length) -> dict[tuple[int, str], list[Measured]]:
    measured: dict[tuple[int, str], list[Measured]] = {}
    # A service that has just started reads its pages for the first time; that is another figure.
    call(Task(room.address, "uniform", 32, length.seconds, "before-the-rounds", room.token, ITEMS, 5_000))
    for number in range(length.rounds):
        for in_flight in IN_FLIGHT:
            for kind in _KINDS:
                is_echo = kind == "echo"
                task = Task(
                    address=echo.address if is_echo else room.address,
                    kind=kind,
                    in_flight=in_flight,
                    seconds=length.seconds,
                    prefix=f"{kind}-{in_flight}-{number}",
                    token="" if is_echo else room.token,
                    items=ITEMS,
                    most=int((length.seconds + 1) * 12_000),
                    server=echo.process.pid if is_echo else room.process,
                )
                measured.setdefault((in_flight, kind), []).append(call(task))
    return measured


def _rows(in_flight: int, goal: float, runs: dict[str, list[Measured]]) -> list[Row]:
    """The middle of the rounds; ratios are taken within a round first."""
    echo, uniform, hot = (runs[kind] for kind in _KINDS)
    share = _middle([one.rate / top.rate * 100 for one, top in zip(uniform, echo, strict=True)])
    of_uniform = _middle([one.rate / other.rate * 100 for one, other in zip(hot, uniform, strict=True)])
    slower = _middle([one.p99 / top.p99 for one, top in zip(uniform, echo, strict=True)])
    label = f"{in_flight} in flight"
    return [
        told(f"{label}: empty call (ceiling)", _rate(echo), "/s", _note(echo)),
        told(f"{label}: Reserve, {ITEMS:,} items", _rate(uniform), "/s", _note(uniform)),
        told(f"{label}: Reserve, one hot item", _rate(hot), "/s", _note(hot)),
        at_least(f"{label}: Reserve of the ceiling", share, goal, "%", _spread(uniform, echo)),
        told(
            f"{label}: the same by processor time",
            min(run.server_microseconds for run in echo)
            / min(run.server_microseconds for run in uniform)
            * 100,
            "%",
            "the service's own time for each call, best rounds; others at work change it least",
        ),
        at_least(f"{label}: hot item of uniform", of_uniform, _HOT_GOAL, "%", _spread(hot, uniform)),
        at_most(f"{label}: p99 of Reserve over p99 of empty call", slower, _TIMES_ECHO, "×"),
    ]


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
