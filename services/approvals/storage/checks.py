"""What must hold in the stored decisions, whatever the code did: run by ``kuguan verify``."""

from __future__ import annotations

from sqlalchemy import Connection, and_, exists, func, or_, select

from services.approvals.domain.tasks import AssignmentState, Decision, TaskState
from services.approvals.storage.tables import ASSIGNMENTS, DELEGATIONS, TASK_RECORDS, TASK_STEPS, TASKS, VOTES

SHOWN = 20
_ENDINGS = ("granted", "granted_by_rule", "refused", "withdrawn")


def grants_without_approval(connection: Connection) -> list[str]:
    """Granted tasks in which a step has no approval, or a refusal, or that no rule explains (I9)."""
    voted = and_(VOTES.c.task == TASKS.c.name, VOTES.c.decision == Decision.REFUSE.value)
    approved = exists().where(
        VOTES.c.task == TASK_STEPS.c.task,
        VOTES.c.step == TASK_STEPS.c.step,
        VOTES.c.decision == Decision.APPROVE.value,
    )
    step = exists().where(TASK_STEPS.c.task == TASKS.c.name)
    unapproved = exists().where(TASK_STEPS.c.task == TASKS.c.name, ~approved)
    query = select(TASKS.c.name).where(
        TASKS.c.state == TaskState.GRANTED.value,
        or_(unapproved, exists().where(voted), and_(~step, TASKS.c.rule == "")),
    )
    return [
        f"task {name} is granted without valid approval" for name in connection.scalars(query.limit(SHOWN))
    ]


def refusals_without_vote(connection: Connection) -> list[str]:
    """Refused tasks that nobody refused (I9)."""
    refused = exists().where(VOTES.c.task == TASKS.c.name, VOTES.c.decision == Decision.REFUSE.value)
    query = select(TASKS.c.name).where(TASKS.c.state == TaskState.REFUSED.value, ~refused)
    return [
        f"task {name} is refused, but nobody refused it" for name in connection.scalars(query.limit(SHOWN))
    ]


def ended_twice(connection: Connection) -> list[str]:
    """Tasks that ended more than once, or whose end has no record (I10)."""
    ends = func.count(TASK_RECORDS.c.row)
    recorded = and_(TASK_RECORDS.c.task == TASKS.c.name, TASK_RECORDS.c.action.in_(_ENDINGS))
    query = (
        select(TASKS.c.name, ends.label("ends"), TASKS.c.ended_at)
        .join(TASK_RECORDS, recorded, isouter=True)
        .group_by(TASKS.c.name, TASKS.c.ended_at)
        .having(
            or_(
                ends > 1,
                and_(ends == 1, TASKS.c.ended_at.is_(None)),
                and_(ends == 0, TASKS.c.ended_at.is_not(None)),
            )
        )
    )
    rows = connection.execute(query.limit(SHOWN))
    return [f"task {row.name} has {row.ends} endings on record" for row in rows]


def votes_without_right(connection: Connection) -> list[str]:
    """Decisions of people who had no part in the step and no live delegation from somebody who had (I10)."""
    state = {
        Decision.APPROVE: AssignmentState.APPROVED.value,
        Decision.REFUSE: AssignmentState.REFUSED.value,
    }
    agrees = or_(
        *(
            and_(VOTES.c.decision == decision.value, ASSIGNMENTS.c.state == end)
            for decision, end in state.items()
        )
    )
    part = exists().where(
        ASSIGNMENTS.c.task == VOTES.c.task,
        ASSIGNMENTS.c.step == VOTES.c.step,
        ASSIGNMENTS.c.person == VOTES.c.holder,
        agrees,
    )
    lent = exists().where(
        DELEGATIONS.c.name == VOTES.c.delegation,
        DELEGATIONS.c.from_person == VOTES.c.holder,
        DELEGATIONS.c.to_person == VOTES.c.person,
        DELEGATIONS.c.start_at <= VOTES.c.decided_at,
        DELEGATIONS.c.end_at > VOTES.c.decided_at,
        or_(DELEGATIONS.c.ended_at.is_(None), DELEGATIONS.c.ended_at >= VOTES.c.decided_at),
    )
    query = select(VOTES.c.task, VOTES.c.person).where(
        or_(~part, and_(VOTES.c.person != VOTES.c.holder, ~lent))
    )
    rows = connection.execute(query.limit(SHOWN))
    return [f"{row.person} had no right to decide task {row.task}" for row in rows]


def own_decisions(connection: Connection) -> list[str]:
    """Decisions by the requester, for the requester, or in a borrowed place by their stand-in (I11)."""
    own = or_(VOTES.c.person == TASKS.c.requester, VOTES.c.holder == TASKS.c.requester)
    query = select(VOTES.c.task, VOTES.c.person).join(TASKS, TASKS.c.name == VOTES.c.task).where(own)
    found = [(row.task, row.person) for row in connection.execute(query.limit(SHOWN))]
    # Which kinds a delegation covers is a list, which the two databases do not read alike.
    stood_in = (
        select(VOTES.c.task, VOTES.c.person, TASKS.c.kind, DELEGATIONS.c.kinds)
        .join(TASKS, TASKS.c.name == VOTES.c.task)
        .join(DELEGATIONS, DELEGATIONS.c.to_person == VOTES.c.person)
        .where(
            VOTES.c.person != VOTES.c.holder,
            DELEGATIONS.c.from_person == TASKS.c.requester,
            DELEGATIONS.c.start_at <= VOTES.c.decided_at,
            DELEGATIONS.c.end_at > VOTES.c.decided_at,
            or_(DELEGATIONS.c.ended_at.is_(None), DELEGATIONS.c.ended_at > VOTES.c.decided_at),
        )
    )
    lent = connection.execute(stood_in.limit(SHOWN))
    found += [(row.task, row.person) for row in lent if not row.kinds or row.kind in row.kinds]
    return [f"task {task} was decided by {person} for its own requester" for task, person in found]
