"""The report of an import: what became of every row, why, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from deploy.sheets import Row, Sheet

Outcome = Literal["taken", "mended", "unchanged", "refused"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass
class Finding:
    """One reason why a row was mended or refused: a stable word and what it is about."""

    reason: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class RowReport:
    """What became of one row; `label` is the code or name by which people find it."""

    row: int
    label: str
    outcome: Outcome = "taken"
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def of(cls, row: Row, label: str) -> RowReport:
        """The report of a row as it was read, with what the reader mended and refused."""
        report = cls(row.number, row.cells.get(label, ""))
        for reason in row.mended:
            report.mend(reason)
        for reason in row.refused:
            report.refuse(reason)
        return report

    def mend(self, reason: str, **facts: str) -> None:
        """Note a repair; a refused row stays refused."""
        self.findings.append(Finding(reason, facts))
        if self.outcome == "taken":
            self.outcome = "mended"

    def refuse(self, reason: str, **facts: str) -> None:
        """Note why the row cannot be taken."""
        self.findings.append(Finding(reason, facts))
        self.outcome = "refused"

    @property
    def refused(self) -> bool:
        """Whether the row was refused."""
        return self.outcome == "refused"


@dataclass
class Report:
    """The result of an import of one file."""

    file: str
    kind: str
    rows: list[RowReport]
    encoding: str = ""
    ignored_columns: Sequence[str] = ()
    dry_run: bool = False
    written: bool = False
    document: str = ""

    @classmethod
    def of(cls, path: Path, kind: str, sheet: Sheet, rows: list[RowReport], *, dry_run: bool) -> Report:
        """The report of a table as it was read; `rows` may still be empty."""
        return cls(str(path), kind, rows, sheet.encoding, sheet.ignored_columns, dry_run)

    @property
    def totals(self) -> dict[Outcome, int]:
        """How many rows had each outcome."""
        counts = Counter(row.outcome for row in self.rows)
        return {outcome: counts[outcome] for outcome in OUTCOMES}

    @property
    def reasons(self) -> list[tuple[str, Outcome, int]]:
        """How often each reason occurred, the most frequent first."""
        counts = Counter((finding.reason, row.outcome) for row in self.rows for finding in row.findings)
        ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
        return [(reason, outcome, count) for (reason, outcome), count in ordered]

    def as_json(self) -> dict[str, Any]:
        """The whole report for programs."""
        return {
            "file": self.file,
            "kind": self.kind,
            "encoding": self.encoding,
            "ignored_columns": list(self.ignored_columns),
            "dry_run": self.dry_run,
            "written": self.written,
            **({"document": self.document} if self.document else {}),
            "totals": {"rows": len(self.rows), **self.totals},
            "rows": [
                {
                    "row": row.row,
                    "label": row.label,
                    "verdict": row.outcome,
                    "reasons": [
                        {"reason": finding.reason, "facts": dict(finding.facts)} for finding in row.findings
                    ],
                }
                for row in self.rows
            ],
        }
