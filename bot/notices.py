"""What the bot does about each event: keep what it tells, renew cards, and let people know.

A reaction only writes rows; what has to be sent is sent from them afterwards, so that nothing is lost or
said twice when a process dies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from kuguan.approvals.v1 import events_pb2 as approvals
from kuguan.approvals.v1.approvals_pb2 import Assignment, AssignmentState, Task
from kuguan.approvals.v1.people_pb2 import Person
from kuguan.orders.v1 import events_pb2 as orders
from kuguan.orders.v1.orders_pb2 import Order, OrderState, StockEffect
from kuguan.stock.v1 import events_pb2 as stock

from bot.chat.local import PLATFORM as LOCAL_PLATFORM
from bot.chat.platform import AddressKind
from bot.company import ITEM, ORDER, PERSON, TASK, WAREHOUSE
from bot.storage import cards, deliveries, preferences, projections
from bot.storage.cards import CardRow
from bot.storage.preferences import Contact
from services.kit.changes import Told, Transaction, reacts_in_groups
from services.kit.ids import new_id
from services.kit.inbox import Reaction
from services.kit.quantity import parse_fraction
from services.kit.service import full_name

KEEPER = "keeper"
ADMINISTRATOR = "admin"
RENEWAL_PAUSE = timedelta(seconds=0.1)
ONE_LIVE_COPY = ("approval", "hand_over", "withdrawal")
"""Kinds of cards of which only a person's newest copy about an order can be tapped."""
_OPEN_STATES = (OrderState.ORDER_STATE_APPROVED, OrderState.ORDER_STATE_PARTLY_FULFILLED)


@reacts_in_groups
def keep_items(tx: Transaction, told: Sequence[Told[Any]]) -> None:
    """Items, as they are now: events of one item come in order, so the last one counts."""
    items = [one.message.item for one in told]
    projections.put_many(tx, ITEM, {item.code: item.SerializeToString() for item in items})


def keep_warehouse(tx: Transaction, event: Any) -> None:
    """A warehouse, as it is now."""
    projections.put(tx, WAREHOUSE, event.warehouse.code, event.warehouse.SerializeToString())


def keep_person(tx: Transaction, event: Any) -> None:
    """A person, as they are now."""
    projections.put(tx, PERSON, event.person.id, event.person.SerializeToString())


def keep_order(tx: Transaction, order: Order) -> bool:
    """The order as it is now; False if a newer one is known already."""
    body = projections.get(tx.connection, ORDER, order.name)
    if body is not None:
        known = Order.FromString(body)
        if known.update_time.ToNanoseconds() > order.update_time.ToNanoseconds():
            return False
    projections.put(tx, ORDER, order.name, order.SerializeToString())
    return True


def keep_task(tx: Transaction, task: Task) -> bool:
    """The newest task of an order; False if a newer one is known already."""
    body = projections.get(tx.connection, TASK, task.order)
    if body is not None:
        known = Task.FromString(body)
        if (known.order_version, known.version) > (task.order_version, task.version):
            return False
    projections.put(tx, TASK, task.order, task.SerializeToString())
    return True


def renew_cards(tx: Transaction, subject: str) -> None:
    """Bring every copy of every card about an order to its true state, once the burst of changes is over."""
    deliveries.queue_renewals(tx, cards.copies(tx.connection, subject), RENEWAL_PAUSE)


def renew_soon(tx: Transaction, key: str, row: CardRow) -> None:
    """Bring a card to its true state: not at once, for more may change with it and news goes first."""
    deliveries.queue(tx, key, row.person, "renew", {"card": row.id}, after=RENEWAL_PAUSE)


def tell(tx: Transaction, person: str, key: str, **facts: Any) -> None:
    """Say something to a person; the sentence is chosen when it is sent, in their language then.

    ``who`` is named, and ``lines`` of item, amount and unit are worded, in that language too.
    """
    deliveries.queue(tx, f"tell-{new_id()}", person, "tell", {"key": key, "facts": facts})


def show_once(tx: Transaction, kind: str, order: str, person: str, data: dict[str, Any], round_: str) -> None:
    """Show a card to a person once for a round, such as one task of an order."""
    key = f"{kind}-{order}-{round_}-{person}"
    show(tx, key, CardRow(id=new_id(), person=person, kind=kind, subject=order, data=data))


