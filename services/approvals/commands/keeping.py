"""How a task is kept after something happened to it: the row, the record, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from kuguan.approvals.v1.approvals_pb2 import Task as TaskMessage

from services.approvals.domain.course import Outcome, next_moment
from services.approvals.domain.decisions import deciders, stand_ins_of
from services.approvals.domain.tasks import Task, TaskState
from services.approvals.messages import tasks as messages
from services.approvals.storage import surroundings, tasks
from services.approvals.storage.surroundings import Surroundings
from services.approvals.storage.tasks import Plan
from services.kit.changes import Transaction

STUCK_CHECK = timedelta(minutes=10)


def keep(tx: Transaction, before: Task | None, outcome: Outcome) -> TaskMessage:
    """Write a task and what happened to it, and publish what others have to know."""
    after = outcome.task
    around = surroundings.load(tx.connection, [after], tx.now)
    stand_ins = stand_ins_of(after, around.delegations, around.directory, tx.now)
    told = f"{after.version}:{','.join(sorted(deciders(stand_ins)))}"
    plan = Plan(_next_check(after, around, tx.now), told)
    told_before = "" if before is None else tasks.told(tx.connection, before.name)
    if before is None:
        tasks.add_task(tx.connection, after, plan)
    else:
        tasks.update_task(tx.connection, before, after, plan)
    tasks.add_records(tx.connection, after, outcome.records, tx.caller.client, tx.request_id, tx.now)
    if after.state is TaskState.OPEN:
        if told != told_before:
            tx.publish(messages.requested(after, stand_ins), after.name)
        if outcome.reminded:
            tx.publish(messages.reminded(after, stand_ins), after.name)
    elif before is None or before.state is not after.state:
        tx.publish(messages.ended(after), after.name)
    return messages.task_message(after, stand_ins)


def _next_check(task: Task, around: Surroundings, now: datetime) -> datetime | None:
    """When to look at the task next: a time limit, or a delegation of somebody in it that begins or ends."""
    if task.state is TaskState.STUCK:
        return now + STUCK_CHECK
    if task.state is not TaskState.OPEN:
        return None
    concerned = {task.requester, *(part.person for part in task.holders())}
    moments = [
        moment
        for one in around.delegations
        if one.from_person in concerned
        for moment in (one.start, one.end)
        if moment > now
    ]
    due = next_moment(task)
    return min(moments if due is None else [*moments, due], default=None)
