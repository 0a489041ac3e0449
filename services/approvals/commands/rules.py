"""Changes of rules: one administrator proposes, another confirms; open tasks stay as they are (R26)."""

from __future__ import annotations

from dataclasses import replace

from kuguan.approvals.v1.rules_pb2 import (
    ConfirmRuleRequest,
    ConfirmRuleResponse,
    ProposeRuleRequest,
    ProposeRuleResponse,
)

from services.approvals.commands.rights import acting_person, actor, check_right
from services.approvals.domain.rules import Rule, RuleState
from services.approvals.domain.wording import looked_up
from services.approvals.messages import rules as messages
from services.approvals.storage import people, rules, tasks
from services.kit.changes import Transaction, writes
from services.kit.errors import InvalidField, NoSuch, VersionChanged

WRITE = "rules.write"


@writes(audited=True)
def propose_rule(tx: Transaction, request: ProposeRuleRequest) -> ProposeRuleResponse:
    """Propose a rule or a new version of one. While a program sets the system up it is in force at once."""
    check_right(tx, WRITE)
    wanted = messages.wanted_rule(request.rule).checked()
    _check_people(tx, wanted)
    setting_up = not tx.caller.person and rules.is_being_set_up(tx.connection)
    newest = rules.find_newest(tx.connection, wanted.name)
    if setting_up and newest is not None and newest.says_the_same(wanted):
        return ProposeRuleResponse(rule=messages.rule_message(newest))
    rule = replace(
        wanted,
        state=RuleState.ACTIVE if setting_up else RuleState.PROPOSED,
        version=rules.next_version(tx.connection, wanted.name),
        proposer=actor(tx),
        created_at=tx.now,
    )
    rules.add_rule(tx.connection, rule, tx.request_id)
    tx.audit("propose_rule", rule.name, version=str(rule.version), state=rule.state)
    return ProposeRuleResponse(rule=messages.rule_message(rule))


@writes(audited=True)
def confirm_rule(tx: Transaction, request: ConfirmRuleRequest) -> ConfirmRuleResponse:
    """Put a proposed rule into force; a person who may change rules, and not the one who proposed it."""
    confirmer = acting_person(tx)
    check_right(tx, WRITE)
    newest = rules.find_newest(tx.connection, looked_up(request.name, "rule"))
    if newest is None:
        raise NoSuch("rule", request.name)
    if newest.version != request.version:
        raise VersionChanged("rule", newest.name)
    rule = newest.confirm(confirmer.id)
    _check_people(tx, rule)
    rules.put_in_force(tx.connection, rule, tx.now)
    tasks.look_soon(tx.connection, [], tx.now)
    tx.audit("confirm_rule", rule.name, version=str(rule.version), proposer=rule.proposer)
    return ConfirmRuleResponse(rule=messages.rule_message(rule))


def _check_people(tx: Transaction, rule: Rule) -> None:
    """Everybody whom a rule names works here when it is proposed and when it comes into force."""
    known = people.load_people(tx.connection, rule.people())
    for person in sorted(rule.people()):
        if person not in known or known[person].left:
            raise InvalidField("rule", f"nobody works here with the id {person}")