def show(
    tx: Transaction, key: str, row: CardRow, cause: str = "", place: Mapping[str, Any] = MappingProxyType({})
) -> None:
    """Queue a new card, once for its key; of older copies only what became of the matter stays to be seen.

    ``place`` names the chat it was asked for in, where that is known.
    """
    if not deliveries.queue(tx, key, row.person, "show", {"card": row.id, **place}, cause):
        return
    cards.save(tx, row)
    if row.kind not in ONE_LIVE_COPY:
        return
    older = [(one.id, one.person) for one in cards.supersede(tx, row)]
    deliveries.queue_renewals(tx, older, RENEWAL_PAUSE)


def end_wish(tx: Transaction, key: str, row: CardRow, state: str) -> None:
    """Close a card that waits for its confirmation, unless it was confirmed meanwhile."""
    newest = cards.get(tx.connection, row.id)
    if newest is None or newest.state != "open" or newest.kind != row.kind or newest.data.get("sent"):
        return
    cards.save(tx, replace(newest, state=state))
    deliveries.queue(tx, key, row.person, "renew", {"card": row.id})


def on_order(tx: Transaction, event: Any) -> None:
    """An order changed: keep it and renew its cards."""
    if keep_order(tx, event.order):
        renew_cards(tx, event.order.name)


def on_stock_changed(tx: Transaction, event: orders.OrderStockChanged) -> None:
    """Goods were promised or are missing: the requester hears of a shortage, the keeper of goods to give."""
    on_order(tx, event)
    order = event.order
    missing = [line for line in order.lines if _positive(line.short.value)]
    ended = order.state not in (*_OPEN_STATES, OrderState.ORDER_STATE_PENDING_APPROVAL)
    if missing and not ended:
        lines = [[line.item, line.short.value, line.base_unit] for line in missing]
        tell(tx, order.requester, "notice.short", order=order.name, lines=lines)
    if order.state in _OPEN_STATES:
        call_keepers(tx, order)


def on_approved(tx: Transaction, event: orders.OrderApproved) -> None:
    """The order may be carried out: its requester hears it, and the keepers get something to do."""
    order = event.order
    key = "notice.approved_return" if _arrives(order) else "notice.approved"
    tell(tx, order.requester, key, order=order.name)
    on_order(tx, event)
    call_keepers(tx, order)


def call_keepers(tx: Transaction, order: Order) -> None:
    """A hand-over card for each keeper but the requester, as soon as there is something to hand over."""
    reserved = sum((parse_fraction(line.reserved.value or "0") for line in order.lines), parse_fraction("0"))
    if not reserved and not _arrives(order):
        return
    done = sum((parse_fraction(line.fulfilled.value or "0") for line in order.lines), parse_fraction("0"))
    for person in _with_role(tx, KEEPER):
        if person.id != order.requester:
            data = {"receiving": _arrives(order)}
            show_once(tx, "hand_over", order.name, person.id, data, f"after-{done}")


def on_rejected(tx: Transaction, event: orders.OrderRejected) -> None:
    """The requester hears who refused, and why."""
    order = event.order
    key = "notice.rejected_because" if order.outcome_reason else "notice.rejected"
    tell(tx, order.requester, key, order=order.name, who=order.outcome_person, reason=order.outcome_reason)
    on_order(tx, event)


def _on_end(key: str, key_of_receipt: str = "") -> Reaction:
    """The requester hears how the order ended."""

    def reaction(tx: Transaction, event: Any) -> None:
        receiving = _arrives(event.order) and key_of_receipt
        tell(tx, event.order.requester, key_of_receipt if receiving else key, order=event.order.name)
        on_order(tx, event)

    return reaction


def on_cancelled(tx: Transaction, event: orders.OrderCancelled) -> None:
    """The requester hears it: their own withdrawal, or a keeper who closed a return that never came."""
    order = event.order
    by_another = order.outcome_person not in ("", order.requester)
    if _arrives(order) and by_another:
        tell(tx, order.requester, "notice.return_closed", order=order.name, who=order.outcome_person)
    else:
        tell(tx, order.requester, "notice.cancelled", order=order.name)
    on_order(tx, event)


