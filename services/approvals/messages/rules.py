"""Rules as other programs see them."""

from __future__ import annotations

from collections.abc import Iterable

from google.type.money_pb2 import Money
from kuguan.approvals.v1 import approvals_pb2, rules_pb2
from kuguan.orders.v1 import orders_pb2

from services.approvals.domain.rules import (
    Approver,
    Conditions,
    Mode,
    Rule,
    RuleState,
    RuleStep,
    Who,
)
from services.kit import wire
from services.kit.errors import InvalidField

MODES = {
    Mode.ANY: approvals_pb2.STEP_MODE_ANY,
    Mode.ALL: approvals_pb2.STEP_MODE_ALL,
    Mode.IN_SEQUENCE: approvals_pb2.STEP_MODE_IN_SEQUENCE,
}
_MODE_OF = {value: mode for mode, value in MODES.items()}
# An order's kind is named like the entry that places it: what is said of any other kind would never apply.
KINDS = tuple(field.name for field in orders_pb2.CreateOrderRequest.DESCRIPTOR.oneofs_by_name["entry"].fields)
_STATES = {
    RuleState.PROPOSED: rules_pb2.RULE_STATE_PROPOSED,
    RuleState.ACTIVE: rules_pb2.RULE_STATE_ACTIVE,
    RuleState.REPLACED: rules_pb2.RULE_STATE_REPLACED,
}


def rule_message(rule: Rule) -> rules_pb2.Rule:
    """The rule as other programs see it."""
    return rules_pb2.Rule(
        name=rule.name,
        title=rule.title,
        title_en=rule.title_en,
        position=rule.position,
        conditions=_conditions_message(rule.conditions),
        steps=[_step_message(step) for step in rule.steps],
        owners=rule.owners,
        state=_STATES[rule.state],
        version=rule.version,
        proposer=rule.proposer,
        confirmer=rule.confirmer,
        create_time=wire.timestamp(rule.created_at),
    )


def known_kinds(kinds: Iterable[str], field: str) -> frozenset[str]:
    """Kinds of orders as the contract names them; raises InvalidField for one that there is not."""
    named = frozenset(kinds)
    unknown = sorted(named - set(KINDS))
    if unknown:
        raise InvalidField(field, f"{unknown[0][:40]!r} is none of {', '.join(KINDS)}")
    return named


def wanted_rule(message: rules_pb2.Rule) -> Rule:
    """The rule a caller describes, not checked yet; state, version, people and times are the service's.

    Raises InvalidField for a kind of order that there is not.
    """
    conditions = message.conditions
    minimum = conditions.minimum_amount if conditions.HasField("minimum_amount") else None
    below = conditions.below_amount if conditions.HasField("below_amount") else None
    return Rule(
        name=message.name,
        title=message.title,
        title_en=message.title_en,
        position=message.position,
        conditions=Conditions(
            kinds=known_kinds(conditions.kinds, "rule.conditions.kinds"),
            minimum_amount=_amount(minimum, "rule.conditions.minimum_amount"),
            below_amount=_amount(below, "rule.conditions.below_amount"),
            categories=frozenset(conditions.categories),
            departments=frozenset(conditions.departments),
        ),
        steps=tuple(_wanted_step(step) for step in message.steps),
        owners=tuple(message.owners),
    )


def _amount(money: Money | None, field: str) -> int | None:
    return None if money is None else wire.micros(money, field)


def _conditions_message(conditions: Conditions) -> rules_pb2.RuleConditions:
    minimum, below = conditions.minimum_amount, conditions.below_amount
    return rules_pb2.RuleConditions(
        kinds=sorted(conditions.kinds),
        minimum_amount=None if minimum is None else wire.money(minimum),
        below_amount=None if below is None else wire.money(below),
        categories=sorted(conditions.categories),
        departments=sorted(conditions.departments),
    )


def _step_message(step: RuleStep) -> rules_pb2.RuleStep:
    return rules_pb2.RuleStep(
        title=step.title,
        approvers=[_approver_message(approver) for approver in step.approvers],
        mode=MODES[step.mode],
        remind_after_hours=step.remind_after_hours,
        escalate_after_hours=step.escalate_after_hours,
    )


def _approver_message(approver: Approver) -> rules_pb2.Approver:
    if approver.who is Who.MANAGER:
        return rules_pb2.Approver(manager_of_requester=True)
    if approver.who is Who.ROLE:
        return rules_pb2.Approver(role=approver.name)
    return rules_pb2.Approver(person=approver.name)


def _wanted_step(message: rules_pb2.RuleStep) -> RuleStep:
    mode = _MODE_OF.get(message.mode)
    if mode is None:
        raise InvalidField("rule.steps.mode", "any, all or in sequence")
    return RuleStep(
        title=message.title,
        approvers=tuple(_wanted_approver(approver) for approver in message.approvers),
        mode=mode,
        remind_after_hours=message.remind_after_hours,
        escalate_after_hours=message.escalate_after_hours,
    )


def _wanted_approver(message: rules_pb2.Approver) -> Approver:
    way = message.WhichOneof("who")
    if way == "role":
        return Approver(Who.ROLE, message.role)
    if way == "person":
        return Approver(Who.PERSON, message.person)
    if way == "manager_of_requester" and message.manager_of_requester:
        return Approver(Who.MANAGER)
    raise InvalidField("rule.steps.approvers", "the manager of the requester, a role or a person")
