"""SQL of rules: every version is kept; one version of a name is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, or_, select, tuple_, update

from services.approvals.domain.rules import (
    Approver,
    Conditions,
    Mode,
    Rule,
    RuleState,
    RuleStep,
    Who,
    in_order,
)
from services.approvals.storage.tables import RULES, TASKS
from services.kit.errors import VersionChanged

_SHOWN = (RuleState.ACTIVE.value, RuleState.PROPOSED.value)


def find_newest(connection: Connection, name: str) -> Rule | None:
    """The newest version of a rule, None if there is no such rule."""
    query = select(RULES).where(RULES.c.name == name).order_by(RULES.c.version.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _rule(row)


def load_active(connection: Connection) -> list[Rule]:
    """All rules in force, in the order in which they are tried."""
    rows = connection.execute(select(RULES).where(RULES.c.state == RuleState.ACTIVE.value))
    return in_order(_rule(row) for row in rows)


def find_active(connection: Connection, name: str) -> Rule | None:
    """The version of a rule that is in force."""
    query = select(RULES).where(RULES.c.name == name, RULES.c.state == RuleState.ACTIVE.value)
    row = connection.execute(query).first()
    return None if row is None else _rule(row)


def list_rules(connection: Connection, after: tuple[int, str, int] | None, count: int) -> Sequence[Rule]:
    """Rules in force and proposed ones, in the order in which they are tried."""
    key = (RULES.c.position, RULES.c.name, RULES.c.version)
    query = select(RULES).where(RULES.c.state.in_(_SHOWN))
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return [_rule(row) for row in connection.execute(query.order_by(*key).limit(count))]


def is_being_set_up(connection: Connection) -> bool:
    """Whether no task was ever opened and no person ever proposed or confirmed a rule."""
    by_person = or_(RULES.c.proposer.not_like("client:%"), RULES.c.confirmer != "")
    used = select(exists(select(TASKS.c.row)) | exists(select(RULES.c.name).where(by_person)))
    return not connection.scalar(used)


def add_rule(connection: Connection, rule: Rule, request_id: str) -> None:
    """Insert a version; proposals of the same name that nobody confirmed are replaced, and if the version is
    in force at once, the one before it too."""
    states = list(_SHOWN) if rule.state is RuleState.ACTIVE else [RuleState.PROPOSED.value]
    replaced = update(RULES).where(RULES.c.name == rule.name, RULES.c.state.in_(states))
    connection.execute(replaced.values(state=RuleState.REPLACED.value))
    connection.execute(insert(RULES), {**_row(rule), "request_id": request_id})


def put_in_force(connection: Connection, rule: Rule, now: datetime) -> None:
    """Replace the version in force by this one; raises VersionChanged if it no longer waits."""
    same = RULES.c.name == rule.name
    connection.execute(
        update(RULES)
        .where(same, RULES.c.state == RuleState.ACTIVE.value)
        .values(state=RuleState.REPLACED.value)
    )
    waiting = (same, RULES.c.version == rule.version, RULES.c.state == RuleState.PROPOSED.value)
    statement = update(RULES).where(*waiting)
    values = {"state": RuleState.ACTIVE.value, "confirmer": rule.confirmer, "in_force_at": now}
    if connection.execute(statement.values(values)).rowcount != 1:
        raise VersionChanged("rule", rule.name)


def next_version(connection: Connection, name: str) -> int:
    """The version a new proposal of this name gets."""
    return (connection.scalar(select(func.max(RULES.c.version)).where(RULES.c.name == name)) or 0) + 1


def approver_rows(approvers: Sequence[Approver]) -> list[dict[str, str]]:
    """Approvers as they are kept in a row."""
    return [{"who": approver.who.value, "name": approver.name} for approver in approvers]


def approvers_of(rows: Sequence[dict[str, str]]) -> tuple[Approver, ...]:
    """Approvers as they were kept in a row."""
    return tuple(Approver(Who(row["who"]), row["name"]) for row in rows)


def _row(rule: Rule) -> dict[str, Any]:
    conditions = rule.conditions
    return {
        "name": rule.name,
        "version": rule.version,
        "title": rule.title,
        "title_en": rule.title_en,
        "position": rule.position,
        "conditions": {
            "kinds": sorted(conditions.kinds),
            "minimum_amount": conditions.minimum_amount,
            "below_amount": conditions.below_amount,
            "categories": sorted(conditions.categories),
            "departments": sorted(conditions.departments),
        },
        "steps": [
            {
                "title": step.title,
                "approvers": approver_rows(step.approvers),
                "mode": step.mode.value,
                "remind_after_hours": step.remind_after_hours,
                "escalate_after_hours": step.escalate_after_hours,
            }
            for step in rule.steps
        ],
        "owners": list(rule.owners),
        "state": rule.state.value,
        "proposer": rule.proposer,
        "confirmer": rule.confirmer,
        "created_at": rule.created_at,
        "in_force_at": rule.created_at if rule.state is RuleState.ACTIVE else None,
    }


def _rule(row: Row[Any]) -> Rule:
    conditions = row.conditions
    return Rule(
        name=row.name,
        title=row.title,
        title_en=row.title_en,
        position=row.position,
        conditions=Conditions(
            kinds=frozenset(conditions["kinds"]),
            minimum_amount=conditions["minimum_amount"],
            below_amount=conditions["below_amount"],
            categories=frozenset(conditions["categories"]),
            departments=frozenset(conditions["departments"]),
        ),
        steps=tuple(
            RuleStep(
                step["title"],
                approvers_of(step["approvers"]),
                Mode(step["mode"]),
                step["remind_after_hours"],
                step["escalate_after_hours"],
            )
            for step in row.steps
        ),
        owners=tuple(row.owners),
        state=RuleState(row.state),
        version=row.version,
        proposer=row.proposer,
        confirmer=row.confirmer,
        created_at=row.created_at,
    )
