"""Rules of approval as data: which orders need whose decision. Two administrators change them (R26)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.approvals.domain.roles import ROLES
from services.approvals.domain.wording import PERSON_ID, RULE_NAME, named
from services.kit.errors import Conflict, Denied, InvalidField
from services.kit.texts import plain_text

MAXIMUM_POSITION = 10_000
MAXIMUM_STEPS = 10
MAXIMUM_APPROVERS = 10
MAXIMUM_OWNERS = 10
MAXIMUM_VALUES = 100
MAXIMUM_HOURS = 8_760
MAXIMUM_TITLE = 100


@dataclass(eq=False)
class SecondAdministratorNeeded(Denied):
    """The person who proposed a rule cannot put it into force."""

    rule: str


@dataclass(eq=False)
class RuleNotWaiting(Conflict):
    """This version of the rule does not wait for a confirmation: it is in force already, or was replaced."""

    rule: str
    version: int
    state: str


class Mode(StrEnum):
    """How the voices of a step make its result."""

    ANY = "any"
    ALL = "all"
    IN_SEQUENCE = "in_sequence"


class Who(StrEnum):
    """The ways to name an approver."""

    MANAGER = "manager"
    ROLE = "role"
    PERSON = "person"


class RuleState(StrEnum):
    """Whether a version of a rule counts."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Approver:
    """Who has to decide: the requester's manager, everybody with a role, or one person."""

    who: Who
    name: str = ""


