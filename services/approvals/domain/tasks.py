"""A task: the request for a decision about one version of an order, with its steps and the people in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.approvals.domain.refusals import AlreadyDecided, TaskChanged
from services.approvals.domain.rules import Approver, Mode

MAXIMUM_ASSIGNMENTS = 100
MAXIMUM_COMMENT = 500
REMIND_AGAIN_AFTER = timedelta(hours=1)


class TaskState(StrEnum):
    """What became of the request."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    STUCK = "stuck"


class AssignmentState(StrEnum):
    """What became of a person's part."""

    WAITING = "waiting"
    ACTIVE = "active"
    APPROVED = "approved"
    REFUSED = "refused"
    TRANSFERRED = "transferred"
    CLOSED = "closed"


class Decision(StrEnum):
    """What a person can decide."""

    APPROVE = "approve"
    REFUSE = "refuse"


LIVE = frozenset({AssignmentState.WAITING, AssignmentState.ACTIVE})
VOTED = frozenset({AssignmentState.APPROVED, AssignmentState.REFUSED})


@dataclass(frozen=True, slots=True)
class Assignment:
    """A person's part in a step. Assignments of one slot share one voice: the first of them to decide counts.

    ``required`` marks a voice that was added to the rule's own and has to agree in every mode.
    """

    person: str
    why: str
    slot: int
    state: AssignmentState = AssignmentState.WAITING
    required: bool = False
    active_since: datetime | None = None
    reminded: bool = False
    escalated: bool = False
    decided_by: str = ""
    decided_at: datetime | None = None
    comment: str = ""
    client: str = ""
    seen_version: int = 0

    @property
    def is_live(self) -> bool:
        """Whether the person may still come to decide."""
        return self.state in LIVE

    @property
    def voters(self) -> frozenset[str]:
        """Whose voice this decision used up: the person's, and that of the stand-in who gave it."""
        if self.state not in VOTED:
            return frozenset()
        return frozenset({self.person, self.decided_by or self.person})


