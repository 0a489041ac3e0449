"""SQL of the lists of tasks: whose tasks a caller may see is part of each query (R22)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, false, or_, select, true

from services.approvals.domain.delegations import Delegation
from services.approvals.domain.tasks import AssignmentState, TaskState
from services.approvals.storage.tables import ASSIGNMENTS, TASKS, VOTES

_ACTIVE = ASSIGNMENTS.c.state == AssignmentState.ACTIVE.value
_LIVE = ASSIGNMENTS.c.state.in_((AssignmentState.ACTIVE.value, AssignmentState.WAITING.value))
Condition = ColumnElement[bool]
EVERY_TASK: Condition = true()
NO_TASK: Condition = false()


def requested_by(person: str) -> Condition:
    """Tasks that the person asked for."""
    return TASKS.c.requester == person


def to_decide(person: str, lent: Collection[Delegation]) -> Condition:
    """Open tasks that the person may decide now: by a part of their own, or in the place of somebody who lent
    them the right. Never their own request, never twice in one task, never two voices in one step, and not in
    another's place while they stand in for the requester."""
    voted = exists().where(
        VOTES.c.task == TASKS.c.name, or_(VOTES.c.person == person, VOTES.c.holder == person)
    )
    own_part = exists().where(_part_of(person), _ACTIVE)
    any_voice = exists().where(_part_of(person), ASSIGNMENTS.c.step == TASKS.c.current_step, _LIVE)
    borrowed = or_(
        false(), *(exists().where(_part_of(one.from_person), _ACTIVE) & _scope(one) for one in lent)
    )
    for_requester = or_(false(), *((TASKS.c.requester == one.from_person) & _scope(one) for one in lent))
    return (
        (TASKS.c.state == TaskState.OPEN.value)
        & (TASKS.c.requester != person)
        & ~voted
        & (own_part | (borrowed & ~any_voice & ~for_requester))
    )


def visible_to(person: str, lent: Collection[Delegation]) -> Condition:
    """Tasks that the person asked for, has or had a part in, decided, or may see in another's place."""
    part = exists().where(_part_of(person))
    borrowed = or_(false(), *(exists().where(_part_of(one.from_person)) & _scope(one) for one in lent))
    voted = exists().where(VOTES.c.task == TASKS.c.name, VOTES.c.person == person)
    return (TASKS.c.requester == person) | part | borrowed | voted


def list_names(
    connection: Connection,
    condition: Condition,
    order: str,
    states: Collection[TaskState],
    before: int | None,
    count: int,
) -> Sequence[tuple[int, str]]:
    """The tasks that fulfil a condition, newest first, each with its place in the list."""
    query = select(TASKS.c.row, TASKS.c.name).where(condition)
    if order:
        query = query.where(_of_order(order))
    if states:
        query = query.where(TASKS.c.state.in_([state.value for state in states]))
    if before is not None:
        query = query.where(TASKS.c.row < before)
    return [
        (row.row, row.name) for row in connection.execute(query.order_by(TASKS.c.row.desc()).limit(count))
    ]


def is_there(connection: Connection, name: str, condition: Condition) -> bool:
    """Whether there is a task of this name that fulfils the condition."""
    return connection.scalar(select(TASKS.c.row).where(TASKS.c.name == name, condition)) is not None


def _part_of(person: str) -> Any:
    return (ASSIGNMENTS.c.task == TASKS.c.name) & (ASSIGNMENTS.c.person == person)


def _scope(delegation: Delegation) -> Condition:
    return TASKS.c.kind.in_(sorted(delegation.kinds)) if delegation.kinds else true()


def _of_order(order: str) -> Condition:
    """By name, or by the number alone; only plain digits that fit the column are a number."""
    if order.isascii() and order.isdigit() and len(order) <= 18:
        return TASKS.c.order_number == int(order)
    return TASKS.c.order_name == order