@dataclass(frozen=True, slots=True)
class RuleStep:
    """A step of a rule; 0 hours mean never."""

    title: str
    approvers: tuple[Approver, ...]
    mode: Mode = Mode.ANY
    remind_after_hours: int = 0
    escalate_after_hours: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at. ``amount`` is in millionths of a yuan; None if any part of it is not known."""

    kind: str
    amount: int | None
    categories: frozenset[str] = frozenset()
    department: str = ""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold for a rule to fit; what is not given holds for every order."""

    kinds: frozenset[str] = frozenset()
    minimum_amount: int | None = None
    below_amount: int | None = None
    categories: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()

    def fit(self, facts: Facts) -> bool:
        """Whether all conditions hold. An unknown amount is below nothing and at least everything: an order
        whose worth nobody knows must not slip through a rule for small ones."""
        return (
            (not self.kinds or facts.kind in self.kinds)
            and (not self.categories or not self.categories.isdisjoint(facts.categories))
            and (not self.departments or facts.department in self.departments)
            and (self.minimum_amount is None or facts.amount is None or facts.amount >= self.minimum_amount)
            and (self.below_amount is None or (facts.amount is not None and facts.amount < self.below_amount))
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a rule."""

    name: str
    title: str
    title_en: str
    position: int
    conditions: Conditions
    steps: tuple[RuleStep, ...]
    owners: tuple[str, ...]
    state: RuleState = RuleState.PROPOSED
    version: int = 1
    proposer: str = ""
    confirmer: str = ""
    created_at: datetime | None = None

    def checked(self) -> Rule:
        """The rule with tidy texts; raises InvalidField naming the field that is wrong."""
        named(self.name, "rule.name", RULE_NAME)
        if not 0 <= self.position <= MAXIMUM_POSITION:
            raise InvalidField("rule.position", f"must be from 0 to {MAXIMUM_POSITION}")
        _check_conditions(self.conditions)
        if len(self.steps) > MAXIMUM_STEPS:
            raise InvalidField("rule.steps", f"at most {MAXIMUM_STEPS}")
        if not 1 <= len(self.owners) <= MAXIMUM_OWNERS or len(set(self.owners)) != len(self.owners):
            raise InvalidField("rule.owners", f"1 to {MAXIMUM_OWNERS} different people")
        for owner in self.owners:
            named(owner, "rule.owners", PERSON_ID)
        return replace(
            self,
            title=plain_text(self.title, "rule.title", MAXIMUM_TITLE, required=True),
            title_en=plain_text(self.title_en, "rule.title_en", MAXIMUM_TITLE, required=True),
            steps=tuple(_checked_step(step) for step in self.steps),
        )

    def people(self) -> frozenset[str]:
        """Everybody whom the rule names."""
        approvers = [approver for step in self.steps for approver in step.approvers]
        by_name = {approver.name for approver in approvers if approver.who is Who.PERSON}
        return frozenset(by_name | set(self.owners))

    def says_the_same(self, other: Rule) -> bool:
        """Whether this version is in force and the other says the same, whatever its version and people."""
        plain = replace(other, state=self.state, version=self.version, proposer=self.proposer)
        plain = replace(plain, confirmer=self.confirmer, created_at=self.created_at)
        return self.state is RuleState.ACTIVE and plain == self

    def confirm(self, confirmer: str) -> Rule:
        """The rule in force; raises RuleNotWaiting or SecondAdministratorNeeded."""
        if self.state is not RuleState.PROPOSED:
            raise RuleNotWaiting(self.name, self.version, self.state)
        if confirmer == self.proposer:
            raise SecondAdministratorNeeded(self.name)
        return replace(self, state=RuleState.ACTIVE, confirmer=confirmer)


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """The rules in the order in which they are tried: by position, then by name."""
    return sorted(rules, key=lambda rule: (rule.position, rule.name))


def pick(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """The first rule in force that fits, None if there is none."""
    in_force = (rule for rule in in_order(rules) if rule.state is RuleState.ACTIVE)
    return next((rule for rule in in_force if rule.conditions.fit(facts)), None)


def default_owners(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Who decides where no rule fits: the owners of the rules in force, in the order of the rules."""
    in_force = (rule for rule in in_order(rules) if rule.state is RuleState.ACTIVE)
    return tuple(dict.fromkeys(owner for rule in in_force for owner in rule.owners))


def _check_conditions(conditions: Conditions) -> None:
    low, below = conditions.minimum_amount, conditions.below_amount
    if low is not None and low < 0:
        raise InvalidField("rule.conditions.minimum_amount", "must not be negative")
    if below is not None and below <= (low or 0):
        raise InvalidField("rule.conditions.below_amount", "must be above the minimum")
    _bounded(conditions.kinds, "rule.conditions.kinds")
    for category in _bounded(conditions.categories, "rule.conditions.categories"):
        _exact(category, "rule.conditions.categories")
    for department in _bounded(conditions.departments, "rule.conditions.departments"):
        _exact(department, "rule.conditions.departments")


def _bounded(values: frozenset[str], field: str) -> Sequence[str]:
    if len(values) > MAXIMUM_VALUES:
        raise InvalidField(field, f"at most {MAXIMUM_VALUES}")
    return sorted(values)


def _exact(value: str, field: str) -> None:
    """A condition is compared letter by letter: a blank that would be trimmed elsewhere never fits."""
    if plain_text(value, field, MAXIMUM_TITLE, required=True) != value:
        raise InvalidField(field, "must be written as in the data, without surrounding blanks")


def _checked_step(step: RuleStep) -> RuleStep:
    if not 1 <= len(step.approvers) <= MAXIMUM_APPROVERS or len(set(step.approvers)) != len(step.approvers):
        raise InvalidField("rule.steps.approvers", f"1 to {MAXIMUM_APPROVERS} different ones")
    for approver in step.approvers:
        if approver.who is Who.ROLE and approver.name not in ROLES:
            raise InvalidField("rule.steps.approvers.role", f"no such role: {approver.name[:40]}")
        if approver.who is Who.PERSON:
            named(approver.name, "rule.steps.approvers.person", PERSON_ID)
    remind, escalate = step.remind_after_hours, step.escalate_after_hours
    if not 0 <= remind <= MAXIMUM_HOURS or not 0 <= escalate <= MAXIMUM_HOURS:
        raise InvalidField("rule.steps", f"hours must be from 0 to {MAXIMUM_HOURS}")
    if remind and escalate and escalate < remind:
        raise InvalidField("rule.steps.escalate_after_hours", "must not be before the reminder")
    return replace(step, title=plain_text(step.title, "rule.steps.title", MAXIMUM_TITLE, required=True))
