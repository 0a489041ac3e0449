"""Who decides: from the approvers a rule names to people who may decide this request.

The requester never decides. Who has left, or is an administrator, is replaced by the first superior who may
decide. Who already decided in this task is not counted twice: they are left out if others of the step decide,
else their superior is asked. Where nobody is found the owners of the rule are asked, the first who may; where
no owner may, the step stays without people and the task is stuck. Nothing is ever approved by default.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.approvals.domain.people import Directory
from services.approvals.domain.rules import Approver, Mode, Who
from services.approvals.domain.tasks import Assignment, Record, Step

MAXIMUM_HOLDERS = 50


@dataclass(frozen=True, slots=True)
class Circle:
    """Whom a task concerns when people are looked for."""

    requester: str
    owners: tuple[str, ...]
    spent: frozenset[str]
    directory: Directory

    def may(self, person: str, taken: Iterable[str] = ()) -> bool:
        """Whether the person may be asked: entitled, not the requester, not counted before, not asked yet."""
        return (
            person != self.requester
            and person not in self.spent
            and person not in taken
            and self.directory.may_decide(person)
        )

    def above(self, person: str, taken: Iterable[str]) -> str:
        """The first superior of the person who may be asked; empty if there is none."""
        return next((above for above in self.directory.superiors(person) if self.may(above, taken)), "")

    def owner(self, taken: Iterable[str]) -> str:
        """The first owner who may be asked; empty if there is none."""
        return next((owner for owner in self.owners if self.may(owner, taken)), "")

    def instead_of(self, people: Sequence[str], taken: Iterable[str]) -> tuple[str, str]:
        """Who is asked in the place of these people, and why; empty if nobody can be."""
        for person in people:
            above = self.above(person, taken)
            if above:
                return above, "superior"
        owner = self.owner(taken)
        return (owner, "owner") if owner else ("", "")


@dataclass(slots=True)
class _Search:
    """What was found while the approvers of a step were gone through."""

    circle: Circle
    found: dict[str, str] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    unfilled: bool = False

    def add(self, person: str, why: str) -> None:
        self.found.setdefault(person, why)

    def skip(self, person: str, note: str) -> None:
        self.records.append(Record("skipped", person=person, note=note))

    def fill(self, dropped: Sequence[str]) -> None:
        person, why = self.circle.instead_of(dropped, self.found)
        if person:
            self.add(person, why)
            self.records.append(Record("replaced", person=person, note=why))
        else:
            self.unfilled = True


def candidates(approver: Approver, circle: Circle) -> list[str]:
    """The people an approver of a rule stands for, whether or not they may decide."""
    directory = circle.directory
    if approver.who is Who.PERSON:
        return [approver.name]
    if approver.who is Who.ROLE:
        holders = directory.holders.get(approver.name, ())
        # So many people are not an approver but a crowd: the owner decides instead of a random part of it.
        return list(holders) if len(holders) <= MAXIMUM_HOLDERS else []
    requester = directory.people.get(circle.requester)
    return [requester.manager] if requester is not None and requester.manager else []


def reason(approver: Approver) -> str:
    """Why a task came to the people of an approver, as the contract words it."""
    return f"role:{approver.name}" if approver.who is Who.ROLE else approver.who.value


def resolve(step: Step, circle: Circle) -> tuple[tuple[Assignment, ...], list[Record]] | None:
    """The parts of the people who decide a step, all waiting, and what was decided on the way to them.

    None if a voice that the step needs has nobody: then the task is stuck.
    """
    search = _Search(circle)
    dropped: list[str] = []
    for approver in step.approvers:
        before = len(search.found)
        left_out, heard = _gather(approver, search)
        dropped += left_out
        # Every voice of "all" and "in sequence" has to be given; one that was given earlier is not missing.
        if step.mode is not Mode.ANY and len(search.found) == before and not heard:
            search.fill(left_out)
    if not search.found and not search.unfilled:
        search.fill(dropped)
    if search.unfilled:
        return None
    parts = tuple(Assignment(person, why, slot) for slot, (person, why) in enumerate(search.found.items()))
    return parts, search.records


def _gather(approver: Approver, search: _Search) -> tuple[list[str], bool]:
    """Add the people of one approver; returns who was left out, and whether their voice was heard before."""
    circle, left_out, heard = search.circle, list[str](), False
    for person in candidates(approver, circle):
        if circle.may(person, search.found):
            search.add(person, reason(approver))
        elif person in search.found:
            search.skip(person, "takes_part")
            left_out.append(person)
        elif person == circle.requester:
            search.skip(person, "requester")
            left_out.append(person)
        elif person in circle.spent:
            search.skip(person, "decided_before")
            left_out.append(person)
            heard = True
        else:
            search.skip(person, "not_entitled")
            left_out.append(person)
            if approver.who is not Who.ROLE:
                _add_above(person, search)
    return left_out, heard


def _add_above(person: str, search: _Search) -> None:
    above = search.circle.above(person, search.found)
    if above:
        search.add(above, "superior")
        search.records.append(Record("replaced", person=above, note="superior"))


def is_entitled(assignment: Assignment, circle: Circle) -> bool:
    """Whether the person still has the right by which the part came to them; read when it is used (R23)."""
    directory = circle.directory
    if assignment.person == circle.requester or not directory.may_decide(assignment.person):
        return False
    if assignment.why.startswith("role:"):
        return assignment.why.removeprefix("role:") in directory.people[assignment.person].roles
    if assignment.why == Who.MANAGER.value:
        requester = directory.people.get(circle.requester)
        return requester is not None and requester.manager == assignment.person
    return True


def successor(assignment: Assignment, circle: Circle, taken: Iterable[str]) -> tuple[str, str]:
    """Who takes over from a person whose right ended, and why; empty if nobody can."""
    taken = set(taken) | {assignment.person}
    options: list[str] = []
    if assignment.why.startswith("role:"):
        options = candidates(Approver(Who.ROLE, assignment.why.removeprefix("role:")), circle)
    elif assignment.why == Who.MANAGER.value:
        options = candidates(Approver(Who.MANAGER), circle)
    for option in options:
        if circle.may(option, taken):
            return option, assignment.why
    return circle.instead_of([assignment.person, *options], taken)
