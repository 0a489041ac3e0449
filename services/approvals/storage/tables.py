"""The tables of approvals: people, stand-ins, rules, tasks with their votes and their history."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from services.approvals.domain.rules import Mode, RuleState
from services.approvals.domain.tasks import AssignmentState, Decision, TaskState
from services.kit.tables import APPEND_ONLY, RowNumber, UtcTime

METADATA = MetaData()


def _one_of(column: str, values: Iterable[StrEnum]) -> str:
    listed = ", ".join(f"'{value.value}'" for value in values)
    return f"{column} IN ({listed})"


PEOPLE = Table(
    "people",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("manager", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("has_left", Boolean(create_constraint=False), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    UniqueConstraint("request_id", "id", name="people_request_id"),
    CheckConstraint("manager <> id", name="people_own_manager"),
)
Index("people_manager", PEOPLE.c.manager)
Index("people_department", PEOPLE.c.department)

PERSON_ROLES = Table(
    "person_roles",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    ForeignKeyConstraint(["person"], ["people.id"], name="person_roles_person"),
)
Index("person_roles_role", PERSON_ROLES.c.role, PERSON_ROLES.c.person)

# Platform, tenant and user are opaque keys of somebody else's and are compared letter by letter.
IDENTITIES = Table(
    "identities",
    METADATA,
    Column("platform", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["person"], ["people.id"], name="identities_person"),
    UniqueConstraint("request_id", name="identities_request_id"),
)
Index("identities_of_person", IDENTITIES.c.person)

DELEGATIONS = Table(
    "delegations",
    METADATA,
    Column("row", RowNumber, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("from_person", Text, nullable=False),
    Column("to_person", Text, nullable=False),
    Column("start_at", UtcTime, nullable=False),
    Column("end_at", UtcTime, nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("ended_at", UtcTime),
    Column("request_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["from_person"], ["people.id"], name="delegations_from"),
    ForeignKeyConstraint(["to_person"], ["people.id"], name="delegations_to"),
    UniqueConstraint("name", name="delegations_name"),
    UniqueConstraint("request_id", name="delegations_request_id"),
    CheckConstraint("from_person <> to_person", name="delegations_two_people"),
    CheckConstraint("start_at < end_at", name="delegations_time"),
)
Index("delegations_from_person", DELEGATIONS.c.from_person)
Index("delegations_to_person", DELEGATIONS.c.to_person)

RULES = Table(
    "rules",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("conditions", JSON, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("owners", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposer", Text, nullable=False),
    Column("confirmer", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("in_force_at", UtcTime),
    UniqueConstraint("request_id", name="rules_request_id"),
    CheckConstraint(_one_of("state", RuleState), name="rules_state"),
    # A version that counts was confirmed by somebody else than its proposer, or made while setting up.
    CheckConstraint("state <> 'active' OR confirmer <> proposer", name="rules_two_people"),
)
_ACTIVE = RULES.c.state == RuleState.ACTIVE.value
Index("rules_active", RULES.c.name, unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)

TASKS = Table(
    "tasks",
    METADATA,
    Column("row", RowNumber, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False),
    Column("order_name", Text, nullable=False),
    Column("order_number", BigInteger, nullable=False),
    Column("order_version", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("amount_micros", BigInteger),
    Column("lines", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("current_step", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", BigInteger, nullable=False),
    Column("rule_title", Text, nullable=False),
    Column("rule_title_en", Text, nullable=False),
    Column("owners", JSON, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("reminded_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("ended_by", Text, nullable=False),
    # When time or a change among the people may do something to the task next.
    Column("next_check", UtcTime),
    # Who was last told that they may decide, to tell everybody again when it changes.
    Column("told", Text, nullable=False),
    UniqueConstraint("name", name="tasks_name"),
    UniqueConstraint("order_name", "order_version", name="tasks_order_version"),
    CheckConstraint(_one_of("state", TaskState), name="tasks_state"),
    CheckConstraint("(state IN ('open', 'stuck')) = (ended_at IS NULL)", name="tasks_end"),
    # Whoever ends it, a request is never granted or refused by the person who asked (I11).
    CheckConstraint("state NOT IN ('granted', 'refused') OR ended_by <> requester", name="tasks_not_own"),
)
_OPEN = TASKS.c.ended_at.is_(None)
Index("tasks_open_order", TASKS.c.order_name, unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN)
Index("tasks_requester", TASKS.c.requester, TASKS.c.row)
Index("tasks_state", TASKS.c.state, TASKS.c.row)
Index("tasks_number", TASKS.c.order_number)
Index("tasks_next_check", TASKS.c.next_check)

TASK_STEPS = Table(
    "task_steps",
    METADATA,
    Column("task", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("approvers", JSON, nullable=False),
    Column("remind_after_hours", Integer, nullable=False),
    Column("escalate_after_hours", Integer, nullable=False),
    ForeignKeyConstraint(["task"], ["tasks.name"], name="task_steps_task"),
    CheckConstraint(_one_of("mode", Mode), name="task_steps_mode"),
    info=APPEND_ONLY,
)

ASSIGNMENTS = Table(
    "assignments",
    METADATA,
    Column("task", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("person", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("required", Boolean(create_constraint=False), nullable=False),
    Column("active_since", UtcTime),
    Column("reminded", Boolean(create_constraint=False), nullable=False),
    Column("escalated", Boolean(create_constraint=False), nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", UtcTime),
    Column("comment", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("seen_version", BigInteger, nullable=False),
    ForeignKeyConstraint(["task", "step"], ["task_steps.task", "task_steps.step"], name="assignments_step"),
    CheckConstraint(_one_of("state", AssignmentState), name="assignments_state"),
)
Index("assignments_person", ASSIGNMENTS.c.person, ASSIGNMENTS.c.state)

# The decision record: who decided for whom, when, through which client, having seen which version.
VOTES = Table(
    "votes",
    METADATA,
    Column("task", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("person", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("delegation", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("seen_version", BigInteger, nullable=False),
    Column("comment", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["task"], ["tasks.name"], name="votes_task"),
    # Nobody is counted twice in a task, neither as the one who decides nor as the one decided for (R23).
    UniqueConstraint("task", "person", name="votes_person_once"),
    UniqueConstraint("task", "holder", name="votes_holder_once"),
    UniqueConstraint("request_id", name="votes_request_id"),
    CheckConstraint(_one_of("decision", Decision), name="votes_decision"),
    CheckConstraint("person <> requester AND holder <> requester", name="votes_not_own"),
    CheckConstraint("(person = holder) = (delegation = '')", name="votes_delegation"),
    info=APPEND_ONLY,
)
Index("votes_of_person", VOTES.c.person)

TASK_RECORDS = Table(
    "task_records",
    METADATA,
    Column("row", RowNumber, primary_key=True, autoincrement=True),
    Column("task", Text, nullable=False),
    Column("task_version", BigInteger, nullable=False),
    Column("action", Text, nullable=False),
    Column("step", Integer, nullable=False),
    Column("person", Text, nullable=False),
    Column("by_person", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("request_id", Text),
    Column("recorded_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["task"], ["tasks.name"], name="task_records_task"),
    UniqueConstraint("request_id", name="task_records_request_id"),
    info=APPEND_ONLY,
)
Index("task_records_of_task", TASK_RECORDS.c.task)
