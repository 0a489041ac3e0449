"""Who is asked: never the requester, never anybody twice, never nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.approvals.domain.course import follow_up, next_moment, open_task
from services.approvals.domain.decisions import end_undecided, remind, right_to_vote, stand_ins_of, withdraw
from services.approvals.domain.people import Directory
from services.approvals.domain.refusals import (
    AlreadyDecided,
    AlreadyVoted,
    NeverDecides,
    NobodyToRemind,
    NotYourRequest,
    NotYourTask,
    NotYourTurn,
    OwnRequest,
    RemindedRecently,
    StandsInForRequester,
)
from services.approvals.domain.resolution import MAXIMUM_HOLDERS
from services.approvals.domain.rules import Approver, Mode, RuleStep
from services.approvals.domain.tasks import Task, TaskState
from tests.unit.approvals.samples import (
    APPROVE,
    COMPANY,
    MANAGER,
    NOW,
    REFUSE,
    ROWS,
    active_in,
    blank,
    company,
    decided,
    lent,
    opened,
    people_in,
    person,
    role,
    rule,
    step,
)

HOUR = timedelta(hours=1)
EXPECTED = (
    NotYourTask,
    NotYourTurn,
    OwnRequest,
    NeverDecides,
    AlreadyDecided,
    AlreadyVoted,
    StandsInForRequester,
)


def test_the_manager_is_asked_and_then_everybody_in_finance() -> None:
    task = opened(step(MANAGER), step(role("finance"))).task
    assert (people_in(task, 0), people_in(task, 1)) == (
        [("lixia", "manager")],
        [("chenmin", "role:finance"), ("fangfang", "role:finance")],
    )
    assert active_in(task) == ["lixia"]


def test_who_has_no_manager_is_decided_about_by_the_first_owner_who_may() -> None:
    assert people_in(opened(step(MANAGER), requester="wangzong").task) == [("chenmin", "owner")]


def test_a_requester_unknown_here_is_decided_about_by_an_owner() -> None:
    assert people_in(opened(step(MANAGER), requester="stranger").task) == [("wangzong", "owner")]


def test_the_requester_is_left_out_where_others_decide() -> None:
    assert people_in(opened(step(role("finance")), requester="chenmin").task) == [
        ("fangfang", "role:finance")
    ]


def test_the_voice_of_the_requester_goes_to_their_superior_where_it_is_needed() -> None:
    both = step(person("lixia"), person("chenmin"), mode=Mode.ALL)
    assert people_in(opened(both, requester="lixia").task) == [
        ("wangzong", "superior"),
        ("chenmin", "person"),
    ]


def test_administrators_and_leavers_are_replaced_by_their_superior() -> None:
    assert people_in(opened(step(person("admin"))).task) == [("wangzong", "superior")]
    gone = company(lixia={"left": True})
    assert people_in(opened(step(MANAGER), directory=gone).task) == [("wangzong", "superior")]


def test_one_person_is_not_two_voices_of_one_step() -> None:
    both = step(MANAGER, person("lixia"), mode=Mode.ALL)
    assert people_in(opened(both).task) == [("lixia", "manager"), ("wangzong", "superior")]


def test_a_role_that_nobody_has_goes_to_the_owner_and_is_never_dropped() -> None:
    both = step(MANAGER, role("buyer"), mode=Mode.ALL)
    assert people_in(opened(both).task) == [("lixia", "manager"), ("wangzong", "owner")]


def test_a_role_that_everybody_has_is_not_an_approver() -> None:
    crowd = Directory(
        COMPANY.people, {"employee": tuple(f"p{number}" for number in range(MAXIMUM_HOLDERS + 1))}
    )
    assert people_in(opened(step(role("employee")), directory=crowd).task) == [("wangzong", "owner")]


def test_without_anybody_the_task_is_stuck_and_not_granted() -> None:
    outcome = open_task(blank("wangzong"), rule(step(MANAGER), owners=("wangzong",)), (), COMPANY)
    assert (outcome.task.state, outcome.records[-1].action) == (TaskState.STUCK, "stuck")
    assert open_task(blank(), None, (), COMPANY).task.state is TaskState.STUCK
    with pytest.raises(NobodyToRemind):
        remind(outcome.task, "wangzong", NOW)
    again = follow_up(outcome.task, COMPANY, NOW + HOUR)
    assert (again.task, again.records) == (outcome.task, ())


def test_the_last_step_asks_an_owner_when_everybody_above_has_decided() -> None:
    task = opened(step(MANAGER), step(role("finance")), requester="chenmin").task
    task = decided(task, "wangzong")
    assert active_in(task) == ["fangfang"]
    alone = company(fangfang={"left": True})
    task = opened(step(MANAGER), step(role("finance")), requester="chenmin", directory=alone).task
    task = decided(task, "wangzong", directory=alone)
    assert people_in(task, 1) == [("lixia", "owner")]


def test_a_stand_in_who_decided_is_not_asked_in_the_next_step() -> None:
    task = opened(step(MANAGER), step(role("finance"))).task
    task = decided(task, "chenmin", delegations=(lent("lixia", "chenmin"),))
    assert active_in(task) == ["fangfang"]
    assert task.spent() == {"lixia", "chenmin"}


def test_rights_are_those_of_the_moment_of_deciding() -> None:
    task = opened(step(role("finance"))).task
    demoted = company(chenmin={"roles": frozenset({"employee"})})
    with pytest.raises(NotYourTask):
        decided(task, "chenmin", directory=demoted)
    promoted = company(chenmin={"roles": frozenset({"employee", "finance", "admin"})})
    with pytest.raises(NeverDecides):
        decided(task, "chenmin", directory=promoted)
    moved = company(zhangsan={"manager": "zhaoliu"})
    with pytest.raises(NotYourTask):
        decided(opened(step(MANAGER)).task, "lixia", directory=moved)


def test_who_lost_the_right_is_replaced_by_who_has_it_now() -> None:
    task = opened(step(MANAGER)).task
    moved = follow_up(task, company(zhangsan={"manager": "zhaoliu"}), NOW).task
    assert (active_in(moved), moved.version) == (["zhaoliu"], 2)
    gone = follow_up(task, company(lixia={"left": True}), NOW).task
    assert active_in(gone) == ["wangzong"]
    gone_all: dict[str, dict[str, object]] = {name: {"left": True} for name in ROWS if name != "zhangsan"}
    nobody = company(**gone_all)
    stuck = follow_up(task, nobody, NOW).task
    assert (stuck.state, active_in(stuck)) == (TaskState.STUCK, [])
    freed = follow_up(stuck, COMPANY, NOW + HOUR).task
    assert (freed.state, active_in(freed)) == (TaskState.OPEN, ["lixia"])
    assert decided(freed, "lixia").state is TaskState.GRANTED


def test_stand_ins_of_the_requester_decide_in_no_borrowed_place() -> None:
    task = opened(step(MANAGER)).task
    both = (lent("lixia", "zhaoliu"), lent("zhangsan", "zhaoliu", name="d2"))
    with pytest.raises(StandsInForRequester):
        right_to_vote(task, "zhaoliu", both, COMPANY, 1, NOW)
    with pytest.raises(OwnRequest):
        right_to_vote(task, "zhangsan", (lent("lixia", "zhangsan"),), COMPANY, 1, NOW)
    assert right_to_vote(task, "lixia", (lent("zhangsan", "lixia"),), COMPANY, 1, NOW).delegation == ""


def test_stand_ins_are_shown_only_while_they_may_decide() -> None:
    task = opened(step(MANAGER)).task
    live = stand_ins_of(task, [lent("lixia", "zhaoliu"), lent("lixia", "admin")], COMPANY, NOW)
    assert {holder: [one.to_person for one in ones] for holder, ones in live.items()} == {
        "lixia": ["zhaoliu"]
    }
    later = stand_ins_of(task, [lent("lixia", "zhaoliu")], COMPANY, NOW + HOUR)
    assert later == {"lixia": ()}


def test_reminders_and_escalation_come_once_and_in_time() -> None:
    task = opened(step(MANAGER, remind=4, escalate=24)).task
    assert next_moment(task) == NOW + 4 * HOUR
    early = follow_up(task, COMPANY, NOW + 3 * HOUR)
    assert (early.task, early.reminded) == (task, False)
    late = follow_up(task, COMPANY, NOW + 4 * HOUR)
    assert (late.reminded, late.task.version, next_moment(late.task)) == (True, 1, NOW + 24 * HOUR)
    assert not follow_up(late.task, COMPANY, NOW + 5 * HOUR).reminded
    risen = follow_up(late.task, COMPANY, NOW + 24 * HOUR).task
    assert (active_in(risen), risen.version) == (["lixia", "wangzong"], 2)
    assert follow_up(risen, COMPANY, NOW + 25 * HOUR).task == risen
    assert decided(risen, "wangzong").state is TaskState.GRANTED


def test_an_escalated_voice_of_all_is_still_one_voice() -> None:
    task = opened(step(person("lixia"), person("fangfang"), mode=Mode.ALL, escalate=1)).task
    task = follow_up(task, COMPANY, NOW + HOUR).task
    assert active_in(task) == ["chenmin", "fangfang", "lixia", "wangzong"]
    task = decided(task, "wangzong", now=NOW + HOUR)
    assert active_in(task) == ["chenmin", "fangfang"]
    assert decided(task, "chenmin", now=NOW + HOUR).state is TaskState.GRANTED


def test_only_the_requester_withdraws_and_reminds() -> None:
    task = opened(step(MANAGER)).task
    for change in (withdraw, remind):
        with pytest.raises(NotYourRequest):
            change(task, "lixia", NOW)
    reminded = remind(task, "zhangsan", NOW).task
    with pytest.raises(RemindedRecently):
        remind(reminded, "zhangsan", NOW + HOUR - timedelta(microseconds=1))
    assert remind(reminded, "zhangsan", NOW + HOUR).reminded
    ended = withdraw(task, "zhangsan", NOW).task
    assert (ended.state, ended.ended_by) == (TaskState.WITHDRAWN, "zhangsan")
    with pytest.raises(AlreadyDecided):
        end_undecided(ended, "", "order_ended", NOW)


approvers = st.one_of(
    st.just(MANAGER),
    st.sampled_from(["finance", "buyer", "manager"]).map(role),
    st.sampled_from(list(ROWS)).map(person),
)
steps = st.builds(
    lambda found, mode: step(*found, mode=mode),
    st.lists(approvers, min_size=1, max_size=3, unique=True),
    st.sampled_from(list(Mode)),
)
changes = st.dictionaries(
    st.sampled_from(list(ROWS)),
    st.sampled_from([{"left": True}, {"roles": frozenset({"employee"})}, {"manager": ""}]),
    max_size=3,
)
delegation_pairs = st.lists(st.tuples(st.sampled_from(list(ROWS)), st.sampled_from(list(ROWS))), max_size=4)
actions = st.lists(
    st.tuples(st.sampled_from(list(ROWS)), st.sampled_from([APPROVE, APPROVE, APPROVE, REFUSE])), max_size=12
)


@given(
    st.lists(steps, min_size=1, max_size=3),
    st.sampled_from(list(ROWS)),
    changes,
    delegation_pairs,
    actions,
    st.integers(0, 12),
)
def test_whatever_happens_nobody_decides_their_own_request_or_twice(
    made: list[RuleStep],
    requester: str,
    later: dict[str, dict[str, object]],
    pairs: list[tuple[str, str]],
    tried: list[tuple[str, object]],
    change_after: int,
) -> None:
    known = tuple(lent(*pair, name=f"d{number}") for number, pair in enumerate(pairs) if pair[0] != pair[1])
    directory, task = COMPANY, opened(*made, requester=requester).task
    for number, (caster, decision) in enumerate(tried):
        if number == change_after:
            directory = company(**later)
            if task.is_open:
                task = follow_up(task, directory, NOW).task
        try:
            right = right_to_vote(task, caster, known, directory, task.version, NOW)
        except EXPECTED:
            continue
        assert requester not in {caster, right.holder}
        assert not {caster, right.holder} & task.spent()
        assert directory.people[caster].may_decide
        assert directory.people[right.holder].may_decide
        task = decided(task, caster, decision, delegations=known, directory=directory)  # type: ignore[arg-type]
    check_end(task, made)


def check_end(task: Task, made: list[RuleStep]) -> None:
    """A granted task has an approval in each step; an open one has somebody who may decide."""
    if task.state is TaskState.GRANTED:
        assert len(task.steps) == len(made)
        for one in task.steps:
            assert any(part.state.value == "approved" for part in one.assignments)
    if task.state is TaskState.OPEN:
        assert task.holders()


def test_the_parts_of_a_step_have_names_for_their_reasons() -> None:
    reasons = {why for _, why in people_in(opened(step(MANAGER, role("finance"), person("zhaoliu"))).task)}
    assert reasons == {"manager", "role:finance", "person"}
    assert Approver(MANAGER.who).name == ""
