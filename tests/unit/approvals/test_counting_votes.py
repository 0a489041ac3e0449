"""How voices make the result of a step: one is enough, all have to agree, or one after the other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.approvals.domain.decisions import add_approver, right_to_vote, transfer
from services.approvals.domain.refusals import (
    AlreadyDecided,
    AlreadyVoted,
    CannotTakePart,
    NotYourTask,
    NotYourTurn,
    TaskChanged,
)
from services.approvals.domain.rules import Mode
from services.approvals.domain.tasks import Assignment, AssignmentState, Decision, Step, StepResult, TaskState
from tests.unit.approvals.samples import (
    APPROVE,
    COMPANY,
    NOW,
    REFUSE,
    active_in,
    decided,
    opened,
    people_in,
    person,
    step,
)

VOTERS = ["lixia", "chenmin", "zhaoliu", "fangfang"]
modes = st.sampled_from(list(Mode))
decisions = st.lists(
    st.tuples(st.sampled_from(VOTERS), st.sampled_from(list(Decision))),
    unique_by=lambda vote: vote[0],
    max_size=4,
)


@given(modes, decisions)
def test_votes_in_any_order_end_as_a_plain_count_says(mode: Mode, votes: list[tuple[str, Decision]]) -> None:
    task = opened(step(*map(person, VOTERS), mode=mode)).task
    cast: list[Decision] = []
    for voter, decision in votes:
        try:
            task = decided(task, voter, decision)
        except (NotYourTurn, AlreadyDecided):
            continue
        cast.append(decision)
    assert task.state is expected(mode, cast)
    assert task.version == 1 + len(cast)
    if task.state is not TaskState.OPEN:
        assert active_in(task) == []
        assert not any(part.is_live for part in task.assignments())


def expected(mode: Mode, cast: list[Decision]) -> TaskState:
    """The state after these counted decisions, written down without any of the code under test."""
    if REFUSE in cast:
        return TaskState.REFUSED
    enough = 1 if mode is Mode.ANY else len(VOTERS)
    return TaskState.GRANTED if len(cast) >= enough else TaskState.OPEN


states = st.sampled_from(list(AssignmentState))
parts = st.lists(
    st.builds(
        Assignment,
        person=st.uuids().map(str),
        why=st.just("person"),
        slot=st.integers(0, 3),
        state=states,
        required=st.booleans(),
    ),
    max_size=6,
)


@given(modes, parts)
def test_a_step_passes_only_if_somebody_agreed_and_nobody_refused(mode: Mode, made: list[Assignment]) -> None:
    result = Step("step", mode, assignments=tuple(made)).result()
    found = {part.state for part in made}
    if result is StepResult.PASSED:
        assert AssignmentState.APPROVED in found
        assert AssignmentState.REFUSED not in found
    assert (result is StepResult.REFUSED) == (AssignmentState.REFUSED in found)


@given(parts)
def test_in_a_sequence_only_one_voice_has_its_turn(made: list[Assignment]) -> None:
    waiting = [part for part in made if part.state is not AssignmentState.ACTIVE]
    turned = Step("step", Mode.IN_SEQUENCE, assignments=tuple(waiting)).with_turns(NOW)
    assert len({part.slot for part in turned.active()}) <= 1


def test_in_a_sequence_people_decide_in_the_order_of_the_rule() -> None:
    task = opened(step(person("chenmin"), person("lixia"), mode=Mode.IN_SEQUENCE)).task
    assert active_in(task) == ["chenmin"]
    with pytest.raises(NotYourTurn):
        decided(task, "lixia")
    task = decided(task, "chenmin")
    assert active_in(task) == ["lixia"]
    assert decided(task, "lixia").state is TaskState.GRANTED


def test_a_decision_about_another_version_is_refused() -> None:
    task = opened(step(person("lixia"))).task
    with pytest.raises(TaskChanged) as caught:
        right_to_vote(task, "lixia", (), COMPANY, 2, NOW)
    assert caught.value.facts == {"task": "LY1-1", "version": "1", "state": "open"}


def test_nobody_decides_twice_and_the_late_are_told_who_did() -> None:
    task = decided(opened(step(person("lixia"), person("chenmin"), mode=Mode.ALL)).task, "lixia")
    with pytest.raises(AlreadyVoted):
        decided(task, "lixia")
    task = decided(task, "chenmin", REFUSE)
    with pytest.raises(AlreadyDecided) as caught:
        decided(task, "lixia")
    assert caught.value.facts == {
        "task": "LY1-1",
        "state": "refused",
        "person": "chenmin",
        "time": NOW.isoformat(),
    }


def test_one_voice_of_any_closes_the_others_but_not_who_was_added() -> None:
    task = opened(step(person("lixia"), person("chenmin"))).task
    task = add_approver(task, "lixia", "zhaoliu", "", 1, COMPANY, NOW).task
    first = decided(task, "chenmin")
    assert (first.state, active_in(first)) == (TaskState.OPEN, ["zhaoliu"])
    assert decided(first, "zhaoliu", REFUSE).state is TaskState.REFUSED
    other = decided(task, "zhaoliu")
    assert active_in(other) == ["chenmin", "lixia"]
    assert decided(other, "lixia").state is TaskState.GRANTED


def test_who_is_added_in_a_sequence_comes_right_after_who_added_them() -> None:
    task = opened(step(person("lixia"), person("chenmin"), mode=Mode.IN_SEQUENCE)).task
    task = add_approver(task, "lixia", "zhaoliu", "", 1, COMPANY, NOW).task
    order = []
    while task.state is TaskState.OPEN:
        (turn,) = active_in(task)
        order.append(turn)
        task = decided(task, turn)
    assert order == ["lixia", "zhaoliu", "chenmin"]


def test_a_part_that_was_handed_over_counts_once() -> None:
    task = opened(step(person("lixia"), person("chenmin"), mode=Mode.ALL)).task
    task = transfer(task, "lixia", "zhaoliu", "", 1, COMPANY, NOW).task
    with pytest.raises(NotYourTask):
        decided(task, "lixia")
    task = decided(decided(task, "zhaoliu"), "chenmin")
    assert task.state is TaskState.GRANTED
    back = transfer(
        transfer(opened(step(person("lixia"))).task, "lixia", "zhaoliu", "", 1, COMPANY, NOW).task,
        "zhaoliu",
        "lixia",
        "",
        2,
        COMPANY,
        NOW + timedelta(minutes=1),
    ).task
    assert decided(back, "lixia").state is TaskState.GRANTED


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("zhangsan", "requester"),
        ("admin", "not_entitled"),
        ("nobody", "not_entitled"),
        ("chenmin", "takes_part"),
    ],
)
def test_not_everybody_can_be_handed_a_part(who: str, why: str) -> None:
    task = opened(step(person("lixia"), person("chenmin"))).task
    for change in (transfer, add_approver):
        with pytest.raises(CannotTakePart) as caught:
            change(task, "lixia", who, "", 1, COMPANY, NOW)
        assert caught.value.why == why


def test_who_decided_is_not_asked_again_by_a_hand_over() -> None:
    task = decided(opened(step(person("lixia"), person("chenmin"), mode=Mode.ALL)).task, "lixia", APPROVE)
    with pytest.raises(CannotTakePart) as caught:
        transfer(task, "chenmin", "lixia", "", 2, COMPANY, NOW)
    assert caught.value.why == "voted"
    assert people_in(task) == [("lixia", "person"), ("chenmin", "person")]
