"""Delegations: a stand-in decides only what was lent, as long as it was lent, and never for the requester."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from kuguan.approvals.v1 import approvals_pb2, people_pb2

from services.kit.errors import RemoteError
from tests.service.approvals.company import Company, order, people_approve, refusal, request_id

GRANTED = approvals_pb2.TASK_STATE_GRANTED


async def test_a_stand_in_decides_and_both_names_are_kept(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.lend("lixia", "zhaoliu")
    task = await here.place(order(1))
    assert list(task.steps[0].assignments[0].delegates) == ["zhaoliu"]
    assert await here.to_decide("zhaoliu") == ["LY1-1"]
    after = await here.decide(task, "zhaoliu")
    part = after.steps[0].assignments[0]
    assert (after.state, part.person, part.decided_by) == (GRANTED, "lixia", "zhaoliu")
    assert here.broken() == []


async def test_who_may_decide_is_told_again_when_a_delegation_begins_and_ends(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.place(order(1))
    name = await here.lend("lixia", "zhaoliu")
    await here.run_timer()
    assert await here.events("LY1-1") == ["ApprovalRequested"] * 2
    request = people_pb2.EndDelegationRequest(request_id=request_id(), name=name)
    await here.ask(here.people.EndDelegation, request, "lixia")
    assert await here.to_decide("zhaoliu") == []
    await here.run_timer()
    assert await here.events("LY1-1") == ["ApprovalRequested"] * 3
    await here.run_timer()
    assert await here.events("LY1-1") == ["ApprovalRequested"] * 3


async def test_a_delegation_that_ended_a_second_ago_is_worth_nothing(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.lend("lixia", "zhaoliu")
    task = await here.place(order(1))
    ended = int((datetime.now(UTC) - timedelta(seconds=1)).timestamp() * 1_000_000)
    await here.write(f"UPDATE delegations SET start_at = start_at - 60000000, end_at = {ended}")
    assert (await refusal(here.decide(task, "zhaoliu"))).reason == "NOT_YOUR_TASK"
    assert await here.to_decide("zhaoliu") == []
    answer = await here.ask(
        here.approvals.ListTasks, approvals_pb2.ListTasksRequest(view=approvals_pb2.TASK_VIEW_ALL), "wangzong"
    )
    assert list(answer.tasks[0].steps[0].assignments[0].delegates) == []


async def test_ending_a_delegation_races_with_the_decision_it_allowed(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    for number in range(1, 9):
        name = await here.lend("lixia", "zhaoliu")
        task = await here.place(order(number))
        end = people_pb2.EndDelegationRequest(request_id=request_id(), name=name)
        decided, _ = await asyncio.gather(
            here.decide(task, "zhaoliu"),
            here.ask(here.people.EndDelegation, end, "lixia"),
            return_exceptions=True,
        )
        allowed = isinstance(decided, approvals_pb2.Task) and decided.state == GRANTED
        refused = isinstance(decided, RemoteError) and decided.reason == "NOT_YOUR_TASK"
        assert allowed or refused
        assert (await refusal(here.decide(task, "zhaoliu"))).reason in {"NOT_YOUR_TASK", "ALREADY_DECIDED"}
    assert here.broken() == []


async def test_the_requester_does_not_decide_in_the_place_of_their_manager(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.lend("lixia", "zhangsan")
    task = await here.place(order(1))
    assert list(task.steps[0].assignments[0].delegates) == []
    assert (await refusal(here.decide(task, "zhangsan"))).reason == "OWN_REQUEST"
    assert await here.to_decide("zhangsan") == []


async def test_the_requesters_own_stand_in_does_not_decide_in_anothers_place(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.lend("zhangsan", "zhaoliu")
    await here.lend("lixia", "zhaoliu")
    task = await here.place(order(1))
    assert (await refusal(here.decide(task, "zhaoliu"))).reason == "STANDS_IN_FOR_REQUESTER"
    assert await here.to_decide("zhaoliu") == []
    other = await here.place(order(2, "fangfang"))
    assert (await here.decide(other, "zhaoliu")).state == GRANTED


async def test_a_right_of_ones_own_is_not_touched_by_standing_in_for_the_requester(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.lend("zhangsan", "lixia")
    task = await here.place(order(1))
    assert (await here.decide(task, "lixia")).state == GRANTED
    assert here.broken() == []


async def test_a_delegation_is_not_passed_on(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.lend("lixia", "zhaoliu")
    await here.lend("zhaoliu", "fangfang")
    task = await here.place(order(1))
    assert (await refusal(here.decide(task, "fangfang"))).reason == "NOT_YOUR_TASK"


async def test_a_delegation_covers_only_its_kinds(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.lend("lixia", "zhaoliu", kinds=["sample"])
    task = await here.place(order(1))
    sample = await here.place(order(2, kind="sample"))
    assert await here.to_decide("zhaoliu") == [sample.name]
    assert (await refusal(here.decide(task, "zhaoliu"))).reason == "NOT_YOUR_TASK"
    assert (await here.decide(sample, "zhaoliu")).state == GRANTED


async def test_a_delegation_ends_with_the_right_of_who_lent_it(here: Company) -> None:
    await here.rule(people_approve("ANY", "lixia"))
    await here.lend("lixia", "zhaoliu")
    task = await here.place(order(1))
    await here.change("lixia", left=True)
    assert (await refusal(here.decide(task, "zhaoliu"))).reason == "NOT_YOUR_TASK"
    assert await here.to_decide("zhaoliu") == []


async def test_nobody_gives_two_voices_in_one_step(here: Company) -> None:
    await here.rule(people_approve("ALL", "lixia", "chenmin"))
    await here.lend("lixia", "chenmin")
    task = await here.decide(await here.place(order(1)), "chenmin")
    assert task.state == approvals_pb2.TASK_STATE_OPEN
    assert (await refusal(here.decide(task, "chenmin"))).reason == "ALREADY_VOTED"
    assert (await here.decide(task, "lixia")).state == GRANTED


async def test_delegations_have_bounds(here: Company) -> None:
    request = people_pb2.CreateDelegationRequest(request_id=request_id(), to_person="zhaoliu")
    request.end_time.FromSeconds(int(datetime.now(UTC).timestamp()) + 91 * 86_400)
    too_long = await refusal(here.ask(here.people.CreateDelegation, request, "lixia"))
    assert (too_long.reason, too_long.facts["field"]) == ("INVALID_FIELD", "end_time")
    assert (await refusal(here.lend("lixia", "lixia"))).facts["why"] == "self"
    assert (await refusal(here.lend("lixia", "admin"))).facts["why"] == "not_entitled"
    assert (await refusal(here.lend("lixia", "nobody"))).reason == "NO_SUCH"
    name = await here.lend("lixia", "zhaoliu")
    other = people_pb2.EndDelegationRequest(request_id=request_id(), name=name)
    assert (await refusal(here.ask(here.people.EndDelegation, other, "zhaoliu"))).reason == "NO_SUCH"


async def test_a_delegation_for_a_kind_that_there_is_not_is_refused(here: Company) -> None:
    with pytest.raises(RemoteError) as caught:
        await here.lend("lixia", "zhaoliu", kinds=["sampel"])
    assert (caught.value.reason, caught.value.facts["field"]) == ("INVALID_FIELD", "kinds")
