"""Repeats: the goods of an earlier order on a new card, which is confirmed like any other."""

from __future__ import annotations

from typing import Any

from kuguan.orders.v1.orders_pb2 import ListOrdersRequest, Order

from bot.commands.ask import Ask, Reply, Say
from bot.commands.items import planned
from bot.commands.orders import find_order
from bot.commands.requests import ENTRIES, show_request
from bot.understand import Command, Intent

_LOOKED_THROUGH = 50
_COMMANDS = {
    ENTRIES[command.value].field: command for command in (Command.REQUEST_ISSUE, Command.GIVE_SAMPLE)
}


async def repeat_request(ask: Ask, intent: Intent) -> list[Reply]:
    """The confirm card of the same goods as in the order that was named, else in the person's last one.

    What the goods were for is not taken over: that would be a guess.
    """
    order = await (_last(ask) if intent.reference is None else find_order(ask, intent))
    if order is None:
        return [Say(ask.words("request.nothing_to_repeat"))]
    if isinstance(order, Say):
        return [order]
    if order.kind not in _COMMANDS:
        return [Say(ask.words("request.nothing_to_repeat"))]
    return await show_request(ask, _plan(ask, order))


async def _last(ask: Ask) -> Order | None:
    """The person's newest order that asked for goods."""
    request = ListOrdersRequest(requester=ask.person, page_size=_LOOKED_THROUGH)
    answer = await ask.voice.read(ask.voice.services.orders.ListOrders, request)
    return next((order for order in answer.orders if order.kind in _COMMANDS), None)


def _plan(ask: Ask, order: Order) -> dict[str, Any]:
    lines = [
        planned(
            {
                "item": line.item,
                "quantity": line.quantity.value.value,
                "unit": line.quantity.unit or line.base_unit,
            }
        )
        for line in order.lines
        if line.item in ask.company.items
    ]
    places = {line.warehouse for line in order.lines}
    gone = [line.item_name for line in order.lines if line.item not in ask.company.items]
    return {
        "command": _COMMANDS[order.kind].value,
        "words": [],
        "lines": lines,
        "warehouse": places.pop() if len(places) == 1 else None,
        "purpose": None,
        "reason": None,
        "asides": [],
        "like": order.name,
        "left_out": gone,
    }
