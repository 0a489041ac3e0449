"""Deciding through the front door: who may, once, and what everybody else is told."""

from __future__ import annotations

import asyncio

import pytest
from google.type.money_pb2 import Money
from kuguan.approvals.v1 import approvals_pb2, rules_pb2
from sqlalchemy.exc import DBAPIError

from services.kit.errors import RemoteError
from tests.service.approvals.company import (
    Company,
    manager_then_finance,
    order,
    people_approve,
    refusal,
    request_id,
    rule,
    step,
)

REFUSE = approvals_pb2.DECISION_REFUSE
OPEN = approvals_pb2.TASK_STATE_OPEN
GRANTED = approvals_pb2.TASK_STATE_GRANTED
REFUSED = approvals_pb2.TASK_STATE_REFUSED


async def test_manager_and_then_finance_grant_an_order(here: Company) -> None:
    await here.rule(manager_then_finance())
    task = await here.place(order(1, yuan=2500))
    assert task.state == OPEN
    assert [part.person for part in task.steps[0].assignments] == ["lixia"]
    assert [part.person for part in task.steps[1].assignments] == ["chenmin", "fangfang"]
    assert task.department == "行政部"
    assert await here.to_decide("lixia") == ["LY1-1"]
    assert await here.to_decide("chenmin") == []
    task = await here.decide(task, "lixia", comment="可以")
    assert (task.current_step, task.state) == (1, OPEN)
    assert await here.to_decide("chenmin") == ["LY1-1"]
    task = await here.decide(task, "fangfang")
    assert task.state == GRANTED
    assert await here.events("LY1-1") == ["ApprovalRequested", "ApprovalRequested", "ApprovalGranted"]
    part = task.steps[0].assignments[0]
    assert (part.comment, part.client, part.seen_version) == ("可以", "bot", 1)
    assert here.broken() == []


async def test_a_rule_that_asks_for_nobody_grants_at_once_and_says_so(here: Company) -> None:
    await here.rule(rule("small"))
    task = await here.place(order(1))
    assert (task.state, task.rule, list(task.steps)) == (GRANTED, "small", [])
    assert await here.events("LY1-1") == ["ApprovalGranted"]
    assert here.broken() == []


async def test_without_any_rule_the_director_decides(here: Company) -> None:
    task = await here.place(order(1))
    assert [(part.person, part.why) for part in task.steps[0].assignments] == [("wangzong", "owner")]
    assert task.rule == ""


async def test_where_no_rule_fits_the_owners_of_the_rules_decide(here: Company) -> None:
    await here.rule(rule("samples", kinds=["sample"]))
    task = await here.place(order(1, "wangzong"))
    assert [part.person for part in task.steps[0].assignments] == ["chenmin"]


async def test_an_order_of_unknown_worth_does_not_count_as_small(here: Company) -> None:
    small = rule("small", position=1, below_amount=Money(currency_code="CNY", units=50))
    await here.rule(small)
    await here.rule(manager_then_finance(position=2))
    assert (await here.place(order(1, yuan=None))).rule == "large"
    assert (await here.place(order(2, yuan=0))).rule == "large"
    assert (await here.place(order(3, yuan=49))).rule == "small"
    assert (await here.place(order(4, yuan=50))).rule == "large"


