"""What people do to a task: vote, take back, hand over, add a voice, remind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from services.approvals.domain.course import Outcome, advance, circle_of, ended, risen
from services.approvals.domain.delegations import Delegation, stand_ins
from services.approvals.domain.people import Directory
from services.approvals.domain.refusals import (
    AlreadyVoted,
    CannotTakePart,
    NeverDecides,
    NobodyToRemind,
    NotYourRequest,
    NotYourTask,
    NotYourTurn,
    OwnRequest,
    RemindedRecently,
    StandsInForRequester,
)
from services.approvals.domain.resolution import is_entitled
from services.approvals.domain.tasks import (
    MAXIMUM_ASSIGNMENTS,
    REMIND_AGAIN_AFTER,
    Assignment,
    AssignmentState,
    Decision,
    Record,
    Step,
    Task,
    TaskState,
)


@dataclass(frozen=True, slots=True)
class Ballot:
    """What somebody decides, through which client, and which version of the task they saw."""

    decision: Decision
    seen_version: int
    comment: str = ""
    client: str = ""


def stand_ins_of(
    task: Task, delegations: Iterable[Delegation], directory: Directory, now: datetime
) -> dict[str, tuple[Delegation, ...]]:
    """For each person who may decide now by their own right, who may do it in their place."""
    known, circle = list(delegations), circle_of(task, directory)
    # Who has a voice of their own in the step cannot lend it a second one.
    parts = task.step.assignments if task.step is not None else ()
    counted = circle.spent | {part.person for part in parts if part.is_live}
    result: dict[str, tuple[Delegation, ...]] = {}
    for part in task.holders():
        if is_entitled(part, circle):
            live = stand_ins(part.person, task.kind, task.requester, known, directory, now)
            result[part.person] = tuple(one for one in live if one.to_person not in counted)
    return result


def deciders(stand_ins_by_holder: Mapping[str, tuple[Delegation, ...]]) -> frozenset[str]:
    """Everybody who may decide now, by their own right or in another's place."""
    standing_in = {one.to_person for live in stand_ins_by_holder.values() for one in live}
    return frozenset(stand_ins_by_holder) | standing_in


@dataclass(frozen=True, slots=True)
class Vote:
    """A counted decision: whose voice it was, who gave it, and by which delegation if in another's place."""

    holder: str
    step: int
    delegation: str = ""


def right_to_vote(
    task: Task, caster: str, delegations: Iterable[Delegation], directory: Directory, seen: int, now: datetime
) -> Vote:
    """By which right the person decides this version now; raises the reason why they may not."""
    known = list(delegations)
    if caster == task.requester:
        raise OwnRequest(task.name)
    if not directory.may_decide(caster):
        raise NeverDecides(caster)
    borrowed = [one for one in known if one.to_person == caster and one.covers(task.kind, now)]
    holders = {part.person for part in task.assignments()}
    lent = any(one.from_person in holders for one in borrowed)
    if caster not in holders and caster not in task.spent() and not lent:
        raise NotYourTask(task.name)
    task.check_open()
    if caster in task.spent():
        raise AlreadyVoted(task.name, caster)
    task.check_version(seen)
    by_holder = stand_ins_of(task, known, directory, now)
    if caster in by_holder:
        return Vote(caster, task.current_step)
    for holder, live in by_holder.items():
        for one in live:
            if one.to_person == caster:
                return Vote(holder, task.current_step, one.name)
    if any(part.person == caster and part.state is AssignmentState.WAITING for part in task.assignments()):
        raise NotYourTurn(task.name)
    if any(one.from_person == task.requester for one in borrowed):
        raise StandsInForRequester(task.name)
    raise NotYourTask(task.name)


def vote(
    task: Task, right: Vote, caster: str, ballot: Ballot, directory: Directory, now: datetime
) -> Outcome:
    """Count a decision and draw its conclusion."""
    step = task.step
    part = step.of(right.holder) if step is not None else None
    assert step is not None, "votes belong to a step"
    assert part is not None, "a right to vote is a part of the current step"
    approves = ballot.decision is Decision.APPROVE
    counted = replace(
        part,
        state=AssignmentState.APPROVED if approves else AssignmentState.REFUSED,
        decided_by="" if caster == part.person else caster,
        decided_at=now,
        comment=ballot.comment,
        client=ballot.client,
        seen_version=ballot.seen_version,
    )
    voted = risen(task.with_step(step.replaced([counted]).closed(counted)), now)
    record = Record(f"vote_{ballot.decision}", task.current_step, part.person, caster, ballot.comment)
    return advance(voted, caster, directory, now, (record,))


