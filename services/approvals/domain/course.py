"""The course of a task: it opens, goes from step to step, and follows time and changes among the people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.approvals.domain.people import Directory
from services.approvals.domain.resolution import Circle, is_entitled, resolve, successor
from services.approvals.domain.rules import Mode, Rule, RuleStep
from services.approvals.domain.tasks import (
    MAXIMUM_ASSIGNMENTS,
    Assignment,
    AssignmentState,
    Record,
    Step,
    StepResult,
    Task,
    TaskState,
)

# A task for which no rule fits has one step whose only approvers are the owners.
UNRULED_STEP = RuleStep("owner", ())


@dataclass(frozen=True, slots=True)
class Outcome:
    """A task after something happened to it, and what happened."""

    task: Task
    records: tuple[Record, ...] = ()
    reminded: bool = False

    def then(self, record: Record) -> Outcome:
        """The same with one more record."""
        return replace(self, records=(*self.records, record))


def circle_of(task: Task, directory: Directory) -> Circle:
    """Whom the task concerns when people are looked for."""
    return Circle(task.requester, task.owners, task.spent(), directory)


def open_task(
    blank: Task, rule: Rule | None, default_owners: tuple[str, ...], directory: Directory
) -> Outcome:
    """Begin a task by a rule; without one the default owners decide. A rule without steps grants at once."""
    now = blank.created_at
    if rule is not None and not rule.steps:
        granted = replace(_ruled(blank, rule), state=TaskState.GRANTED, ended_at=now)
        return Outcome(granted, (Record("granted_by_rule", note=rule.name),))
    task = replace(blank, owners=default_owners) if rule is None else _ruled(blank, rule)
    steps = tuple(
        Step(step.title, step.mode, step.approvers, step.remind_after_hours, step.escalate_after_hours)
        for step in ((UNRULED_STEP,) if rule is None else rule.steps)
    )
    circle = circle_of(task, directory)
    # Later steps are shown as they would be now; each is looked up again when its turn comes.
    foreseen = (resolve(step, circle) for step in steps)
    filled = tuple(
        replace(step, assignments=found[0]) if found else step
        for step, found in zip(steps, foreseen, strict=True)
    )
    opened = Record("opened", note=rule.name if rule else "no_rule")
    return _start_step(replace(task, steps=filled), directory, now, (opened,))


def _ruled(blank: Task, rule: Rule) -> Task:
    return replace(
        blank,
        rule=rule.name,
        rule_version=rule.version,
        rule_title=rule.title,
        rule_title_en=rule.title_en,
        owners=rule.owners,
    )


def _start_step(task: Task, directory: Directory, now: datetime, records: tuple[Record, ...]) -> Outcome:
    """Give the current step to its people, looked up at this moment; without people the task is stuck."""
    step = task.step
    assert step is not None, "only a task with steps is started"
    kept = tuple(part for part in step.assignments if not part.is_live or part.required)
    found = resolve(step, circle_of(task, directory))
    if found is None:
        waiting = replace(step, assignments=kept)
        return Outcome(
            replace(task.with_step(waiting), state=TaskState.STUCK),
            (*records, Record("stuck", task.current_step)),
        )
    parts, notes = found
    first = max((part.slot for part in kept), default=-1) + 1
    fresh = replace(step, assignments=kept).replaced(replace(part, slot=first + part.slot) for part in parts)
    found_records = tuple(replace(note, step=task.current_step) for note in notes)
    return Outcome(
        replace(task.with_step(fresh.with_turns(now)), state=TaskState.OPEN), (*records, *found_records)
    )


def advance(task: Task, by: str, directory: Directory, now: datetime, records: tuple[Record, ...]) -> Outcome:
    """Draw the conclusion of the voices: the end, the next step, or the next in a sequence."""
    step = task.step
    assert step is not None, "votes belong to a step"
    result = step.result()
    if result is StepResult.REFUSED:
        return Outcome(
            ended(task, TaskState.REFUSED, by, now), (*records, Record("refused", task.current_step))
        )
    if result is StepResult.UNDECIDED:
        return Outcome(task.with_step(step.with_turns(now)), records)
    task = task.with_step(step.closed())
    if task.current_step + 1 == len(task.steps):
        return Outcome(
            ended(task, TaskState.GRANTED, by, now), (*records, Record("granted", task.current_step))
        )
    return _start_step(replace(task, current_step=task.current_step + 1), directory, now, records)


def ended(task: Task, state: TaskState, by: str, now: datetime) -> Task:
    steps = tuple(step.closed() for step in task.steps)
    return replace(task, state=state, steps=steps, ended_at=now, ended_by=by)


def risen(task: Task, now: datetime) -> Task:
    return replace(task, version=task.version + 1, updated_at=now)


def follow_up(task: Task, directory: Directory, now: datetime) -> Outcome:
    """What time and changes among the people do to an open task: succession, reminders, escalation."""
    task.check_open()
    if task.state is TaskState.STUCK:
        tried = _start_step(task, directory, now, ())
        if tried.task.state is TaskState.STUCK:
            return Outcome(task)
        return replace(tried, task=risen(tried.task, now))
    outcome = _succeed(task, directory, now)
    if outcome.task.state is TaskState.OPEN:
        outcome = _escalate(outcome, directory, now)
        outcome = _remind_overdue(outcome, now)
    return outcome


def _succeed(task: Task, directory: Directory, now: datetime) -> Outcome:
    """Replace everybody in the current step whose right ended."""
    step, circle = task.step, circle_of(task, directory)
    assert step is not None, "an open task has a step"
    lost = [part for part in step.assignments if part.is_live and not is_entitled(part, circle)]
    if not lost:
        return Outcome(task)
    records: list[Record] = []
    for part in lost:
        step = step.replaced([replace(part, state=AssignmentState.CLOSED)])
        records.append(Record("right_ended", task.current_step, part.person))
        others = [other for other in step.assignments if other.is_live]
        shared = [other for other in others if other.slot == part.slot]
        spare = [other for other in others if not other.required] if step.mode is Mode.ANY else []
        if shared or (spare and not part.required):
            continue
        taken = {other.person for other in step.assignments if other.state is not AssignmentState.CLOSED}
        person, why = successor(part, circle, taken)
        if not person:
            stuck = replace(risen(task.with_step(step.halted()), now), state=TaskState.STUCK)
            return Outcome(stuck, (*records, Record("stuck", task.current_step)))
        step = step.replaced([Assignment(person, why, part.slot, required=part.required)])
        records.append(Record("replaced", task.current_step, person, note=why))
    return Outcome(risen(task.with_step(step.with_turns(now)), now), tuple(records))


def _escalate(outcome: Outcome, directory: Directory, now: datetime) -> Outcome:
    """Ask the superior of each person who is too late as well, once; without one the owner."""
    task = outcome.task
    step, circle = task.step, circle_of(task, directory)
    assert step is not None, "an open task has a step"
    records: list[Record] = []
    for part in step.active():
        due = step.escalate_time(part)
        if due is None or now < due:
            continue
        step = step.replaced([replace(part, escalated=True)])
        taken = {other.person for other in step.assignments if other.state is not AssignmentState.CLOSED}
        person, why = circle.instead_of([part.person], taken)
        records.append(Record("escalated", task.current_step, person, note=f"{part.person}:{why}"))
        if person and len(step.assignments) < MAXIMUM_ASSIGNMENTS:
            asked = Assignment(
                person,
                "escalated",
                part.slot,
                AssignmentState.ACTIVE,
                required=part.required,
                active_since=now,
            )
            step = step.replaced([asked])
    if not records:
        return outcome
    changed = task.with_step(step)
    if len(step.active()) > len(task.holders()):
        changed = risen(changed, now)
    return Outcome(changed, (*outcome.records, *records), outcome.reminded)


def _remind_overdue(outcome: Outcome, now: datetime) -> Outcome:
    """Remind everybody who is overdue and was not reminded yet."""
    task = outcome.task
    step = task.step
    assert step is not None, "an open task has a step"
    late = [part for part in step.active() if (due := step.remind_time(part)) is not None and due <= now]
    if not late:
        return outcome
    reminded = task.with_step(step.replaced(replace(part, reminded=True) for part in late))
    records = tuple(Record("reminded", task.current_step, part.person) for part in late)
    return Outcome(replace(reminded, reminded_at=now), (*outcome.records, *records), reminded=True)


def next_moment(task: Task) -> datetime | None:
    """When time does something to the task next; None if never."""
    step = task.step
    if step is None or task.state is not TaskState.OPEN:
        return None
    moments = [step.remind_time(part) for part in step.active()]
    moments += [step.escalate_time(part) for part in step.active()]
    return min((moment for moment in moments if moment is not None), default=None)
