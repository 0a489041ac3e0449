"""The audit chain: who did what, when, through which client, each row sealed with the row before (R27)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from services.kit.access import Caller
from services.kit.bulk import Prepared, inserting
from services.kit.moments import microseconds
from services.kit.tables import AUDIT

_START = b"kuguan audit chain"
_last = Prepared(select(AUDIT.c.sequence, AUDIT.c.hash).order_by(AUDIT.c.sequence.desc()).limit(1))
_insert = inserting(AUDIT)
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


def broken_links(connection: Connection) -> list[str]:
    """The rows whose hash does not follow from the row before; only the first break is telling."""
    previous, expected = _START, 1
    for row in connection.execute(select(AUDIT).order_by(AUDIT.c.sequence)).mappings():
        if row["sequence"] != expected or row["hash"] != seal(previous, expected, row):
            return [f"audit row {row['sequence']} does not follow from the row before it"]
        previous, expected = row["hash"], expected + 1
    return []
