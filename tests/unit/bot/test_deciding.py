"""A decision said in words is told as what it became, also when it is tried again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kuguan.approvals.v1.approvals_pb2 import (
    Assignment,
    AssignmentState,
    DecideRequest,
    DecideResponse,
    Decision,
    ListTasksRequest,
    ListTasksResponse,
    Task,
    TaskState,
    TaskStep,
    TaskView,
)

from bot.commands.approvals import decide_by_words
from bot.commands.ask import Ask, Say
from bot.company import Company
from bot.texts import Words
from bot.understand import Command, Intent
from services.kit.errors import Unreachable

WORDS = Words("zh", ZoneInfo("Asia/Shanghai"))
OPEN, GRANTED = TaskState.TASK_STATE_OPEN, TaskState.TASK_STATE_GRANTED


class Approvals:
    """One task of LY1001, whose first answer to a decision is lost on the way."""

    services = SimpleNamespace(approvals=SimpleNamespace(ListTasks=None, Decide=None))

    def __init__(self, part: Assignment, state: TaskState) -> None:
        self.part = part
        self.state_after = state
        self.task = Task(name="LY1001-1", order="LY1001", version=1, state=OPEN)
        self.task.steps.append(TaskStep(assignments=[part]))
        self.decided = 0

    async def read(self, method: Any, request: ListTasksRequest) -> ListTasksResponse:
        waits = self.decided == 0 or request.view == TaskView.TASK_VIEW_CONCERNING
        return ListTasksResponse(tasks=[self.task] if waits else [])

    async def write(self, method: Any, request: DecideRequest) -> DecideResponse:
        self.decided += 1
        vote = self.task.steps[0].assignments[0]
        agreed = request.decision == Decision.DECISION_APPROVE
        vote.state = (
            AssignmentState.ASSIGNMENT_STATE_APPROVED if agreed else AssignmentState.ASSIGNMENT_STATE_REFUSED
        )
        if vote.person != "lixia":
            vote.decided_by = "lixia"
        self.task.state = self.state_after
        raise Unreachable


async def _says(approvals: Approvals, command: Command) -> str:
    voice: Any = approvals
    ask = Ask("lixia", WORDS, Company(), voice, "wecom/x/m1")
    [reply] = await decide_by_words(ask, Intent(command, reference="1001"))
    assert isinstance(reply, Say)
    return reply.text


@pytest.mark.parametrize(
    ("command", "state", "told"),
    [
        (Command.APPROVE, OPEN, WORDS("stamp.you_agreed")),
        (Command.APPROVE, GRANTED, WORDS("approval.agreed", order="LY1001")),
        (Command.REJECT, TaskState.TASK_STATE_REFUSED, WORDS("approval.refused", order="LY1001")),
    ],
)
@pytest.mark.parametrize("person", ["lixia", "wangzong"])
async def test_a_vote_whose_answer_was_lost_is_told_when_it_is_tried_again(
    command: Command, state: TaskState, told: str, person: str
) -> None:
    approvals = Approvals(Assignment(person=person), state)
    with pytest.raises(Unreachable):
        await _says(approvals, command)
    assert await _says(approvals, command) == told
    assert approvals.decided == 1
    other = Command.REJECT if command is Command.APPROVE else Command.APPROVE
    assert await _says(approvals, other) == WORDS("approval.not_yours", reference="1001")


async def test_a_vote_of_somebody_else_is_not_ones_own() -> None:
    approvals = Approvals(Assignment(person="chenmin"), GRANTED)
    with pytest.raises(Unreachable):
        await _says(approvals, Command.APPROVE)
    approvals.task.steps[0].assignments[0].decided_by = ""
    assert await _says(approvals, Command.APPROVE) == WORDS("approval.not_yours", reference="1001")