def on_task(tx: Transaction, event: Any) -> None:
    """A task changed: keep it and renew the cards of its order."""
    if keep_task(tx, event.task):
        renew_cards(tx, event.task.order)


def on_requested(tx: Transaction, event: approvals.ApprovalRequested) -> None:
    """Each person who may decide now gets a card of their own, once for each task."""
    on_task(tx, event)
    task = event.task
    for one in _active(task):
        show_once(tx, "approval", task.order, one.person, {"task": task.name}, task.name)
        for delegate in one.delegates:
            data = {"task": task.name, "instead_of": one.person}
            show_once(tx, "approval", task.order, delegate, data, task.name)


def on_reminded(tx: Transaction, event: approvals.ApprovalReminded) -> None:
    """Those who have not decided hear that somebody waits."""
    on_task(tx, event)
    for one in _active(event.task):
        for person in (one.person, *one.delegates):
            tell(tx, person, "notice.reminded", order=event.task.order, who=event.task.requester)


def on_stuck(tx: Transaction, event: approvals.ApprovalStuck) -> None:
    """Administrators hear that nobody may decide."""
    on_task(tx, event)
    for person in _with_role(tx, ADMINISTRATOR):
        tell(tx, person.id, "notice.stuck", order=event.task.order)


def on_bound(tx: Transaction, event: approvals.IdentityBound) -> None:
    """A chat account is a person's: they can be written to there, and hear of it where they were before."""
    one = event.identity
    if one.platform == LOCAL_PLATFORM:
        return
    never = datetime.fromtimestamp(0, UTC)
    direct = AddressKind.DIRECT.value
    preferences.know_contact(
        tx, Contact(one.person, one.platform, one.tenant, one.user_id, direct, one.user_id, never)
    )
    tell(tx, one.person, "notice.bound", platform=one.platform, account=one.user_id)


def on_unbound(tx: Transaction, event: approvals.IdentityUnbound) -> None:
    """A chat account is nobody's: nothing is sent there any more."""
    one = event.identity
    preferences.forget_contact(tx, one.platform, one.tenant, one.user_id)


def _active(task: Task) -> list[Assignment]:
    if task.current_step >= len(task.steps):
        return []
    active = AssignmentState.ASSIGNMENT_STATE_ACTIVE
    return [one for one in task.steps[task.current_step].assignments if one.state == active]


def _with_role(tx: Transaction, role: str) -> Iterable[Person]:
    people = (Person.FromString(body) for _, body in projections.all_of(tx.connection, PERSON))
    return [person for person in people if role in person.roles and not person.left]


def _arrives(order: Order) -> bool:
    return order.stock_effect == StockEffect.STOCK_EFFECT_RECEIVE


def _positive(text: str) -> bool:
    return bool(text) and parse_fraction(text) > 0


NOTICES: Mapping[str, Callable[[Transaction, Any], None]] = {
    full_name(stock.ItemCreated): keep_items,
    full_name(stock.ItemUpdated): keep_items,
    full_name(stock.ItemAnnounced): keep_items,
    full_name(stock.WarehouseCreated): keep_warehouse,
    full_name(stock.WarehouseAnnounced): keep_warehouse,
    full_name(approvals.PersonCreated): keep_person,
    full_name(approvals.PersonUpdated): keep_person,
    full_name(approvals.PersonAnnounced): keep_person,
    full_name(approvals.IdentityBound): on_bound,
    full_name(approvals.IdentityUnbound): on_unbound,
    full_name(orders.OrderPlaced): on_order,
    full_name(orders.OrderStockChanged): on_stock_changed,
    full_name(orders.OrderApproved): on_approved,
    full_name(orders.OrderRejected): on_rejected,
    full_name(orders.OrderCancelled): on_cancelled,
    full_name(orders.OrderExpired): _on_end("notice.expired"),
    full_name(orders.OrderPartlyFulfilled): _on_end("notice.partly"),
    full_name(orders.OrderFulfilled): _on_end("notice.fulfilled", "notice.received"),
    full_name(approvals.ApprovalRequested): on_requested,
    full_name(approvals.ApprovalGranted): on_task,
    full_name(approvals.ApprovalRefused): on_task,
    full_name(approvals.ApprovalWithdrawn): on_task,
    full_name(approvals.ApprovalReminded): on_reminded,
    full_name(approvals.ApprovalStuck): on_stuck,
}
