"""The approval card: the facts a decision needs, and why it came to this person."""

from __future__ import annotations

from typing import Any

from kuguan.approvals.v1.approvals_pb2 import Assignment, AssignmentState, Task, TaskState

from bot.cards.facts import Facts, effect_line, is_positive, sign_of
from bot.cards.order import order_stamp, purpose_label, rule_title
from bot.chat.platform import Button, Card, CardState, Line, Tone
from bot.storage.cards import SUPERSEDED, CardRow

_ENDED = {
    TaskState.TASK_STATE_GRANTED: (CardState.DONE, "stamp.granted"),
    TaskState.TASK_STATE_REFUSED: (CardState.REFUSED, "stamp.refused"),
    TaskState.TASK_STATE_WITHDRAWN: (CardState.CLOSED, "stamp.withdrawn"),
    TaskState.TASK_STATE_STUCK: (CardState.PROCESSING, "stamp.stuck"),
}
_DECIDED = (AssignmentState.ASSIGNMENT_STATE_APPROVED, AssignmentState.ASSIGNMENT_STATE_REFUSED)


def draw_approval(row: CardRow, facts: Facts) -> Card:
    """What is asked for, what it does to the stock, what it costs, and two buttons while it is open."""
    words, task = facts.words, facts.task
    if task is None:
        return Card(row.id, words("order.unknown", order=row.subject), state=CardState.CLOSED)
    lines = _lines(row, facts, task)
    if task.purpose:
        label = purpose_label(facts, facts.order) if facts.order else words("label.purpose")
        lines.append(Line(label, task.purpose))
    lines.append(Line(words("label.amount"), words.money(task.amount)))
    mine = _assignment(task, row.person)
    lines.append(Line(words("label.why_you"), _why(row, facts, mine)))
    state, stamp = _state(row, facts, task, mine)
    number = task.order
    buttons: tuple[Button, ...] = ()
    if state is CardState.OPEN:
        buttons = (
            Button("approve", words("button.approve"), Tone.PRIMARY),
            Button("reject", words("button.reject"), Tone.DANGER, words("button.reject_asks")),
        )
    digits = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return Card(
        row.id,
        words("approval.title", kind=facts.kind(task.kind), order=number),
        words("approval.asked_by", person=facts.who(task.requester), department=task.department),
        tuple(lines),
        buttons=buttons,
        state=state,
        stamp=stamp,
        number=number,
        fallback=words("approval.fallback", number=digits) if buttons else "",
    )


def _lines(row: CardRow, facts: Facts, task: Task) -> list[Line]:
    """Each line with its effect where the stock figures are known."""
    words = facts.words
    stock: dict[str, dict[str, Any]] = row.data.get("stock", {})
    base = {(line.item, line.warehouse): line for line in facts.order.lines} if facts.order else {}
    lines = []
    for line in task.lines:
        said = words.amount(line.quantity.value.value, line.quantity.unit)
        figures = stock.get(f"{line.item}@{line.warehouse}")
        ordered = base.get((line.item, line.warehouse))
        if figures is None or ordered is None or facts.order is None:
            lines.append(Line(facts.item(line.item), f"{said} · {words.money(line.amount)}"))
            continue
        note = words("approval.available", amount=words.amount(figures["available"], ordered.base_unit))
        if is_positive(figures.get("held_for_it", "")):
            held = words.amount(figures["held_for_it"], ordered.base_unit)
            note = words("approval.held_for_it", amount=held, available=note)
        delta = sign_of(facts.order) + ordered.base_quantity.value
        lines.append(effect_line(facts, line.item, delta, ordered.base_unit, figures["on_hand"], note))
    return lines


def _assignment(task: Task, person: str) -> Assignment | None:
    """The person's own part, newest step first; None where they stand in for another."""
    for step in reversed(task.steps):
        for one in step.assignments:
            if one.person == person:
                return one
    return None


def _why(row: CardRow, facts: Facts, mine: Assignment | None) -> str:
    words = facts.words
    if mine is None:
        return words("why.delegate", other=facts.who(_represented(row, facts)))
    reason, _, detail = mine.why.partition(":")
    key = f"why.{reason}"
    role = f"role.{detail}"
    said = words(key, detail=words(role) if words.has(role) else detail) if words.has(key) else mine.why
    return words("why.by_rule", why=said, rule=rule_title(facts)) if rule_title(facts) else said


def _represented(row: CardRow, facts: Facts) -> str:
    """In whose place this person may decide; remembered by the card once the decision is made."""
    for step in facts.task.steps if facts.task else ():
        for one in step.assignments:
            if row.person in one.delegates or row.person == one.decided_by:
                return one.person
    return str(row.data.get("instead_of", ""))


def _state(row: CardRow, facts: Facts, task: Task, mine: Assignment | None) -> tuple[CardState, str]:
    """Open while this person may decide; afterwards the outcome, with who brought it about."""
    words = facts.words
    if mine is not None and mine.state in _DECIDED and task.state == TaskState.TASK_STATE_OPEN:
        agreed = mine.state == AssignmentState.ASSIGNMENT_STATE_APPROVED
        return CardState.PROCESSING, words("stamp.you_agreed" if agreed else "stamp.you_refused")
    if task.state == TaskState.TASK_STATE_OPEN:
        if not _may_decide(task, row.person, mine):
            return CardState.CLOSED, words("stamp.not_yours_any_more")
        if row.state == SUPERSEDED:
            return CardState.CLOSED, words("stamp.superseded")
        return CardState.OPEN, ""
    state, key = _ENDED.get(task.state, (CardState.PROCESSING, "stamp.stuck"))
    stamp = words(key, person=_decider(facts, task), time=_time(facts, task))
    if facts.order is not None and task.state == TaskState.TASK_STATE_GRANTED:
        outcome = order_stamp(facts, facts.order)
        stamp = f"{stamp} · {outcome}" if outcome else stamp
    return state, stamp


def _may_decide(task: Task, person: str, mine: Assignment | None) -> bool:
    """Whether a part of an open task waits for this person, or for somebody they stand in for."""
    if mine is not None:
        return mine.state == AssignmentState.ASSIGNMENT_STATE_ACTIVE
    return any(
        one.state == AssignmentState.ASSIGNMENT_STATE_ACTIVE and person in one.delegates
        for step in task.steps
        for one in step.assignments
    )


def _decider(facts: Facts, task: Task) -> str:
    decided = [one for step in task.steps for one in step.assignments if one.state in _DECIDED]
    last = max(decided, key=lambda one: one.decide_time.ToNanoseconds(), default=None)
    return facts.who(last.decided_by or last.person) if last else ""


def _time(facts: Facts, task: Task) -> str:
    return facts.words.clock(task.update_time)