def withdraw(task: Task, person: str, now: datetime) -> Outcome:
    """Take the request back; raises NotYourRequest or AlreadyDecided."""
    if person != task.requester:
        raise NotYourRequest(task.name)
    task.check_open()
    return end_undecided(task, person, "withdrawn", now)


def end_undecided(task: Task, by: str, note: str, now: datetime) -> Outcome:
    """End an open task without a decision: the order ended or changed, or the request was taken back."""
    task.check_open()
    withdrawn = risen(ended(task, TaskState.WITHDRAWN, by, now), now)
    return Outcome(withdrawn, (Record("withdrawn", task.current_step, by=by, note=note),))


def _own_part(task: Task, caller: str, seen: int, directory: Directory) -> tuple[Step, Assignment]:
    """The caller's own active part; stand-ins decide, but they do not pass on what was lent to them."""
    step, part = task.step, task.step.of(caller) if task.step is not None else None
    if caller == task.requester:
        raise OwnRequest(task.name)
    if part is None or step is None:
        raise NotYourTask(task.name)
    task.check_open()
    task.check_version(seen)
    if part.state is AssignmentState.WAITING:
        raise NotYourTurn(task.name)
    if part.state is not AssignmentState.ACTIVE or not is_entitled(part, circle_of(task, directory)):
        raise NotYourTask(task.name)
    return step, part


def _check_newcomer(task: Task, step: Step, person: str, directory: Directory) -> None:
    part = step.of(person)
    if person == task.requester:
        raise CannotTakePart(person, "requester")
    if not directory.may_decide(person):
        raise CannotTakePart(person, "not_entitled")
    if person in task.spent():
        raise CannotTakePart(person, "voted")
    if part is not None and part.is_live:
        raise CannotTakePart(person, "takes_part")
    if len(step.assignments) >= MAXIMUM_ASSIGNMENTS:
        raise CannotTakePart(person, "full")


def transfer(
    task: Task, caller: str, person: str, comment: str, seen: int, directory: Directory, now: datetime
) -> Outcome:
    """Hand the caller's own voice to another person 转办."""
    step, part = _own_part(task, caller, seen, directory)
    _check_newcomer(task, step, person, directory)
    handed = replace(part, state=AssignmentState.TRANSFERRED, comment=comment, decided_at=now)
    taken = Assignment(
        person, "transferred", part.slot, AssignmentState.ACTIVE, required=part.required, active_since=now
    )
    record = Record("transferred", task.current_step, person, caller, comment)
    return Outcome(risen(task.with_step(step.replaced([handed, taken])), now), (record,))


def add_approver(
    task: Task, caller: str, person: str, comment: str, seen: int, directory: Directory, now: datetime
) -> Outcome:
    """Add a voice that has to agree as well 加签; in a sequence it comes right after the caller's."""
    step, part = _own_part(task, caller, seen, directory)
    _check_newcomer(task, step, person, directory)
    moved = step.replaced(
        replace(other, slot=other.slot + 1) for other in step.assignments if other.slot > part.slot
    )
    added = Assignment(person, "added", part.slot + 1, required=True)
    record = Record("added", task.current_step, person, caller, comment)
    return Outcome(risen(task.with_step(moved.replaced([added]).with_turns(now)), now), (record,))


def remind(task: Task, person: str, now: datetime) -> Outcome:
    """Ask for a reminder 催办; raises RemindedRecently within an hour of the last one."""
    if person != task.requester:
        raise NotYourRequest(task.name)
    task.check_open()
    if task.state is TaskState.STUCK:
        raise NobodyToRemind(task.name)
    if task.reminded_at is not None and now < task.reminded_at + REMIND_AGAIN_AFTER:
        again = task.reminded_at + REMIND_AGAIN_AFTER
        raise RemindedRecently(task.name, again.isoformat())
    # The version stays: what was asked is the same, and cards that are on their way stay good.
    reminded = replace(task, reminded_at=now)
    return Outcome(reminded, (Record("reminded", task.current_step, by=person),), reminded=True)
