"""An import of people: a verdict for each row, then all rows or none. Managers may stand further down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.approvals.domain.people import CHANGEABLE, ManagerCycle, OwnRights, Person, in_cycles
from services.kit.errors import Duplicate, InvalidField, KuguanError, NoSuch

MAXIMUM_ROWS = 5_000


class Verdict(StrEnum):
    """What happened to a row."""

    TAKEN = "taken"
    MENDED = "mended"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the caller's file."""

    number: int
    person: Person


@dataclass(frozen=True, slots=True)
class RowResult:
    """The verdict on a row; ``person`` is what would be written, None if nothing."""

    row: int
    verdict: Verdict
    reason: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    person: Person | None = None

    @classmethod
    def refused(cls, row: Row, error: KuguanError) -> RowResult:
        """A row that cannot be taken."""
        return cls(
            row.number,
            Verdict.REFUSED,
            error.reason,
            {name: text[:200] for name, text in error.facts.items()},
        )


def judge(
    rows: Sequence[Row],
    known: Mapping[str, Person],
    managers: Mapping[str, str],
    importer: str,
    now: datetime,
) -> list[RowResult]:
    """The verdict on each row, in their order.

    ``known`` are the people of the rows and of their managers who are there already, ``managers`` everybody's
    manager. Raises InvalidField if there are no rows or too many.
    """
    if not 1 <= len(rows) <= MAXIMUM_ROWS:
        raise InvalidField("rows", f"1 to {MAXIMUM_ROWS}")
    named = {row.person.id for row in rows}
    seen: set[str] = set()
    results = []
    for row in rows:
        try:
            results.append(_judge_row(row, known, named, seen, importer, now))
        except KuguanError as error:
            results.append(RowResult.refused(row, error))
        seen.add(row.person.id)
    return _without_cycles(rows, results, managers)


def _judge_row(
    row: Row, known: Mapping[str, Person], named: set[str], seen: set[str], importer: str, now: datetime
) -> RowResult:
    if row.person.id in seen:
        raise Duplicate("person", row.person.id)
    person = row.person.checked()
    if person.manager == person.id:
        raise ManagerCycle(person.id, person.manager)
    if person.manager and person.manager not in named and person.manager not in known:
        raise NoSuch("person", person.manager)
    before = known.get(person.id)
    if before is None:
        person = replace(person, created_at=now, updated_at=now)
    elif before.same_as(person):
        return RowResult(row.number, Verdict.UNCHANGED)
    else:
        if person.id == importer and before.changes_rights(person):
            raise OwnRights(person.id)
        person = before.changed(person, CHANGEABLE, now)
    if any(getattr(person, name) != getattr(row.person, name) for name in ("name", "name_en", "department")):
        return RowResult(row.number, Verdict.MENDED, "TIDIED", person=person)
    return RowResult(row.number, Verdict.TAKEN, person=person)


def _without_cycles(
    rows: Sequence[Row], results: Sequence[RowResult], managers: Mapping[str, str]
) -> list[RowResult]:
    """The results with every row refused that would make somebody their own superior."""
    chain = dict(managers)
    for result in results:
        if result.person is not None:
            chain[result.person.id] = result.person.manager
    cyclic = in_cycles(chain)
    return [
        RowResult.refused(row, ManagerCycle(row.person.id, row.person.manager))
        if result.person is not None and result.person.id in cyclic
        else result
        for row, result in zip(rows, results, strict=True)
    ]


def all_taken(results: Sequence[RowResult]) -> bool:
    """Whether no row was refused, so that the import may be written."""
    return all(result.verdict is not Verdict.REFUSED for result in results)
