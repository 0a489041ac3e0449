"""SQL of tasks: the task, its steps and parts, the votes, and the record of what happened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from services.approvals.domain.decisions import Ballot, Vote
from services.approvals.domain.refusals import TaskChanged
from services.approvals.domain.rules import Mode
from services.approvals.domain.tasks import (
    Assignment,
    AssignmentState,
    Record,
    Step,
    Task,
    TaskLine,
    TaskState,
)
from services.approvals.storage.rules import approver_rows, approvers_of
from services.approvals.storage.tables import ASSIGNMENTS, TASK_RECORDS, TASK_STEPS, TASKS, VOTES
from services.kit.bulk import Change, Prepared, adding, inserting
from services.kit.database import in_chunks
from services.kit.moments import microseconds

MAXIMUM_NOTE = 500
_CHANGING = (
    "state",
    "current_step",
    "owners",
    "version",
    "updated_at",
    "reminded_at",
    "ended_at",
    "ended_by",
    "next_check",
    "told",
)
_tasks = Prepared(select(TASKS), TASKS.c.name)
_assignments = Prepared(select(ASSIGNMENTS).order_by(ASSIGNMENTS.c.position), ASSIGNMENTS.c.task)
_steps = Prepared(select(TASK_STEPS).order_by(TASK_STEPS.c.step), TASK_STEPS.c.task)
_told = Prepared(select(TASKS.c.told), TASKS.c.name)
_change_task = Change(
    update(TASKS).where(
        TASKS.c.name == bindparam("seen_name"),
        TASKS.c.version == bindparam("seen_version"),
        TASKS.c.state == bindparam("seen_state"),
    ),
    _CHANGING,
)
_change_part = Change(
    update(ASSIGNMENTS).where(
        ASSIGNMENTS.c.task == bindparam("of_task"),
        ASSIGNMENTS.c.step == bindparam("of_step"),
        ASSIGNMENTS.c.person == bindparam("of_person"),
    ),
    [column.name for column in ASSIGNMENTS.columns if not column.primary_key],
)
_add_vote = adding(VOTES)
_add_records = inserting(TASK_RECORDS, without=("row",))


@dataclass(frozen=True, slots=True)
class Plan:
    """What is kept beside a task: when to look at it next, and who was last told that they may decide."""

    next_check: datetime | None = None
    told: str = ""


def find_task(connection: Connection, name: str) -> Task | None:
    """The task, None if there is none."""
    return next(iter(load_tasks(connection, [name])), None)


def load_tasks(connection: Connection, names: Sequence[str]) -> list[Task]:
    """The tasks of these names, in the order of the names."""
    rows = {row.name: row for row in _tasks(connection, names)}
    steps = _load_steps(connection, list(rows))
    return [_task(rows[name], steps.get(name, ())) for name in names if name in rows]


def told(connection: Connection, name: str) -> str:
    """Who was last told that they may decide."""
    found = _told(connection, [name])
    return found[0].told if found else ""


def versions_of(connection: Connection, order: str) -> list[tuple[int, str, bool]]:
    """The versions of an order for which there are tasks: version, task name, whether it is open."""
    query = select(TASKS.c.order_version, TASKS.c.name, TASKS.c.ended_at).where(TASKS.c.order_name == order)
    return [(row.order_version, row.name, row.ended_at is None) for row in connection.execute(query)]


def due_names(connection: Connection, now: datetime, count: int) -> list[str]:
    """The tasks that time or a change among the people may do something to, the longest waiting first."""
    query = select(TASKS.c.name).where(TASKS.c.next_check <= now, TASKS.c.ended_at.is_(None))
    return list(connection.scalars(query.order_by(TASKS.c.next_check, TASKS.c.row).limit(count)))


def look_soon(connection: Connection, people: Iterable[str], now: datetime, *, stuck: bool = True) -> None:
    """Look again at the open tasks in which these people ask or decide; if ``stuck``, at all stuck ones."""
    undecided = (AssignmentState.WAITING.value, AssignmentState.ACTIVE.value)
    for chunk in in_chunks(sorted(set(people))):
        parts = select(ASSIGNMENTS.c.task).where(
            ASSIGNMENTS.c.person.in_(chunk), ASSIGNMENTS.c.state.in_(undecided)
        )
        concerned = TASKS.c.name.in_(parts) | TASKS.c.requester.in_(chunk)
        connection.execute(update(TASKS).where(TASKS.c.ended_at.is_(None), concerned).values(next_check=now))
    if stuck:
        connection.execute(update(TASKS).where(TASKS.c.state == TaskState.STUCK.value).values(next_check=now))


def look_at(connection: Connection, holder: str, moment: datetime) -> None:
    """Look again at the open tasks in which the person decides, at this moment or earlier."""
    parts = select(ASSIGNMENTS.c.task).where(
        ASSIGNMENTS.c.person == holder, ASSIGNMENTS.c.state == AssignmentState.ACTIVE.value
    )
    later = TASKS.c.next_check.is_(None) | (TASKS.c.next_check > moment)
    statement = update(TASKS).where(TASKS.c.ended_at.is_(None), TASKS.c.name.in_(parts), later)
    connection.execute(statement.values(next_check=moment))


def add_task(connection: Connection, task: Task, plan: Plan) -> None:
    """Insert a new task with its steps and parts."""
    fixed = {
        "name": task.name,
        "order_name": task.order,
        "order_number": task.order_number,
        "order_version": task.order_version,
        "kind": task.kind,
        "requester": task.requester,
        "department": task.department,
        "purpose": task.purpose,
        "amount_micros": task.amount,
        "lines": [{name: getattr(line, name) for name in TaskLine.__slots__} for line in task.lines],
        "rule": task.rule,
        "rule_version": task.rule_version,
        "rule_title": task.rule_title,
        "rule_title_en": task.rule_title_en,
        "created_at": task.created_at,
    }
    connection.execute(insert(TASKS), {**fixed, **_changing(task, plan)})
    if task.steps:
        connection.execute(insert(TASK_STEPS), [_step_row(task, number) for number in range(len(task.steps))])
    _write_parts(connection, {}, _parts(task))


def update_task(connection: Connection, before: Task, after: Task, plan: Plan) -> None:
    """Write what changed; raises TaskChanged if somebody was faster (compare-and-set on the version)."""
    unchanged = {
        "seen_name": before.name,
        "seen_version": before.version,
        "seen_state": before.state.value,
    }
    if _change_task(connection, **unchanged, **_changing(after, plan)) != 1:
        raise TaskChanged(before.name, before.version, before.state)
    _write_parts(connection, _parts(before), _parts(after))


def add_vote(
    connection: Connection,
    task: Task,
    vote: Vote,
    person: str,
    ballot: Ballot,
    request_id: str,
    now: datetime,
) -> None:
    """Insert a decision into the record that is never changed."""
    part = task.steps[vote.step].of(vote.holder)
    row = {
        "task": task.name,
        "step": vote.step,
        "person": person,
        "holder": vote.holder,
        "requester": task.requester,
        "decision": ballot.decision.value,
        "delegation": vote.delegation,
        "why": part.why if part is not None else "",
        "seen_version": ballot.seen_version,
        "comment": ballot.comment,
        "client": ballot.client,
        "request_id": request_id,
        "decided_at": now,
    }
    _add_vote(connection, **row)


def add_records(
    connection: Connection,
    task: Task,
    records: Sequence[Record],
    client: str,
    request_id: str,
    now: datetime,
) -> None:
    """Insert what happened; the request id stands with the first record, because it is unique."""
    moment = microseconds(now)
    rows = [
        (
            task.name,
            task.version,
            record.action,
            record.step,
            record.person,
            record.by,
            client,
            record.note[:MAXIMUM_NOTE],
            request_id if place == 0 and request_id else None,
            moment,
        )
        for place, record in enumerate(records)
    ]
    _add_records(connection, rows)


def _changing(task: Task, plan: Plan) -> dict[str, Any]:
    return {
        "state": task.state.value,
        "current_step": task.current_step,
        "owners": list(task.owners),
        "version": task.version,
        "updated_at": task.updated_at,
        "reminded_at": task.reminded_at,
        "ended_at": task.ended_at,
        "ended_by": task.ended_by,
        "next_check": plan.next_check,
        "told": plan.told,
    }


def _step_row(task: Task, number: int) -> dict[str, Any]:
    step = task.steps[number]
    return {
        "task": task.name,
        "step": number,
        "title": step.title,
        "mode": step.mode.value,
        "approvers": approver_rows(step.approvers),
        "remind_after_hours": step.remind_after_hours,
        "escalate_after_hours": step.escalate_after_hours,
    }


PartKey = tuple[str, int, str]


def _parts(task: Task) -> dict[PartKey, dict[str, Any]]:
    parts: dict[PartKey, dict[str, Any]] = {}
    for number, step in enumerate(task.steps):
        for position, part in enumerate(step.assignments):
            values = {name: getattr(part, name) for name in Assignment.__slots__ if name != "person"}
            parts[task.name, number, part.person] = {
                **values,
                "state": part.state.value,
                "position": position,
            }
    return parts


def _write_parts(
    connection: Connection, before: dict[PartKey, dict[str, Any]], after: dict[PartKey, dict[str, Any]]
) -> None:
    """Insert, change and delete parts; a deleted one was only foreseen, and its people are looked up anew."""
    for key in before.keys() - after.keys():
        connection.execute(ASSIGNMENTS.delete().where(*_is(key)))
    for key in before.keys() & after.keys():
        if before[key] != after[key]:
            task, step, person = key
            _change_part(connection, of_task=task, of_step=step, of_person=person, **after[key])
    new = [
        {"task": key[0], "step": key[1], "person": key[2], **values}
        for key, values in after.items()
        if key not in before
    ]
    if new:
        connection.execute(insert(ASSIGNMENTS), new)


def _is(key: PartKey) -> Sequence[Any]:
    return ASSIGNMENTS.c.task == key[0], ASSIGNMENTS.c.step == key[1], ASSIGNMENTS.c.person == key[2]


def _load_steps(connection: Connection, names: Sequence[str]) -> dict[str, list[Step]]:
    parts: dict[tuple[str, int], list[Assignment]] = {}
    steps: dict[str, list[Step]] = {}
    for row in _assignments(connection, names):
        parts.setdefault((row.task, row.step), []).append(_assignment(row))
    for row in _steps(connection, names):
        step = Step(
            row.title,
            Mode(row.mode),
            approvers_of(row.approvers),
            row.remind_after_hours,
            row.escalate_after_hours,
            tuple(parts.get((row.task, row.step), ())),
        )
        steps.setdefault(row.task, []).append(step)
    return steps


def _assignment(row: Any) -> Assignment:
    values = {name: getattr(row, name) for name in Assignment.__slots__}
    return Assignment(**{**values, "state": AssignmentState(row.state)})


def _task(row: Any, steps: Sequence[Step]) -> Task:
    return Task(
        name=row.name,
        order=row.order_name,
        order_number=row.order_number,
        order_version=row.order_version,
        kind=row.kind,
        requester=row.requester,
        department=row.department,
        purpose=row.purpose,
        amount=row.amount_micros,
        lines=tuple(TaskLine(**line) for line in row.lines),
        state=TaskState(row.state),
        steps=tuple(steps),
        current_step=row.current_step,
        rule=row.rule,
        rule_version=row.rule_version,
        rule_title=row.rule_title,
        rule_title_en=row.rule_title_en,
        owners=tuple(row.owners),
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        reminded_at=row.reminded_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
