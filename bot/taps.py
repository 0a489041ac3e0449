"""What each button leads to. A tap is a command: the card is checked, never believed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog
from kuguan.approvals.v1.approvals_pb2 import DecideRequest, Decision, RemindRequest
from kuguan.approvals.v1.people_pb2 import CreateDelegationRequest, EndDelegationRequest
from kuguan.orders.v1.orders_pb2 import CancelOrderRequest, CreateOrderRequest
from kuguan.stock.v1.stock_pb2 import CloseReturnRequest, IssueReservedRequest, ReturnToStockRequest

from bot.binding import bind, unbind
from bot.cards.facts import is_positive
from bot.commands.approvals import show_waiting
from bot.commands.ask import Ask, Reply, Show, Tapped, new_card, request_id_of
from bot.commands.history import show_history
from bot.commands.items import chosen, planned
from bot.commands.orders import show_orders
from bot.commands.requests import request_card, show_request, with_figures
from bot.commands.stock import show_place, show_stock
from bot.preparing import carried_out, prepare
from bot.storage.cards import CardRow
from bot.understand import Command
from services.kit.errors import KuguanError, RemoteError

log = structlog.get_logger("kuguan.taps")

Tapping = Callable[[Ask, CardRow, str], Awaitable[Tapped]]

_PLANNED: Mapping[str, Callable[[Ask, dict[str, Any]], Awaitable[list[Reply]]]] = {
    Command.QUERY_STOCK.value: show_stock,
    Command.STOCK_HISTORY.value: show_history,
    Command.REQUEST_ISSUE.value: show_request,
    Command.RETURN_TO_STOCK.value: show_request,
    Command.GIVE_SAMPLE.value: show_request,
}

# Whoever refuses so has looked before whether the request was carried out already.
_CERTAIN = ("invalid_input", "not_found", "already_exists", "rule_broken", "conflict")


async def confirm_request(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Look at the stock once more, then place the order; the card becomes the order's status card."""
    if not row.data.get("sent"):
        data = row.data
        lines = await with_figures(ask, data["sign"], data["lines"])
        if any(is_positive(line["short"]) for line in lines):
            changed = replace(row, data={**data, "lines": lines, "changed": True})
            return Tapped(changed, ask.words("toast.changed"))
        # Asked again after a crash, what the order itself already holds must not look like a shortage.
        row = replace(row, data={**data, "sent": True})
        await _remember(ask, row)
    request = CreateOrderRequest.FromString(row.request)
    try:
        answer = await ask.voice.write(ask.voice.services.orders.CreateOrder, request)
    except RemoteError as refusal:
        if refusal.kind in _CERTAIN:
            await _remember(ask, replace(row, data={k: v for k, v in row.data.items() if k != "sent"}))
        raise
    order = answer.order
    placed = replace(row, kind="order", subject=order.name, data={"order": order.name})
    return Tapped(placed, ask.words("toast.confirmed", order=order.name), order=order)


async def _remember(ask: Ask, row: CardRow) -> None:
    assert ask.remember is not None, "taps can always remember"
    await ask.remember(row)


async def take_available(ask: Ask, row: CardRow, action: str) -> Tapped:
    """A new confirm card, in place of this one, that asks for what is there; the person confirms it."""
    wanted = []
    for line in row.data["lines"]:
        if not is_positive(line["available"]):
            continue
        less = is_positive(line["short"])
        base = line["available"] if less else line["base"]
        unit = line["base_unit"] if less else line["unit"]
        quantity = base if less else line["quantity"]
        wanted.append({**line, "quantity": quantity, "unit": unit, "base": base})
    data = row.data
    fresh = await request_card(ask, data["entry"], data["sign"], wanted, data.get("purpose", ""))
    if "plan" in data:
        fresh.data["plan"] = {**data["plan"], "lines": [planned(line) for line in wanted]}
    return Tapped(replace(fresh, id=row.id))


