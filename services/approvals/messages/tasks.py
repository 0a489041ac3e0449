"""Tasks as other programs see them, and the orders they are about as events tell them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from google.protobuf.message import Message
from kuguan.approvals.v1 import approvals_pb2, events_pb2
from kuguan.orders.v1 import orders_pb2
from kuguan.type.v1 import quantity_pb2

from services.approvals.domain.delegations import Delegation
from services.approvals.domain.rules import Facts
from services.approvals.domain.tasks import (
    Assignment,
    AssignmentState,
    Decision,
    Step,
    Task,
    TaskLine,
    TaskState,
)
from services.approvals.messages.rules import MODES
from services.kit import wire
from services.kit.errors import InvalidField

_STATES = {
    TaskState.OPEN: approvals_pb2.TASK_STATE_OPEN,
    TaskState.GRANTED: approvals_pb2.TASK_STATE_GRANTED,
    TaskState.REFUSED: approvals_pb2.TASK_STATE_REFUSED,
    TaskState.WITHDRAWN: approvals_pb2.TASK_STATE_WITHDRAWN,
    TaskState.STUCK: approvals_pb2.TASK_STATE_STUCK,
}
_STATE_OF = {value: state for state, value in _STATES.items()}
_PARTS = {
    AssignmentState.WAITING: approvals_pb2.ASSIGNMENT_STATE_WAITING,
    AssignmentState.ACTIVE: approvals_pb2.ASSIGNMENT_STATE_ACTIVE,
    AssignmentState.APPROVED: approvals_pb2.ASSIGNMENT_STATE_APPROVED,
    AssignmentState.REFUSED: approvals_pb2.ASSIGNMENT_STATE_REFUSED,
    AssignmentState.TRANSFERRED: approvals_pb2.ASSIGNMENT_STATE_TRANSFERRED,
    AssignmentState.CLOSED: approvals_pb2.ASSIGNMENT_STATE_CLOSED,
}
_DECISIONS = {
    approvals_pb2.DECISION_APPROVE: Decision.APPROVE,
    approvals_pb2.DECISION_REFUSE: Decision.REFUSE,
}
StandIns = Mapping[str, Sequence[Delegation]]


def task_message(task: Task, stand_ins: StandIns) -> approvals_pb2.Task:
    """The task as other programs see it; ``stand_ins`` are by whom each active person is represented now."""
    return approvals_pb2.Task(
        name=task.name,
        order=task.order,
        order_version=task.order_version,
        kind=task.kind,
        requester=task.requester,
        department=task.department,
        purpose=task.purpose,
        amount=None if task.amount is None else wire.money(task.amount),
        lines=[_line_message(line) for line in task.lines],
        state=_STATES[task.state],
        steps=[_step_message(step, stand_ins) for step in task.steps],
        current_step=task.current_step,
        rule=task.rule,
        rule_title=task.rule_title,
        rule_title_en=task.rule_title_en,
        version=task.version,
        create_time=wire.timestamp(task.created_at),
        update_time=wire.timestamp(task.updated_at),
        remind_time=wire.timestamp(task.reminded_at),
    )


def _line_message(line: TaskLine) -> approvals_pb2.TaskLine:
    quantity = quantity_pb2.Quantity(unit=line.unit)
    quantity.value.value = line.quantity
    return approvals_pb2.TaskLine(
        item=line.item,
        item_name=line.item_name,
        item_name_en=line.item_name_en,
        quantity=quantity,
        warehouse=line.warehouse,
        amount=None if line.amount is None else wire.money(line.amount),
    )


def _step_message(step: Step, stand_ins: StandIns) -> approvals_pb2.TaskStep:
    return approvals_pb2.TaskStep(
        title=step.title,
        mode=MODES[step.mode],
        assignments=[_assignment_message(part, stand_ins) for part in step.assignments],
        due_time=wire.timestamp(step.due_time),
    )


def _assignment_message(part: Assignment, stand_ins: StandIns) -> approvals_pb2.Assignment:
    active = part.state is AssignmentState.ACTIVE
    return approvals_pb2.Assignment(
        person=part.person,
        why=part.why,
        state=_PARTS[part.state],
        decided_by=part.decided_by,
        decide_time=wire.timestamp(part.decided_at),
        comment=part.comment,
        client=part.client,
        seen_version=part.seen_version,
        delegates=[one.to_person for one in stand_ins.get(part.person, ())] if active else (),
    )


def requested(task: Task, stand_ins: StandIns) -> Message:
    """Somebody has to decide, or others than before."""
    return events_pb2.ApprovalRequested(task=task_message(task, stand_ins))


def reminded(task: Task, stand_ins: StandIns) -> Message:
    """Those who have not decided are reminded."""
    return events_pb2.ApprovalReminded(task=task_message(task, stand_ins))


def ended(task: Task) -> Message:
    """The task ended or is stuck, as its state says."""
    message = task_message(task, {})
    if task.state is TaskState.GRANTED:
        return events_pb2.ApprovalGranted(task=message)
    if task.state is TaskState.REFUSED:
        return events_pb2.ApprovalRefused(task=message)
    if task.state is TaskState.STUCK:
        return events_pb2.ApprovalStuck(task=message)
    assert task.state is TaskState.WITHDRAWN, "an open task has not ended"
    return events_pb2.ApprovalWithdrawn(task=message, by_requester=task.ended_by == task.requester)


def wanted_decision(request: approvals_pb2.DecideRequest) -> Decision:
    """What the caller decides; raises InvalidField if they say neither."""
    decision = _DECISIONS.get(request.decision)
    if decision is None:
        raise InvalidField("decision", "approve or refuse")
    return decision


def wanted_states(request: approvals_pb2.ListTasksRequest) -> frozenset[TaskState]:
    """The states a list is limited to; none means all."""
    for state in request.states:
        if state not in _STATE_OF:
            raise InvalidField("states", "not a state")
    return frozenset(_STATE_OF[state] for state in request.states)


def task_name(order: orders_pb2.Order) -> str:
    """The name of the task about a version of an order."""
    return f"{order.name}-{order.version}"


def facts(order: orders_pb2.Order, department: str) -> Facts:
    """What the rules see of an order."""
    return Facts(
        kind=order.kind,
        amount=known_amount(order),
        categories=frozenset(line.category for line in order.lines if line.category),
        department=department,
    )


def known_amount(order: orders_pb2.Order) -> int | None:
    """The order's amount in millionths of a yuan; None if the worth of any line is not known.

    An item without a reference cost makes a line of 0. Nobody knows what such a line is worth, so it must not
    count as cheap.
    """
    if not order.lines or any(not _line_amount(line) for line in order.lines):
        return None
    return wire.micros(order.amount, "order.amount") if order.HasField("amount") else None


def _line_amount(line: orders_pb2.OrderLine) -> int | None:
    return wire.micros(line.amount, "order.lines.amount") if line.HasField("amount") else None


def blank_task(order: orders_pb2.Order, department: str, now: datetime) -> Task:
    """A task about an order before any rule was looked at."""
    return Task(
        name=task_name(order),
        order=order.name,
        order_number=order.number,
        order_version=order.version,
        kind=order.kind,
        requester=order.requester,
        department=department,
        purpose=order.purpose,
        amount=known_amount(order),
        lines=tuple(
            TaskLine(
                item=line.item,
                item_name=line.item_name,
                item_name_en=line.item_name_en,
                quantity=line.quantity.value.value,
                unit=line.quantity.unit,
                warehouse=line.warehouse,
                amount=_line_amount(line),
            )
            for line in order.lines
        ),
        state=TaskState.OPEN,
        steps=(),
        current_step=0,
        rule="",
        rule_version=0,
        rule_title="",
        rule_title_en="",
        owners=(),
        version=1,
        created_at=now,
        updated_at=now,
    )
