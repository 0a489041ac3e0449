"""Rows that break what must always hold of orders; ``kuguan verify`` lists them."""

from __future__ import annotations

from sqlalchemy import Connection, func, or_, select

from services.orders.domain.kinds import KIND_BY_NAME
from services.orders.domain.order import FIRST_NUMBER, OPEN_STATES, TRANSITIONS, OrderState
from services.orders.storage.tables import ORDER_LINES, ORDER_STEPS, ORDERS

_MOVING = (OrderState.PARTLY_FULFILLED.value, OrderState.FULFILLED.value)
_FIRST_STEP = ("", OrderState.PENDING_APPROVAL.value)


def more_than_ordered(connection: Connection) -> list[str]:
    """I6: a line of which more was carried out than ordered, or a negative figure."""
    broken = or_(
        ORDER_LINES.c.fulfilled > ORDER_LINES.c.ordered,
        ORDER_LINES.c.fulfilled < 0,
        ORDER_LINES.c.reserved < 0,
        ORDER_LINES.c.short < 0,
    )
    return [
        f"order {row.number} line {row.line}: {row.fulfilled} carried out of {row.ordered}"
        for row in connection.execute(select(ORDER_LINES).where(broken))
    ]


def carried_out_without_grant(connection: Connection) -> list[str]:
    """I9: an order that goods moved for, without a recorded grant of the version it has."""
    moved = select(ORDER_LINES.c.number).where(ORDER_LINES.c.fulfilled > 0)
    ungranted = or_(ORDERS.c.granted_task == "", ORDERS.c.granted_version != ORDERS.c.version)
    rows = connection.execute(
        select(ORDERS.c.name, ORDERS.c.state).where(
            or_(ORDERS.c.state.in_((OrderState.APPROVED.value, *_MOVING)), ORDERS.c.number.in_(moved)),
            ungranted,
        )
    )
    return [f"{row.name} is {row.state} without a grant of its version" for row in rows]


def states_off_the_machine(connection: Connection) -> list[str]:
    """I12: steps outside the state machine, states without their step, open orders without a timer."""
    allowed = {(before.value, after.value) for before, afters in TRANSITIONS.items() for after in afters}
    problems = []
    reached: dict[int, str] = {}
    steps = select(ORDER_STEPS).order_by(ORDER_STEPS.c.number, ORDER_STEPS.c.revision)
    for step in connection.execute(steps):
        pair = (step.state_before, step.state_after)
        expected = reached.get(step.number, "")
        if step.state_before != expected or (pair not in allowed and pair != _FIRST_STEP):
            problems.append(f"order {step.number} went from {pair[0] or 'nothing'} to {pair[1]}")
        reached[step.number] = step.state_after
    open_states = {state.value for state in OPEN_STATES}
    for order in connection.execute(
        select(ORDERS.c.number, ORDERS.c.name, ORDERS.c.state, ORDERS.c.expire_time)
    ):
        if reached.get(order.number) != order.state:
            problems.append(f"{order.name} is {order.state} without the step that leads there")
        if (order.state in open_states) != (order.expire_time is not None):
            problems.append(f"{order.name} is {order.state} and its timer says otherwise")
    return problems + _lines_off_the_state(connection)


def _lines_off_the_state(connection: Connection) -> list[str]:
    missing = func.sum(ORDER_LINES.c.ordered - ORDER_LINES.c.fulfilled)
    done = func.sum(ORDER_LINES.c.fulfilled)
    rows = connection.execute(
        select(ORDERS.c.name, ORDERS.c.state, ORDERS.c.kind, missing.label("missing"), done.label("done"))
        .join(ORDER_LINES, ORDER_LINES.c.number == ORDERS.c.number, isouter=True)
        .group_by(ORDERS.c.name, ORDERS.c.state, ORDERS.c.kind)
    )
    problems = []
    for row in rows:
        fits = row.missing is not None
        if fits and row.state == OrderState.FULFILLED.value:
            fits = row.missing == 0
        elif fits and row.state == OrderState.PARTLY_FULFILLED.value:
            fits = row.missing > 0 and row.done > 0
        elif fits:
            # What was carried out before an order expired or its return was closed stays; other ends come
            # before the first goods.
            kept = row.state == OrderState.EXPIRED.value or (
                row.state == OrderState.CANCELLED.value and bool(KIND_BY_NAME[row.kind].brings_back)
            )
            fits = row.missing > 0 and (row.done == 0 or kept)
        if not fits:
            problems.append(f"{row.name} is {row.state}, which its lines do not say")
    return problems


def requests_with_two_effects(connection: Connection) -> list[str]:
    """I13: a request id that made no or more than one order."""
    rows = connection.execute(
        select(ORDERS.c.request_id, func.count().label("count"))
        .group_by(ORDERS.c.request_id)
        .having(or_(func.count() > 1, ORDERS.c.request_id == ""))
    )
    return [f"request id {row.request_id!r} made {row.count} orders" for row in rows]


def kinds_off_their_prefix(connection: Connection) -> list[str]:
    """I19: an order whose name does not say its kind and number."""
    problems = []
    for row in connection.execute(select(ORDERS.c.number, ORDERS.c.name, ORDERS.c.kind)):
        kind = KIND_BY_NAME.get(row.kind)
        if kind is None or row.name != f"{kind.prefix}{row.number}":
            problems.append(f"{row.name} has number {row.number} and kind {row.kind}")
    return problems


def gaps_in_numbers(connection: Connection) -> list[str]:
    """I5: numbers that were never given, or do not start at the first."""
    lowest, highest, count = connection.execute(
        select(func.min(ORDERS.c.number), func.max(ORDERS.c.number), func.count())
    ).one()
    if count and (lowest != FIRST_NUMBER or highest - lowest + 1 != count):
        return [f"{count} orders have the numbers {lowest} to {highest}"]
    return []
