"""The audit chain: who did what, when, through which client, each row sealed with the row before (R27)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from services.kit.access import Caller
from services.kit.bulk import Prepared, inserting
from services.kit.moments import microseconds
from services.kit.tables import AUDIT

_START = b"kuguan audit chain"
_last = Prepared(select(AUDIT.c.sequence, AUDIT.c.hash).order_by(AUDIT.c.sequence.desc()).limit(1))
_insert = inserting(AUDIT)
# The chain is read in pieces: no statement over all of it would end in the time that statements have.
ROWS_AT_ONCE = 2_000
_PIECE = (
    select(AUDIT)
    .where(AUDIT.c.sequence > bindparam("sequence"))
    .order_by(AUDIT.c.sequence)
    .limit(ROWS_AT_ONCE)
)
_HASH = select(AUDIT.c.hash).where(AUDIT.c.sequence == bindparam("sequence"))
_LENGTH = 500
# What a text column of some database cannot hold: one such subject would undo a whole group of changes.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that somebody did or tried to do."""

    time: datetime
    actor: str
    client: str
    action: str
    subject: str
    outcome: str
    facts: str

    @classmethod
    def of(
        cls, time: datetime, caller: Caller, action: str, subject: str, outcome: str, facts: Mapping[str, str]
    ) -> Record:
        """A record with its facts as canonical JSON; whatever it holds is bounded and can be stored."""
        bounded = {name: _bounded(str(value)) for name, value in facts.items()}
        text = json.dumps(bounded, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return cls(time, caller.name, caller.client, action, _bounded(subject), outcome, text)


def _bounded(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text[:_LENGTH])


def seal(previous: bytes, sequence: int, row: Mapping[Any, Any]) -> bytes:
    """SHA-256 of the hash before and the canonical bytes of the row."""
    values = [sequence, row["time"].isoformat()]
    values += [row[name] for name in ("actor", "client", "action", "subject", "outcome", "facts")]
    body = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return hashlib.sha256(previous + body).digest()


def append(connection: Connection, records: Sequence[Record]) -> None:
    """Add records to the end of the chain; the caller's transaction is the only one that writes."""
    if not records:
        return
    last = _last(connection)
    sequence, previous = (last[0].sequence, last[0].hash) if last else (0, _START)
    rows = []
    for record in records:
        sequence += 1
        row: dict[str, Any] = {name: getattr(record, name) for name in Record.__slots__}
        previous = seal(previous, sequence, row)
        row["time"] = microseconds(record.time)
        rows.append((sequence, *row.values(), previous))
    _insert(connection, rows)


class Walk:
    """How far the chain was seen to be whole, to go on from there: all of it takes minutes after a year."""

    def __init__(self, at_most: int | None = None) -> None:
        """``at_most`` bounds the rows of one look, rounded up to whole pieces; None looks at all."""
        self._at_most = at_most
        self._sequence, self._hash = 0, _START

    def broken_links(self, connection: Connection) -> list[str]:
        """The first row that does not follow from the row before it, from where the last look ended.

        A look never goes past a broken row, so the next one finds it again; what was seen before is not read
        again, except for its last row.
        """
        seen = {"sequence": self._sequence}
        if self._sequence and connection.scalar(_HASH, seen) != self._hash:
            return [f"audit row {self._sequence} is not what it was when it was last looked at"]
        looked_at = 0
        while self._at_most is None or looked_at < self._at_most:
            piece = connection.execute(_PIECE, {"sequence": self._sequence}).mappings().all()
            for row in piece:
                expected = self._sequence + 1
                if row["sequence"] != expected or row["hash"] != seal(self._hash, expected, row):
                    return [f"audit row {row['sequence']} does not follow from the row before it"]
                self._sequence, self._hash = expected, row["hash"]
            looked_at += len(piece)
            if len(piece) < ROWS_AT_ONCE:
                break
        return []


def broken_links(connection: Connection) -> list[str]:
    """The first row of the whole chain that does not follow from the row before it."""
    return Walk().broken_links(connection)