class StepResult(StrEnum):
    """Where the voices of a step stand."""

    UNDECIDED = "undecided"
    PASSED = "passed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a task: how the rule described it, and who decides."""

    title: str
    mode: Mode
    approvers: tuple[Approver, ...] = ()
    remind_after_hours: int = 0
    escalate_after_hours: int = 0
    assignments: tuple[Assignment, ...] = ()

    def slots(self) -> dict[int, list[Assignment]]:
        """The voices in their order, each with its assignments."""
        voices: dict[int, list[Assignment]] = {}
        for assignment in sorted(self.assignments, key=lambda assignment: assignment.slot):
            voices.setdefault(assignment.slot, []).append(assignment)
        return voices

    def result(self) -> StepResult:
        """Where the voices stand; pure counting, whoever they are.

        any: the first voice decides. all and in sequence: every voice agrees, one refusal ends it. Added
        voices have to agree in every mode. Voices that nobody has any more do not count, but a step in which
        none of the rule's own voices agreed is never passed.
        """
        states = [assignment.state for assignment in self.assignments]
        if AssignmentState.REFUSED in states:
            return StepResult.REFUSED
        own_agreed = own_open = added_open = False
        for voice in self.slots().values():
            agreed = any(assignment.state is AssignmentState.APPROVED for assignment in voice)
            is_open = not agreed and any(assignment.is_live for assignment in voice)
            if voice[0].required:
                added_open = added_open or is_open
            else:
                own_agreed, own_open = own_agreed or agreed, own_open or is_open
        passed = own_agreed and not added_open and (self.mode is Mode.ANY or not own_open)
        return StepResult.PASSED if passed else StepResult.UNDECIDED

    def with_turns(self, now: datetime) -> Step:
        """The step with everybody active whose turn it is."""
        turn = self._turn()
        return self.replaced(
            replace(assignment, state=AssignmentState.ACTIVE, active_since=now)
            for assignment in self.assignments
            if assignment.state is AssignmentState.WAITING and (turn is None or assignment.slot == turn)
        )

    def _turn(self) -> int | None:
        """In a sequence the first voice that is still open; None where all have their turn at once."""
        if self.mode is not Mode.IN_SEQUENCE:
            return None
        for slot, voice in self.slots().items():
            agreed = any(assignment.state is AssignmentState.APPROVED for assignment in voice)
            if not agreed and any(assignment.is_live for assignment in voice):
                return slot
        return -1

    def replaced(self, changed: Iterable[Assignment]) -> Step:
        """The step with these assignments in the place of those of the same people, or added at the end."""
        new = {assignment.person: assignment for assignment in changed}
        kept = tuple(new.pop(assignment.person, assignment) for assignment in self.assignments)
        return replace(self, assignments=kept + tuple(new.values()))

    def closed(self, after: Assignment | None = None) -> Step:
        """The step in which nobody can decide any more; after one decision, nobody whose voice it settled."""
        return self.replaced(
            replace(assignment, state=AssignmentState.CLOSED)
            for assignment in self.assignments
            if assignment.is_live and (after is None or self._settles(after, assignment))
        )

    def _settles(self, decided: Assignment, other: Assignment) -> bool:
        any_of_both = self.mode is Mode.ANY and not decided.required and not other.required
        return any_of_both or decided.slot == other.slot

    def halted(self) -> Step:
        """The step in which everybody waits, because a voice that it needs has nobody."""
        return self.replaced(
            replace(assignment, state=AssignmentState.WAITING, active_since=None)
            for assignment in self.assignments
            if assignment.is_live
        )

    def of(self, person: str) -> Assignment | None:
        """The person's part, if they have one."""
        return next((assignment for assignment in self.assignments if assignment.person == person), None)

    def active(self) -> list[Assignment]:
        """The parts of those who may decide now."""
        return [assignment for assignment in self.assignments if assignment.state is AssignmentState.ACTIVE]

    def remind_time(self, assignment: Assignment) -> datetime | None:
        """When the person is reminded; None for never or done."""
        if not self.remind_after_hours or assignment.reminded or assignment.active_since is None:
            return None
        return assignment.active_since + timedelta(hours=self.remind_after_hours)

    def escalate_time(self, assignment: Assignment) -> datetime | None:
        """When the person's superior is asked as well; None for never or done."""
        asked_before = assignment.escalated or assignment.why == "escalated"
        if not self.escalate_after_hours or asked_before or assignment.active_since is None:
            return None
        return assignment.active_since + timedelta(hours=self.escalate_after_hours)

    @property
    def due_time(self) -> datetime | None:
        """When reminders start for those who may decide now; None without a time limit."""
        if not self.remind_after_hours:
            return None
        limit = timedelta(hours=self.remind_after_hours)
        times = [assignment.active_since + limit for assignment in self.active() if assignment.active_since]
        return min(times, default=None)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A line of the order, as far as a decision needs it; nothing here is calculated with."""

    item: str
    item_name: str
    item_name_en: str
    quantity: str
    unit: str
    warehouse: str
    amount: int | None


@dataclass(frozen=True, slots=True)
class Task:
    """The request for a decision about one version of an order. ``amount`` is in millionths of a yuan."""

    name: str
    order: str
    order_number: int
    order_version: int
    kind: str
    requester: str
    department: str
    purpose: str
    amount: int | None
    lines: tuple[TaskLine, ...]
    state: TaskState
    steps: tuple[Step, ...]
    current_step: int
    rule: str
    rule_version: int
    rule_title: str
    rule_title_en: str
    owners: tuple[str, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    reminded_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a decision is still to come."""
        return self.state in {TaskState.OPEN, TaskState.STUCK}

    @property
    def step(self) -> Step | None:
        """The step that is being decided; None where the rule asks for nobody."""
        return self.steps[self.current_step] if self.current_step < len(self.steps) else None

    def with_step(self, step: Step) -> Task:
        """The task with its current step as given."""
        steps = list(self.steps)
        steps[self.current_step] = step
        return replace(self, steps=tuple(steps))

    def assignments(self) -> Iterator[Assignment]:
        """Every part of every step."""
        for step in self.steps:
            yield from step.assignments

    def holders(self) -> list[Assignment]:
        """The parts of those who may decide now by their own right."""
        step = self.step
        return step.active() if step is not None and self.state is TaskState.OPEN else []

    def spent(self) -> frozenset[str]:
        """Everybody whose voice was already used in this task: nobody is counted twice (R23)."""
        return frozenset().union(*(assignment.voters for assignment in self.assignments()))

    def check_open(self) -> None:
        """Raises AlreadyDecided if the task is over."""
        if not self.is_open:
            time = self.ended_at.isoformat() if self.ended_at else ""
            raise AlreadyDecided(self.name, self.state, self.ended_by, time)

    def check_version(self, seen: int) -> None:
        """Raises TaskChanged if the caller saw another version (R24)."""
        if seen != self.version:
            raise TaskChanged(self.name, self.version, self.state)


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened to a task: what, in which step, to whom, by whom, and why."""

    action: str
    step: int = 0
    person: str = ""
    by: str = ""
    note: str = ""
