"""What orders and time do to tasks: open them, end them, remind and escalate."""

from __future__ import annotations

from dataclasses import replace

from kuguan.orders.v1 import events_pb2 as order_events

from services.approvals.commands.keeping import keep
from services.approvals.domain import course, decisions
from services.approvals.domain.rules import Rule, Who, default_owners, pick
from services.approvals.domain.tasks import Task, TaskState
from services.approvals.messages import tasks as messages
from services.approvals.storage import people, rules, surroundings, tasks
from services.kit.changes import Transaction

FOLLOWED_UP_AT_ONCE = 50
# Who owns what no rule covers as long as no rule names an owner.
LAST_RESORT = "director"

OrderEnded = (
    order_events.OrderCancelled
    | order_events.OrderExpired
    | order_events.OrderRejected
    | order_events.OrderFulfilled
    | order_events.OrderPartlyFulfilled
)


def open_task(tx: Transaction, event: order_events.OrderPlaced) -> None:
    """Ask for a decision about a version of an order; older versions are not decided about any more."""
    order = event.order
    known = tasks.versions_of(tx.connection, order.name)
    if any(version >= order.version for version, _, _ in known):
        return
    for _, name, is_open in known:
        if is_open:
            _end(tx, name, "order_changed")
    requester = people.find_person(tx.connection, order.requester)
    department = requester.department if requester is not None else ""
    in_force = rules.load_active(tx.connection)
    rule = pick(in_force, messages.facts(order, department))
    owners = _default_owners(tx, in_force)
    named = [order.requester, *owners, *(rule.people() if rule is not None else ())]
    directory = people.load_directory(tx.connection, named, _roles(rule))
    blank = messages.blank_task(order, department, tx.now)
    outcome = course.open_task(blank, rule, owners, directory)
    keep(tx, None, outcome)
    tx.audit("open_task", outcome.task.name, rule=outcome.task.rule, state=outcome.task.state)


def end_task(tx: Transaction, event: OrderEnded) -> None:
    """End what is still open about an order that ended by itself."""
    for _, name, is_open in tasks.versions_of(tx.connection, event.order.name):
        if is_open:
            _end(tx, name, "order_ended")


def follow_up_tasks(tx: Transaction) -> int:
    """Do what time and changes among the people do to open tasks, a bounded number at once."""
    due = tasks.load_tasks(tx.connection, tasks.due_names(tx.connection, tx.now, FOLLOWED_UP_AT_ONCE))
    for before in due:
        task = _with_present_owners(tx, before) if before.state is TaskState.STUCK else before
        around = surroundings.load(tx.connection, [task], tx.now)
        outcome = course.follow_up(task, around.directory, tx.now)
        keep(tx, before, outcome)
        if outcome.records:
            actions = ",".join(record.action for record in outcome.records)
            tx.audit("follow_up_task", task.name, actions=actions, state=outcome.task.state)
    return len(due)


def _end(tx: Transaction, name: str, note: str) -> None:
    task = tasks.find_task(tx.connection, name)
    assert task is not None, "its version was just read"
    keep(tx, task, decisions.end_undecided(task, "", note, tx.now))
    tx.audit("end_task", name, note=note)


def _with_present_owners(tx: Transaction, task: Task) -> Task:
    """A stuck task with the owners its rule has now: nobody has decided, so nothing decided changes."""
    rule = rules.find_active(tx.connection, task.rule) if task.rule else None
    if rule is not None:
        return replace(task, owners=rule.owners)
    if task.rule:
        return task
    return replace(task, owners=_default_owners(tx, rules.load_active(tx.connection)))


def _default_owners(tx: Transaction, in_force: list[Rule]) -> tuple[str, ...]:
    owners = default_owners(in_force)
    if owners:
        return owners
    return people.load_directory(tx.connection, [], [LAST_RESORT]).holders[LAST_RESORT]


def _roles(rule: Rule | None) -> set[str]:
    steps = rule.steps if rule is not None else ()
    return {approver.name for step in steps for approver in step.approvers if approver.who is Who.ROLE}
