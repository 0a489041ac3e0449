"""The status card: how far an order is, in the three words everybody knows, with its outcome."""

from __future__ import annotations

from kuguan.approvals.v1.approvals_pb2 import AssignmentState, TaskState
from kuguan.orders.v1.orders_pb2 import Order, OrderLine, OrderState, StockEffect

from bot.cards.facts import AT_WORK, PENDING, Facts, deciders, is_positive
from bot.chat.platform import Button, Card, CardState, Line
from bot.storage.cards import CardRow

STATES = {
    OrderState.ORDER_STATE_PENDING_APPROVAL: CardState.PROCESSING,
    OrderState.ORDER_STATE_APPROVED: CardState.PROCESSING,
    OrderState.ORDER_STATE_PARTLY_FULFILLED: CardState.PROCESSING,
    OrderState.ORDER_STATE_FULFILLED: CardState.DONE,
    OrderState.ORDER_STATE_REJECTED: CardState.REFUSED,
    OrderState.ORDER_STATE_CANCELLED: CardState.CLOSED,
    OrderState.ORDER_STATE_EXPIRED: CardState.CLOSED,
}


def draw_order(row: CardRow, facts: Facts) -> Card:
    """The requester's view of an order."""
    words, order = facts.words, facts.order
    if order is None:
        return Card(row.id, words("order.unknown", order=row.subject), state=CardState.CLOSED)
    lines = [Line(facts.item(line.item), amount_of(facts, order, line)) for line in order.lines]
    lines.append(Line(words("label.state"), state_words(facts, order)))
    waiting = words.join(list(deciders(facts)))
    if order.state in PENDING and waiting:
        lines.append(Line(words("label.waiting_for"), waiting))
    lines.extend(_decisions(facts))
    if order.purpose:
        lines.append(Line(purpose_label(facts, order), order.purpose))
    lines.append(Line(words("label.amount"), words.money(order.amount)))
    if order.outcome_reason:
        lines.append(Line(words("label.reason"), reason_words(facts, order)))
    buttons: tuple[Button, ...] = ()
    if row.person == order.requester and order.state in PENDING:
        buttons = (Button("remind", words("button.remind")), Button("withdraw", words("button.withdraw")))
    elif row.person == order.requester and order.state == OrderState.ORDER_STATE_APPROVED:
        buttons = (Button("withdraw", words("button.withdraw")),)
    return Card(
        row.id,
        facts.titled(order),
        words("order.placed_by", person=facts.who(order.requester), department=order.department),
        tuple(lines),
        buttons=buttons,
        state=STATES.get(order.state, CardState.PROCESSING),
        stamp=order_stamp(facts, order),
        number=order.name,
        fallback=words("order.fallback", number=order.number) if buttons else "",
    )


def purpose_label(facts: Facts, order: Order) -> str:
    """What the words on an order tell: what goods are for, or why they come back."""
    return facts.words("label.why_back" if _arrives(order) else "label.purpose")


def amount_of(facts: Facts, order: Order, line: OrderLine) -> str:
    """What was asked for, and how much of it was carried out or is missing."""
    words = facts.words
    said = words.amount(line.quantity.value.value, line.quantity.unit or line.base_unit)
    parts = [said]
    if line.quantity.unit and line.quantity.unit != line.base_unit:
        parts.append(words("order.in_base", amount=words.amount(line.base_quantity.value, line.base_unit)))
    if is_positive(line.fulfilled.value) and order.state != OrderState.ORDER_STATE_FULFILLED:
        key = "order.line_received" if _arrives(order) else "order.line_issued"
        parts.append(words(key, amount=words.amount(line.fulfilled.value, line.base_unit)))
    if is_positive(line.short.value) and order.state in (*PENDING, *AT_WORK):
        parts.append(words("order.line_short", amount=words.amount(line.short.value, line.base_unit)))
    return " · ".join(parts)


def state_words(facts: Facts, order: Order) -> str:
    """The three words with the outcome: 待处理, 处理中, 已完成."""
    return facts.words(f"state.{OrderState.Name(order.state)}")


def order_stamp(facts: Facts, order: Order) -> str:
    """The worded outcome with its time; empty while nothing is decided."""
    if order.state in PENDING:
        return ""
    words = facts.words
    key = f"stamp.{OrderState.Name(order.state)}"
    if order.state == OrderState.ORDER_STATE_FULFILLED and _arrives(order):
        key = "stamp.received"
    if order.state == OrderState.ORDER_STATE_CANCELLED and order.outcome_person not in ("", order.requester):
        key = "stamp.closed"
    return words(key, time=words.clock(order.update_time))


def reason_words(facts: Facts, order: Order) -> str:
    """Why it ended, with who said so."""
    key = f"outcome.{order.outcome_reason}"
    if facts.words.has(key):
        return facts.words(key)
    if not order.outcome_person:
        return order.outcome_reason
    return facts.words("order.reason", person=facts.who(order.outcome_person), reason=order.outcome_reason)


def _decisions(facts: Facts) -> list[Line]:
    """Who decided what; or the rule by which nobody had to."""
    words, task = facts.words, facts.task
    if task is None:
        return []
    if not task.steps and task.state == TaskState.TASK_STATE_GRANTED:
        return [Line(words("label.approval"), words("order.by_rule", rule=rule_title(facts)))]
    lines = []
    for step in task.steps:
        for one in step.assignments:
            if one.state in (
                AssignmentState.ASSIGNMENT_STATE_APPROVED,
                AssignmentState.ASSIGNMENT_STATE_REFUSED,
            ):
                who = facts.who(one.decided_by or one.person)
                if one.decided_by and one.decided_by != one.person:
                    who = words("order.on_behalf", person=who, other=facts.who(one.person))
                agreed = one.state == AssignmentState.ASSIGNMENT_STATE_APPROVED
                at = words.clock(one.decide_time)
                said = words("order.agreed" if agreed else "order.refused", person=who, time=at)
                lines.append(Line(words("label.approval"), said))
    return lines


def rule_title(facts: Facts) -> str:
    """The rule's words in the person's language."""
    task = facts.task
    if task is None:
        return ""
    return (facts.words.language == "en" and task.rule_title_en) or task.rule_title


def _arrives(order: Order) -> bool:
    return order.stock_effect == StockEffect.STOCK_EFFECT_RECEIVE
