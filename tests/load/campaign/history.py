"""What was asked and what came back, compared with what is there in the end.

Answered: its effect is there once. Refused: it is not there. Unknown: it is there once, or not at all.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from threading import Lock


class Outcome(Enum):
    """What the caller knows about an operation."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Operation:
    """One change that was asked for, however often; ``key`` finds its effect."""

    kind: str
    key: str
    outcome: Outcome
    asked: int = 1
    reason: str = ""


@dataclass
class History:
    """All operations of a load, from all its threads."""

    operations: list[Operation] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, operation: Operation) -> None:
        """Write an operation down once nothing more will be heard of it."""
        with self._lock:
            self.operations.append(operation)

    def count(self) -> Counter[str]:
        """How many operations ended in which way."""
        with self._lock:
            return Counter(operation.outcome.value for operation in self.operations)

    def snapshot(self) -> list[Operation]:
        """The operations so far."""
        with self._lock:
            return list(self.operations)


EFFECTS: Mapping[str, tuple[str, str]] = {
    "place": ("orders", "SELECT request_id, count(*) FROM orders GROUP BY request_id"),
    "cancel": (
        "orders",
        "SELECT subject, count(*) FROM audit WHERE action = 'cancel_order' AND outcome = 'done' GROUP BY 1",
    ),
    "decide": ("approvals", "SELECT request_id, count(*) FROM votes GROUP BY request_id"),
    "reserve": ("stock", "SELECT request_id, count(*) FROM reservations GROUP BY request_id"),
    "release": (
        "stock",
        "SELECT subject, count(*) FROM audit WHERE action = 'release' AND outcome = 'done' GROUP BY 1",
    ),
    "hand over": ("stock", "SELECT request_id, count(*) FROM entries GROUP BY request_id"),
}
"""For each kind of operation: whose database shows its effect, and how often it is there by key."""


def effects(data: Path) -> dict[str, dict[str, int]]:
    """What is there now: for each kind, how often each key took effect."""
    found: dict[str, dict[str, int]] = {}
    for kind, (part, statement) in EFFECTS.items():
        with closing(sqlite3.connect(f"file:{data / part}.sqlite3?mode=ro", uri=True, timeout=10)) as looking:
            found[kind] = {str(key): int(count) for key, count in looking.execute(statement)}
    return found


def differences(operations: Sequence[Operation], found: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Where the history and the final state do not fit together, in words."""
    wrong: list[str] = []
    for one in operations:
        count = found[one.kind].get(one.key, 0)
        fits = {
            Outcome.ANSWERED: count == 1,
            Outcome.REFUSED: count == 0,
            Outcome.UNKNOWN: count in (0, 1),
        }
        if not fits[one.outcome]:
            wrong.append(f"{one.kind} {one.key} was {one.outcome.value} and is there {count} times")
    return wrong


def rare_states(operations: Sequence[Operation], found: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    """What callers came through, by name."""
    seen: Counter[str] = Counter()
    for one in operations:
        seen[f"operations {one.outcome.value}"] += 1
        if one.asked > 1 and one.outcome is Outcome.ANSWERED:
            seen["answered when asked again"] += 1
        if one.outcome is Outcome.UNKNOWN:
            there = found[one.kind].get(one.key, 0)
            seen["unknown, and it is there" if there else "unknown, and it is not there"] += 1
    return seen
