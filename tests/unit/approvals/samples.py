"""A small company and small tasks for the tests of the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.approvals.domain.course import Outcome, open_task
from services.approvals.domain.decisions import Ballot, right_to_vote, vote
from services.approvals.domain.delegations import Delegation
from services.approvals.domain.people import Directory, Person
from services.approvals.domain.rules import Approver, Conditions, Mode, Rule, RuleState, RuleStep, Who
from services.approvals.domain.tasks import Decision, Task, TaskState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OWNERS = ("wangzong", "chenmin", "lixia")
APPROVE, REFUSE = Decision.APPROVE, Decision.REFUSE
MANAGER = Approver(Who.MANAGER)
ROWS = {
    "wangzong": ("employee manager director", ""),
    "lixia": ("employee manager", "wangzong"),
    "zhangsan": ("employee", "lixia"),
    "zhaoliu": ("employee keeper", "wangzong"),
    "chenmin": ("employee finance", "wangzong"),
    "fangfang": ("employee finance", "chenmin"),
    "admin": ("employee admin", "wangzong"),
}


def company(**changes: dict[str, object]) -> Directory:
    """The company, with fields of some people changed."""
    people: dict[str, Person] = {}
    for id_, (roles, manager) in ROWS.items():
        fields: dict[str, object] = {"roles": frozenset(roles.split()), "manager": manager}
        fields |= changes.get(id_, {})
        people[id_] = Person(id=id_, name=id_, department="行政部", **fields)  # type: ignore[arg-type]
    holders: dict[str, list[str]] = {}
    for id_, person in sorted(people.items()):
        for role in () if person.left else person.roles:
            holders.setdefault(role, []).append(id_)
    return Directory(people, {role: tuple(ids) for role, ids in holders.items()})


COMPANY = company()


def role(name: str) -> Approver:
    """Everybody with a role."""
    return Approver(Who.ROLE, name)


def person(name: str) -> Approver:
    """One person."""
    return Approver(Who.PERSON, name)


def step(*approvers: Approver, mode: Mode = Mode.ANY, remind: int = 0, escalate: int = 0) -> RuleStep:
    """A step of a rule."""
    return RuleStep("step", approvers, mode, remind, escalate)


def rule(
    *steps: RuleStep,
    name: str = "rule",
    position: int = 1,
    owners: tuple[str, ...] = OWNERS,
    conditions: Conditions | None = None,
) -> Rule:
    """A rule in force."""
    return Rule(name, name, name, position, conditions or Conditions(), steps, owners, state=RuleState.ACTIVE)


def blank(requester: str = "zhangsan", kind: str = "requisition") -> Task:
    """A task before any rule was looked at."""
    return Task(
        name="LY1-1",
        order="LY1",
        order_number=1,
        order_version=1,
        kind=kind,
        requester=requester,
        department="行政部",
        purpose="",
        amount=100_000_000,
        lines=(),
        state=TaskState.OPEN,
        steps=(),
        current_step=0,
        rule="",
        rule_version=0,
        rule_title="",
        rule_title_en="",
        owners=(),
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


def opened(*steps: RuleStep, requester: str = "zhangsan", directory: Directory = COMPANY) -> Outcome:
    """A task opened by a rule of these steps."""
    return open_task(blank(requester), rule(*steps), (), directory)


def decided(
    task: Task,
    caster: str,
    decision: Decision = APPROVE,
    *,
    delegations: tuple[Delegation, ...] = (),
    directory: Directory = COMPANY,
    now: datetime = NOW,
) -> Task:
    """The task after somebody decided about the version it has."""
    right = right_to_vote(task, caster, delegations, directory, task.version, now)
    return vote(task, right, caster, Ballot(decision, task.version), directory, now).task


def lent(lender: str, to: str, *, kinds: frozenset[str] = frozenset(), name: str = "d1") -> Delegation:
    """A delegation that is live now."""
    return Delegation(name, lender, to, NOW - timedelta(hours=1), NOW + timedelta(hours=1), kinds)


def people_in(task: Task, number: int = 0) -> list[tuple[str, str]]:
    """Who has a part in a step, and why."""
    return [(part.person, part.why) for part in task.steps[number].assignments]


def active_in(task: Task) -> list[str]:
    """Who may decide now by their own right."""
    return sorted(part.person for part in task.holders())
