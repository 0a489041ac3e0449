"""A system under trial: `kuguan up` with real processes that can be told to die at a step."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.journey.system import System

INSIDE: Final = Path(__file__).parent / "inside"


class Missing(Exception):
    """This machine cannot do what the trial needs; the trial is skipped, loudly."""


@dataclass
class Trial:
    """One trial of a campaign: its seed, how much of it, and what it came through."""

    seed: int
    rounds: int
    folder: Path
    long: bool = False
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.began = time.monotonic()

    def saw(self, state: str, times: int = 1) -> None:
        """Count a rare state that was reached."""
        self.seen[state] += times


@dataclass(frozen=True)
class Kind:
    """A kind of trial: what it does, how much of it short and long, and what it has to come through."""

    name: str
    what: str
    short: int
    long: int
    rare: tuple[str, ...]
    rare_when_long: tuple[str, ...] = ()
    on_system: Callable[[Trial, Tried], None] | None = None
    alone: Callable[[Trial], None] | None = None


@dataclass(frozen=True)
class Told:
    """What a trial tells at its end."""

    name: str
    seed: int
    seconds: float
    seen: Mapping[str, int]
    never: tuple[str, ...] = ()
    failed: str = ""
    skipped: str = ""


class Tried(System):
    """`kuguan up --demo` with the campaign's own module in all its processes."""

    def __init__(self, data: Path, *, demo: bool = True) -> None:
        super().__init__(data, demo=demo)
        self.orders = data.with_name(f"{data.name}.campaign")
        self.orders.mkdir(parents=True, exist_ok=True)

    def environment(self) -> dict[str, str]:
        """As for every system, with the folder of the module first on the path."""
        around = super().environment()
        path = os.pathsep.join(filter(None, [str(INSIDE), around.get("PYTHONPATH", "")]))
        return {**around, "PYTHONPATH": path, "KUGUAN_CAMPAIGN": str(self.orders)}

    def arm(self, part: str, step: str) -> None:
        """Let a part die the next time it comes to a step."""
        (self.orders / f"{part}.killed").unlink(missing_ok=True)
        fresh = self.orders / f"{part}.fresh"
        fresh.write_text(step, encoding="utf-8")
        fresh.rename(self.orders / f"{part}.kill")

    def died(self, part: str) -> bool:
        """Whether the armed part has died at its step."""
        return (self.orders / f"{part}.killed").exists()

    def disarm(self, part: str) -> None:
        """Let a part live that never came to its step."""
        (self.orders / f"{part}.kill").unlink(missing_ok=True)

    @contextmanager
    def pausing(self, seconds: float) -> Iterator[None]:
        """Let so much time pass before a part that died is started again."""
        asked = self.orders / "pause"
        asked.write_text(str(seconds), encoding="utf-8")
        try:
            yield
        finally:
            asked.unlink()

    @contextmanager
    def mixing(self, *parts: str) -> Iterator[None]:
        """Let parts publish their events in any order and some of them twice."""
        for part in parts:
            (self.orders / f"{part}.mix").touch()
        try:
            yield
        finally:
            for part in parts:
                (self.orders / f"{part}.mix").unlink()

    def was_killed(self) -> None:
        """All processes were killed from outside: forget them, so that it can be started again."""
        self._forget_connection()
        process, self._process = self._process, None
        assert process is not None
        process.wait(30)

    def broken(self) -> list[str]:
        """What `kuguan verify` finds wrong, each with its part; nothing when all is well."""
        done = self.command("verify", "--data", str(self.data), "--json", check=False)
        rows = json.loads(done.stdout)["checks"] if done.stdout else []
        assert rows, f"verify said nothing: {done.stderr}"
        return [f"{row['part']} {row['invariant']}: {text}" for row in rows for text in row["broken"]]

    def lose_events(self) -> None:
        """Delete everything the broker has; it must not be running."""
        shutil.rmtree(self.data / "broker" / "jetstream")


@contextmanager
def at_work(folder: Path, make: Callable[[Path], Tried] = Tried) -> Iterator[Tried]:
    """A system under trial, started; it ends with the block."""
    system = make(folder)
    system.start()
    try:
        yield system
    finally:
        system.stop()
