"""A person's own orders: how far they are, and taking one back."""

from __future__ import annotations

import re
from typing import Any

from kuguan.approvals.v1.approvals_pb2 import ListTasksRequest, ListTasksResponse, Task, TaskView
from kuguan.orders.v1.orders_pb2 import GetOrderRequest, ListOrdersRequest, Order

from bot.cards.facts import AT_WORK, PENDING, Facts
from bot.cards.order import amount_of, state_words
from bot.commands.ask import Ask, Reply, Say, Show, new_card
from bot.understand import Intent
from services.kit.errors import RemoteError

_LISTED = 10
_PAGE = 200
_PAGES = 5


async def my_requests(ask: Ask, intent: Intent) -> list[Reply]:
    """The newest orders, one line each."""
    return await show_orders(ask, 0)


async def show_orders(ask: Ask, before: int) -> list[Reply]:
    """How many orders the person has, and ten of them: the newest, or those before the one with a number."""
    known, all_counted = await orders_of(ask)
    rest = [order for order in known if not before or order.number < before]
    if not rest:
        return [Say(ask.words("order.none"))]
    facts = Facts(ask.words, ask.company, ask.person)
    page = rest[:_LISTED]
    lines = [[facts.titled(order), _summary(facts, order)] for order in page]
    data: dict[str, Any] = {"title": ask.words("order.list_title"), "lines": lines}
    if len(page) < len(known):
        first = len(known) - len(rest) + 1
        count = f"{len(known)}{'' if all_counted else '+'}"
        data["subtitle"] = ask.words("order.list_some", first=first, last=first + len(page) - 1, count=count)
    if len(rest) > _LISTED:
        data["more"] = page[-1].number
    return [Show(new_card(ask, "sheet", "", data))]


async def orders_of(ask: Ask) -> tuple[list[Order], bool]:
    """The person's newest orders, and whether these are all of them."""
    request = ListOrdersRequest(page_size=_PAGE, requester=ask.person)
    known: list[Order] = []
    for _ in range(_PAGES):
        answer = await ask.voice.read(ask.voice.services.orders.ListOrders, request)
        known += answer.orders
        if not answer.next_page_token:
            return known, True
        request.page_token = answer.next_page_token
    return known, False


def _summary(facts: Facts, order: Order) -> str:
    items = [f"{facts.item(line.item)} {amount_of(facts, order, line)}" for line in order.lines]
    words = facts.words
    return words("order.list_line", state=state_words(facts, order), items=words.join(items))


async def request_status(ask: Ask, intent: Intent) -> list[Reply]:
    """The status card of one order; for whoever only had a part in deciding it, the card of that decision."""
    order = await find_order(ask, intent)
    if isinstance(order, Order):
        return [Show(new_card(ask, "order", order.name, {}))]
    task = await newest_task(ask, intent.reference or "")
    return [order] if task is None else [Show(new_card(ask, "approval", task.order, {"task": task.name}))]


async def newest_task(ask: Ask, reference: str) -> Task | None:
    """The newest task of an order that the person may see, if any."""
    if not reference:
        return None
    request = ListTasksRequest(page_size=1, view=TaskView.TASK_VIEW_CONCERNING, order=reference)
    answer: ListTasksResponse = await ask.voice.read(ask.voice.services.approvals.ListTasks, request)
    return answer.tasks[0] if answer.tasks else None


async def withdraw_request(ask: Ask, intent: Intent) -> list[Reply]:
    """A card that says what taking the order back sets free."""
    if intent.reference is None:
        return await offer_to_withdraw(ask)
    order = await find_order(ask, intent)
    if isinstance(order, Say):
        return [order]
    if order.state not in (*PENDING, *AT_WORK):
        return [Say(ask.words("order.closed", order=order.name))]
    return [Show(new_card(ask, "withdrawal", order.name, {}))]


async def offer_to_withdraw(ask: Ask) -> list[Reply]:
    """For a bare 撤回: the card of the only order that can be taken back; else which ones there are."""
    request = ListOrdersRequest(page_size=_LISTED, requester=ask.person, states=(*PENDING, *AT_WORK))
    answer = await ask.voice.read(ask.voice.services.orders.ListOrders, request)
    if not answer.orders:
        return [Say(ask.words("order.none_open"))]
    if len(answer.orders) == 1:
        return [Show(new_card(ask, "withdrawal", answer.orders[0].name, {}))]
    names = ask.words.join([order.name for order in answer.orders])
    return [Say(ask.words("order.which_to_withdraw", orders=names, example=answer.orders[0].number))]


async def find_order(ask: Ask, intent: Intent) -> Order | Say:
    """The order a sentence names, if the person may see it; else what to say."""
    if intent.reference is None:
        return Say(ask.words("order.reference_missing", example=ask.words("example.order")))
    if not re.fullmatch(r"[A-Z]{0,2}[0-9]{1,15}", intent.reference):
        return Say(ask.words("order.not_found", reference=intent.reference))
    try:
        request = GetOrderRequest(name=intent.reference)
        answer = await ask.voice.read(ask.voice.services.orders.GetOrder, request)
    except RemoteError as error:
        if error.kind != "not_found":
            raise
        return Say(ask.words("order.not_found", reference=intent.reference))
    order: Order = answer.order
    return order
