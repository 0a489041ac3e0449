"""Rules through the front door: two administrators, versions, and open tasks that stay as they are."""

from __future__ import annotations

from google.type.money_pb2 import Money
from kuguan.approvals.v1 import approvals_pb2, rules_pb2

from tests.service.approvals.company import (
    Company,
    manager_then_finance,
    order,
    people_approve,
    refusal,
    request_id,
    rule,
)

ACTIVE = rules_pb2.RULE_STATE_ACTIVE
PROPOSED = rules_pb2.RULE_STATE_PROPOSED


async def propose(here: Company, wanted: rules_pb2.Rule, who: str) -> rules_pb2.Rule:
    """Propose a rule as a person."""
    request = rules_pb2.ProposeRuleRequest(request_id=request_id(), rule=wanted)
    answer: rules_pb2.ProposeRuleResponse = await here.ask(here.rules.ProposeRule, request, who)
    return answer.rule


async def confirm(here: Company, proposed: rules_pb2.Rule, who: str) -> rules_pb2.Rule:
    """Confirm a rule as a person."""
    request = rules_pb2.ConfirmRuleRequest(
        request_id=request_id(), name=proposed.name, version=proposed.version
    )
    answer: rules_pb2.ConfirmRuleResponse = await here.ask(here.rules.ConfirmRule, request, who)
    return answer.rule


async def test_while_setting_up_a_program_puts_rules_into_force_once(here: Company) -> None:
    first = await here.rule(rule("small"))
    again = await here.rule(rule("small"))
    second = await here.rule(manager_then_finance(position=20))
    assert [one.state for one in (first, again, second)] == [ACTIVE] * 3
    assert [one.version for one in (first, again, second)] == [1, 1, 1]
    await here.place(order(1))
    assert (await here.rule(rule("late"))).state == PROPOSED


async def test_a_rule_needs_a_second_administrator(here: Company) -> None:
    proposed = await propose(here, rule("small"), "admin")
    assert proposed.state == PROPOSED
    assert (await refusal(confirm(here, proposed, "admin"))).reason == "SECOND_ADMINISTRATOR_NEEDED"
    assert (await refusal(confirm(here, proposed, "lixia"))).reason == "PERMISSION_MISSING"
    confirming = rules_pb2.ConfirmRuleRequest(request_id=request_id(), name="small", version=1)
    assert (await refusal(here.set_up(here.rules.ConfirmRule, confirming))).reason == "PERSON_NEEDED"
    in_force = await confirm(here, proposed, "admin2")
    assert (in_force.state, in_force.proposer, in_force.confirmer) == (ACTIVE, "admin", "admin2")
    assert (await refusal(confirm(here, proposed, "admin2"))).reason == "RULE_NOT_WAITING"
    assert (await here.rule(rule("other"))).state == PROPOSED


async def test_a_new_version_leaves_open_tasks_alone(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    before = await here.place(order(1))
    newer = await propose(here, people_approve("ANY", "chenmin"), "admin")
    assert (await here.place(order(2))).steps[0].assignments[0].person == "lixia"
    await confirm(here, newer, "admin2")
    assert (await here.place(order(3))).steps[0].assignments[0].person == "chenmin"
    assert (await here.task(before.name)).steps[0].assignments[0].person == "lixia"
    assert (await here.decide(before, "lixia")).state == approvals_pb2.TASK_STATE_GRANTED


async def test_a_proposal_that_was_replaced_cannot_be_confirmed(here: Company) -> None:
    first = await propose(here, rule("small", position=1), "admin")
    second = await propose(here, rule("small", position=2), "admin")
    assert (await refusal(confirm(here, first, "admin2"))).reason == "VERSION_CHANGED"
    assert (await confirm(here, second, "admin2")).position == 2
    listed = await here.ask(here.rules.ListRules, rules_pb2.ListRulesRequest(), "admin")
    assert [(one.name, one.version) for one in listed.rules] == [("small", 2)]


async def test_wrong_rules_are_refused_with_the_field_that_is_wrong(here: Company) -> None:
    nobody, euro = rule("a"), rule("a")
    nobody.owners.append("nobody")
    euro.conditions.below_amount.CopyFrom(Money(currency_code="EUR", units=1))
    ownerless = rule("a")
    del ownerless.owners[:]
    wrong = [
        (rule("Big Rule"), "rule.name"),
        (rule("a", position=-1), "rule.position"),
        (rule("a", below_amount=Money(units=0)), "rule.conditions.below_amount"),
        (rule("a", kinds=["领用"]), "rule.conditions.kinds"),
        (rule("a", kinds=["sample", "sampel"]), "rule.conditions.kinds"),
        (rule("a", departments=["行政部 "]), "rule.conditions.departments"),
        (rule("a", [rules_pb2.RuleStep(title="x", mode="STEP_MODE_ANY")]), "rule.steps.approvers"),
        (people_approve("UNSPECIFIED", "lixia"), "rule.steps.mode"),
        (
            people_approve("ANY", "lixia", remind_after_hours=5, escalate_after_hours=4),
            "rule.steps.escalate_after_hours",
        ),
        (nobody, "rule"),
        (euro, "rule.conditions.below_amount"),
        (ownerless, "rule.owners"),
    ]
    for made, field in wrong:
        error = await refusal(here.rule(made))
        assert (error.reason, error.facts["field"]) == ("INVALID_FIELD", field)


async def test_rules_are_listed_in_the_order_in_which_they_are_tried(here: Company) -> None:
    for name, position in (("c", 3), ("b", 1), ("a", 1), ("d", 2)):
        await here.rule(rule(name, position=position))
    request = rules_pb2.ListRulesRequest(page_size=3)
    page = await here.ask(here.rules.ListRules, request, "admin")
    request.page_token = page.next_page_token
    rest = await here.ask(here.rules.ListRules, request, "admin")
    assert [one.name for one in [*page.rules, *rest.rules]] == ["a", "b", "d", "c"]
    assert (
        await here.ask(here.rules.GetRule, rules_pb2.GetRuleRequest(name="d"), "admin")
    ).rule.position == 2