async def cancel(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Nothing happens, and the card says so."""
    return Tapped(replace(row, state="cancelled"), ask.words("toast.cancelled"))


async def keep(ask: Ask, row: CardRow, action: str) -> Tapped:
    """The order stays as it is."""
    return Tapped(replace(row, state="cancelled"), ask.words("stamp.kept"))


async def choose(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Go on with the item that was meant; what follows takes the place of this card."""
    number = int(action.removeprefix("choose_"))
    plan = chosen(row.data, number)
    replies = await _PLANNED[plan["command"]](ask, plan)
    first = replies[0]
    if not isinstance(first, Show):
        return Tapped(replace(row, state="chosen"), "", replies)
    return Tapped(replace(first.row, id=row.id), "", replies[1:])


async def decide(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Approve or refuse the version of the task that the card showed."""
    agreed = action == "approve"
    version = int(row.data.get("task_version", 0))
    # With other words it is another decision, and is told so instead of being taken for the first one.
    said_with_it = f"-{request_id_of(ask.text, 'because')[-12:]}" if ask.text else ""
    request = DecideRequest(
        request_id=f"{row.id}-{action}-{version}{said_with_it}",
        name=row.data["task"],
        version=version,
        decision=Decision.DECISION_APPROVE if agreed else Decision.DECISION_REFUSE,
        comment=ask.text,
    )
    answer, row = await asyncio.gather(
        ask.voice.write(ask.voice.services.approvals.Decide, request), _as_of_now(ask, row)
    )
    said = ask.words("toast.approved" if agreed else "toast.rejected")
    return Tapped(row, said, task=answer.task)


async def _as_of_now(ask: Ask, row: CardRow) -> CardRow:
    """The row with the figures at the moment of the decision; with those that were shown if stock is away."""
    try:
        return await prepare(ask, row)
    except KuguanError as error:
        log.warning("figures of a decided card are those it showed", card=row.id, error=repr(error))
        return row


async def hand_over(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Give out what is promised to the order."""
    row = await prepare(ask, row)
    request = IssueReservedRequest(request_id=f"{row.id}-{action}", document=row.subject)
    answer = await ask.voice.write(ask.voice.services.stock.IssueReserved, request)
    done = carried_out(replace(row, state="handed_over"), answer.entries)
    return Tapped(done, ask.words("toast.handed_over_order", order=row.subject))


async def take_back(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Take back what the approved return announced."""
    row = await prepare(ask, row)
    request = ReturnToStockRequest(request_id=f"{row.id}-{action}", document=row.subject)
    answer = await ask.voice.write(ask.voice.services.stock.ReturnToStock, request)
    done = carried_out(replace(row, state="taken_back"), answer.entries)
    return Tapped(done, ask.words("toast.taken_back_order", order=row.subject))


async def close_return(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Expect nothing more of a return whose goods never came; what came back stays."""
    row = await prepare(ask, row)
    request = CloseReturnRequest(request_id=f"{row.id}-{action}", document=row.subject, reason=ask.text)
    await ask.voice.write(ask.voice.services.stock.CloseReturn, request)
    return Tapped(replace(row, state="closed"), ask.words("toast.return_closed"))


async def carry_out(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Hand over or take back, as the order's effect on stock says."""
    return await (take_back if row.data.get("receiving") else hand_over)(ask, row, action)


async def offer_withdrawal(ask: Ask, row: CardRow, action: str) -> Tapped:
    """A card that says what taking the order back sets free; nothing happens before that one is confirmed."""
    offered = Show(new_card(ask, "withdrawal", row.subject, {}))
    return Tapped(row, ask.words("toast.confirm_below"), [offered])


async def more_of_sheet(ask: Ask, row: CardRow, action: str) -> Tapped:
    """The next page of the person's orders, or of what lies somewhere; the button goes from this one."""
    more = row.data["more"]
    replies = await (show_place(ask, **more) if isinstance(more, dict) else show_orders(ask, int(more)))
    return Tapped(replace(row, state="shown"), replies=replies)


async def more_waiting(ask: Ask, row: CardRow, action: str) -> Tapped:
    """The next cards of what waits for the person, below; the button goes from this one."""
    return Tapped(replace(row, state="shown"), replies=await show_waiting(ask, int(row.data["after"])))


async def withdraw(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Take the order back."""
    request = CancelOrderRequest(request_id=f"{row.id}-{action}", name=row.subject)
    answer = await ask.voice.write(ask.voice.services.orders.CancelOrder, request)
    said = ask.words("toast.withdrawn", order=row.subject)
    return Tapped(replace(row, state="done"), said, order=answer.order)


async def remind(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Remind those who have not decided."""
    if ask.task is None:
        return Tapped(row, ask.words("toast.gone"))
    request = RemindRequest(request_id=request_id_of(ask.cause, "remind"), name=ask.task.name)
    answer = await ask.voice.write(ask.voice.services.approvals.Remind, request)
    return Tapped(row, ask.words("toast.reminded"), task=answer.task)


async def delegate(ask: Ask, row: CardRow, action: str) -> Tapped:
    """Let another person decide in this one's place."""
    request = CreateDelegationRequest.FromString(row.request)
    await ask.voice.write(ask.voice.services.people.CreateDelegation, request)
    return Tapped(replace(row, state="done"), ask.words("toast.delegated"))


async def end_delegation(ask: Ask, row: CardRow, action: str) -> Tapped:
    """End one of the person's delegations at once."""
    number = int(action.removeprefix("choose_"))
    lent = [dict(one) for one in row.data["lent"]]
    request = EndDelegationRequest(request_id=f"{row.id}-{action}", name=lent[number - 1]["name"])
    await ask.voice.write(ask.voice.services.people.EndDelegation, request)
    lent[number - 1]["ended"] = True
    state = "done" if all(one.get("ended") for one in lent) else row.state
    ended = replace(row, state=state, data={**row.data, "lent": lent})
    return Tapped(ended, ask.words("toast.delegation_ended"))


TAPS: Mapping[tuple[str, str], Tapping] = {
    ("request", "confirm"): confirm_request,
    ("request", "choose_1"): take_available,
    ("request", "cancel"): cancel,
    ("choice", "cancel"): cancel,
    **{("choice", f"choose_{number}"): choose for number in range(1, 6)},
    ("approval", "approve"): decide,
    ("approval", "reject"): decide,
    ("hand_over", "hand_over"): carry_out,
    ("hand_over", "close"): close_return,
    ("order", "withdraw"): offer_withdrawal,
    ("order", "remind"): remind,
    ("withdrawal", "confirm"): withdraw,
    ("withdrawal", "cancel"): keep,
    ("sheet", "more"): more_of_sheet,
    ("waiting", "more"): more_waiting,
    ("delegation", "confirm"): delegate,
    ("delegation", "cancel"): cancel,
    ("delegations", "cancel"): cancel,
    **{("delegations", f"choose_{number}"): end_delegation for number in range(1, 6)},
    ("binding", "confirm"): bind,
    ("binding", "cancel"): cancel,
    ("unbinding", "cancel"): cancel,
    **{("unbinding", f"choose_{number}"): unbind for number in range(1, 6)},
}
