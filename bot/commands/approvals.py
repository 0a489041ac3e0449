"""What waits for a person by words, approvals and goods to hand over, and deciding without buttons."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from kuguan.approvals.v1.approvals_pb2 import (
    AssignmentState,
    DecideRequest,
    Decision,
    ListTasksRequest,
    Task,
    TaskState,
    TaskView,
)
from kuguan.orders.v1.orders_pb2 import ListOrdersRequest, Order

from bot.cards.facts import AT_WORK, arrives, is_positive
from bot.commands.ask import Ask, Reply, Say, Show, new_card, request_id_of
from bot.commands.orders import newest_task
from bot.storage.cards import CardRow
from bot.understand import Command, Intent

KEEPER = "keeper"
_SHOWN = 10
_PAGE = 200
_PAGES = 25
"""At most so many pages are read: of 5,000 waiting orders nobody has to see the oldest first."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a person: the running number of its order, and the card to act on."""

    number: int
    card: CardRow


async def pending_approvals(ask: Ask, intent: Intent) -> list[Reply]:
    """A fresh card for each of the oldest things that wait for the person."""
    return await show_waiting(ask, 0)


async def show_waiting(ask: Ask, after: int) -> list[Reply]:
    """How many things wait, and the cards of the oldest ten behind the order with this number."""
    waiting = [one async for one in _tasks(ask)] + [one async for one in _hand_overs(ask)]
    rest = sorted((one for one in waiting if one.number > after), key=lambda one: one.number)
    if not rest:
        return [Say(ask.words("waiting.no_more" if waiting else "waiting.none"))]
    shown, left = rest[:_SHOWN], len(rest) - _SHOWN
    if after == 0 and left <= 0:
        head = ask.words("waiting.one" if len(shown) == 1 else "waiting.all", count=len(shown))
        return [Say(head), *(Show(one.card) for one in shown)]
    first = len(waiting) - len(rest) + 1
    facts = {"first": first, "last": first + len(shown) - 1, "count": len(waiting)}
    replies: list[Reply] = [Say(ask.words("waiting.some", **facts)), *(Show(one.card) for one in shown)]
    if left > 0:
        data = {"after": shown[-1].number, "count": left}
        replies.append(Show(new_card(ask, "waiting", "", data)))
    return replies


async def _tasks(ask: Ask) -> AsyncIterator[Waiting]:
    """What the person may decide now."""
    request = ListTasksRequest(page_size=_PAGE, view=TaskView.TASK_VIEW_TO_DECIDE)
    for _ in range(_PAGES):
        answer = await ask.voice.read(ask.voice.services.approvals.ListTasks, request)
        for task in answer.tasks:
            yield Waiting(number_of(task.order), new_card(ask, "approval", task.order, {"task": task.name}))
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


async def _hand_overs(ask: Ask) -> AsyncIterator[Waiting]:
    """For a keeper, what can be handed over or taken back now; somebody else does their own."""
    known = ask.company.people.get(ask.person)
    if known is None or KEEPER not in known.roles:
        return
    request = ListOrdersRequest(page_size=_PAGE, states=AT_WORK)
    for _ in range(_PAGES):
        answer = await ask.voice.read(ask.voice.services.orders.ListOrders, request)
        for order in answer.orders:
            if order.requester != ask.person and _to_carry_out(order):
                card = new_card(ask, "hand_over", order.name, {"receiving": arrives(order)})
                yield Waiting(order.number, card)
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token


def _to_carry_out(order: Order) -> bool:
    return arrives(order) or any(is_positive(line.reserved.value) for line in order.lines)


def number_of(order: str) -> int:
    """The running number in an order's name, such as 1027 of LY1027."""
    return int(order.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


async def decide_by_words(ask: Ask, intent: Intent) -> list[Reply]:
    """Decide the one task of the order that was named; the words stand for the tap on its card."""
    if intent.reference is None:
        return [Say(ask.words("order.reference_missing", example=ask.words("example.approval")))]
    request = ListTasksRequest(page_size=2, view=TaskView.TASK_VIEW_TO_DECIDE, order=intent.reference)
    answer = await ask.voice.read(ask.voice.services.approvals.ListTasks, request)
    agreed = intent.command is Command.APPROVE
    if not answer.tasks and (voted := await _voted(ask, intent.reference, agreed)) is not None:
        return [_told(ask, voted, agreed)]
    if len(answer.tasks) != 1:
        return [Say(ask.words("approval.not_yours", reference=intent.reference))]
    task: Task = answer.tasks[0]
    decision = DecideRequest(
        request_id=request_id_of(ask.cause, "words"),
        name=task.name,
        version=task.version,
        decision=Decision.DECISION_APPROVE if agreed else Decision.DECISION_REFUSE,
        comment=intent.reason or "",
    )
    answer = await ask.voice.write(ask.voice.services.approvals.Decide, decision)
    return [_told(ask, answer.task, agreed)]


async def _voted(ask: Ask, reference: str, agreed: bool) -> Task | None:
    """The newest task of an order if the person has voted so in it already: with the same words, tried again
    because their outcome was unknown, or with a card."""
    task = await newest_task(ask, reference)
    vote = AssignmentState.ASSIGNMENT_STATE_APPROVED if agreed else AssignmentState.ASSIGNMENT_STATE_REFUSED
    parts = [part for step in task.steps for part in step.assignments] if task else []
    return (
        task
        if any(part.state == vote and (part.decided_by or part.person) == ask.person for part in parts)
        else None
    )


def _told(ask: Ask, task: Task, agreed: bool) -> Say:
    """What the person's vote led to."""
    if agreed and task.state == TaskState.TASK_STATE_OPEN:
        return Say(ask.words("stamp.you_agreed"))
    return Say(ask.words("approval.agreed" if agreed else "approval.refused", order=task.order))
