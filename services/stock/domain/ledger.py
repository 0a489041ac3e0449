"""The ledger: append-only entries, each moved by one line of one document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.stock.domain.items import Measure
from services.stock.domain.shelf import Key, Place

# Movements that stock itself begins; those of orders are fixed by the order's kind.
OPENING = "opening"
OTHER_ISSUE = "other_issue"


class Move(NamedTuple):
    """What a line of a document does to a key: a signed quantity on the item's scale."""

    key: Key
    quantity: int
    line: int
    measure: Measure
    unit_cost_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why entries are written: the document, and who recorded it when and through what."""

    document: str
    movement: str
    counterpart: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    client: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement; never changed, corrected only by a further entry that names it."""

    sequence: int
    move: Move
    cause: Cause
    on_hand_after: int
    reverses: int | None = None


def entries(
    cause: Cause, moves: Iterable[Move], last_sequence: int, on_hand: dict[Place, int]
) -> Iterator[Entry]:
    """Number the moves without gaps after the last one; ``on_hand`` is what each place had before."""
    for sequence, move in enumerate(moves, start=last_sequence + 1):
        place = Place(move.key.item, move.key.warehouse)
        on_hand[place] = on_hand.get(place, 0) + move.quantity
        yield Entry(sequence, move, cause, on_hand[place])
