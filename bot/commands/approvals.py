"""Approvals by words: what waits, and deciding where buttons do not work."""

from __future__ import annotations

from kuguan.approvals.v1.approvals_pb2 import (
    DecideRequest,
    Decision,
    ListTasksRequest,
    Task,
    TaskState,
    TaskView,
)

from bot.commands.ask import Ask, Reply, Say, Show, new_card, request_id_of
from bot.storage.cards import CardRow
from bot.understand import Command, Intent

_SHOWN = 10


async def pending_approvals(ask: Ask, intent: Intent) -> list[Reply]:
    """A fresh approval card for each task the person may decide now."""
    request = ListTasksRequest(page_size=_SHOWN, view=TaskView.TASK_VIEW_TO_DECIDE)
    answer = await ask.voice.read(ask.voice.services.approvals.ListTasks, request)
    if not answer.tasks:
        return [Say(ask.words("approval.none"))]
    head = Say(ask.words("approval.count", count=len(answer.tasks)))
    return [head, *(Show(approval_card(ask, task)) for task in answer.tasks)]


def approval_card(ask: Ask, task: Task) -> CardRow:
    """The row of an approval card for this person."""
    return new_card(ask, "approval", task.order, {"task": task.name})


async def decide_by_words(ask: Ask, intent: Intent) -> list[Reply]:
    """Decide the one task of the order that was named; the words stand for the tap on its card."""
    if intent.reference is None:
        return [Say(ask.words("order.reference_missing", example=ask.words("example.approval")))]
    request = ListTasksRequest(page_size=2, view=TaskView.TASK_VIEW_TO_DECIDE, order=intent.reference)
    answer = await ask.voice.read(ask.voice.services.approvals.ListTasks, request)
    if len(answer.tasks) != 1:
        return [Say(ask.words("approval.not_yours", reference=intent.reference))]
    task: Task = answer.tasks[0]
    agreed = intent.command is Command.APPROVE
    decision = DecideRequest(
        request_id=request_id_of(ask.cause, "words"),
        name=task.name,
        version=task.version,
        decision=Decision.DECISION_APPROVE if agreed else Decision.DECISION_REFUSE,
        comment=intent.reason or "",
    )
    answer = await ask.voice.write(ask.voice.services.approvals.Decide, decision)
    if agreed and answer.task.state == TaskState.TASK_STATE_OPEN:
        return [Say(ask.words("stamp.you_agreed"))]
    return [Say(ask.words("approval.agreed" if agreed else "approval.refused", order=task.order))]