async def test_opposite_votes_at_once_have_one_winner(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia", "chenmin"))
    task = await here.place(order(1))
    results = await asyncio.gather(
        here.decide(task, "lixia"), here.decide(task, "chenmin", REFUSE), return_exceptions=True
    )
    won = [result for result in results if isinstance(result, approvals_pb2.Task)]
    (lost,) = [result for result in results if isinstance(result, RemoteError)]
    assert len(won) == 1
    assert lost.reason == "ALREADY_DECIDED"
    assert lost.facts["state"] == ("granted" if won[0].state == GRANTED else "refused")
    assert lost.facts["person"] == ("lixia" if won[0].state == GRANTED else "chenmin")
    assert len(await here.events("LY1-1")) == 2
    assert here.broken() == []


async def test_sixteen_copies_of_one_tap_decide_once_and_answer_alike(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    task = await here.place(order(1))
    same = request_id()
    answers = await asyncio.gather(*(here.decide(task, "lixia", request=same) for _ in range(16)))
    assert {answer.SerializeToString(deterministic=True) for answer in answers} == {
        answers[0].SerializeToString(deterministic=True)
    }
    assert await here.events("LY1-1") == ["ApprovalRequested", "ApprovalGranted"]


async def test_sixteen_taps_with_ids_of_their_own_decide_once(here: Company) -> None:
    await here.rule(people_approve("ALL", "lixia", "chenmin"))
    task = await here.place(order(1))
    results = await asyncio.gather(*(here.decide(task, "lixia") for _ in range(16)), return_exceptions=True)
    assert sum(isinstance(result, approvals_pb2.Task) for result in results) == 1
    reasons = {result.reason for result in results if isinstance(result, RemoteError)}
    assert reasons == {"ALREADY_VOTED"}


async def test_all_have_to_agree_and_each_decides_about_what_they_saw(here: Company) -> None:
    await here.rule(people_approve("ALL", "lixia", "chenmin"))
    task = await here.place(order(1))
    after = await here.decide(task, "lixia")
    assert after.state == OPEN
    changed = await refusal(here.decide(task, "chenmin"))
    assert (changed.reason, changed.facts["version"]) == ("TASK_CHANGED", "2")
    assert (await here.decide(after, "chenmin", REFUSE, comment="太多")).state == REFUSED
    over = await refusal(here.decide(after, "lixia"))
    assert (over.reason, over.facts["person"], over.facts["state"]) == (
        "ALREADY_DECIDED",
        "chenmin",
        "refused",
    )
    assert here.broken() == []


async def test_in_a_sequence_nobody_decides_before_their_turn(here: Company) -> None:
    await here.rule(people_approve("IN_SEQUENCE", "lixia", "chenmin"))
    task = await here.place(order(1))
    assert (await refusal(here.decide(task, "chenmin"))).reason == "NOT_YOUR_TURN"
    task = await here.decide(task, "lixia")
    assert (await here.decide(task, "chenmin")).state == GRANTED


async def test_strangers_requesters_administrators_and_programs_decide_nothing(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    task = await here.place(order(1))
    assert (await refusal(here.decide(task, "zhaoliu"))).reason == "NOT_YOUR_TASK"
    assert (await refusal(here.decide(task, "zhangsan"))).reason == "OWN_REQUEST"
    assert (await refusal(here.decide(task, "admin"))).reason == "NEVER_DECIDES"
    refused = [row for row in await here.audit() if row[1] == "decide"]
    assert [row[3] for row in refused] == ["NOT_YOUR_TASK", "OWN_REQUEST", "NEVER_DECIDES"]
    assert await here.events("LY1-1") == ["ApprovalRequested"]


async def test_a_manager_who_asks_is_decided_about_by_their_superior(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    task = await here.place(order(1, "lixia"))
    assert [(part.person, part.why) for part in task.steps[0].assignments] == [("wangzong", "superior")]
    assert (await refusal(here.decide(task, "lixia"))).reason == "OWN_REQUEST"


async def test_nobody_is_counted_in_two_steps(here: Company) -> None:
    steps = [
        step("first", rules_pb2.Approver(person="lixia")),
        step("second", rules_pb2.Approver(person="lixia")),
        step("third", rules_pb2.Approver(person="lixia")),
    ]
    await here.rule(rule("thrice", steps))
    task = await here.decide(await here.place(order(1)), "lixia")
    assert [(part.person, part.why) for part in task.steps[1].assignments] == [("wangzong", "superior")]
    task = await here.decide(task, "wangzong")
    assert [(part.person, part.why) for part in task.steps[2].assignments] == [("chenmin", "owner")]
    assert (await here.decide(task, "chenmin")).state == GRANTED
    assert here.broken() == []


async def test_a_role_that_ended_a_second_ago_decides_nothing(here: Company) -> None:
    await here.rule(rule("finance", [step("finance", rules_pb2.Approver(role="finance"))]))
    task = await here.place(order(1))
    await here.change("chenmin", roles=["employee"])
    assert (await refusal(here.decide(task, "chenmin"))).reason == "NOT_YOUR_TASK"
    await here.run_timer()
    after = await here.task(task.name)
    assert [part.person for part in after.steps[0].assignments if part.state == 2] == ["fangfang"]
    assert (await here.decide(after, "fangfang")).state == GRANTED


async def test_who_left_cannot_decide_and_is_replaced_by_their_superior(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    task = await here.place(order(1))
    await here.change("lixia", left=True)
    assert (await refusal(here.decide(task, "lixia"))).reason == "PERSON_LEFT"
    await here.run_timer()
    after = await here.task(task.name)
    assert [part.person for part in after.steps[0].assignments if part.state == 2] == ["wangzong"]
    assert await here.events(task.name) == ["ApprovalRequested", "ApprovalRequested"]


async def test_a_task_without_anybody_is_stuck_until_somebody_is_entitled(here: Company) -> None:
    alone = people_approve("ANY", "admin2")
    del alone.owners[:]
    alone.owners.append("wangzong")
    await here.rule(alone)
    task = await here.place(order(1, "wangzong"))
    assert task.state == approvals_pb2.TASK_STATE_STUCK
    assert await here.events(task.name) == ["ApprovalStuck"]
    await here.change("admin2", roles=["employee"])
    await here.run_timer()
    task = await here.task(task.name)
    assert task.state == OPEN
    assert (await here.decide(task, "admin2")).state == GRANTED
    assert here.broken() == []


async def test_without_rules_a_stuck_request_of_the_director_waits_for_another_director(
    here: Company,
) -> None:
    task = await here.place(order(1, "wangzong"))
    assert task.state == approvals_pb2.TASK_STATE_STUCK
    await here.run_timer()
    assert (await here.task(task.name)).state == approvals_pb2.TASK_STATE_STUCK
    await here.change("lixia", roles=["employee", "director"])
    await here.run_timer()
    task = await here.task(task.name)
    assert [(part.person, part.why) for part in task.steps[0].assignments] == [("lixia", "owner")]
    assert (await here.decide(task, "lixia")).state == GRANTED


async def test_decisions_and_their_record_cannot_be_changed(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.decide(await here.place(order(1)), "lixia", comment="可以")
    for table in ("votes", "task_records", "task_steps"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET step = 1"):
            with pytest.raises(DBAPIError, match="never changed"):
                await here.write(statement)
    assert here.broken() == []
