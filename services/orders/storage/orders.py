"""Rows of orders, their lines and the steps they made."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, func, insert, select, update

from services.kit.bulk import Change, Prepared, adding
from services.kit.database import in_chunks
from services.kit.errors import VersionChanged
from services.kit.quantity import MAXIMUM_SCALE, Quantity
from services.orders.domain.kinds import KIND_BY_NAME, OrderKind
from services.orders.domain.order import FIRST_NUMBER, OPEN_STATES, Order, OrderLine, OrderState
from services.orders.domain.placing import HandedOut
from services.orders.storage.tables import ORDER_LINES, ORDER_STEPS, ORDERS

_NAME = re.compile(r"(?P<prefix>[A-Z]*)(?P<number>[0-9]{1,18})")

_FIXED = frozenset({"number", "name", "kind", "request_id", "requester", "create_time"})
_by_name = Prepared(select(ORDERS).where(ORDERS.c.name == bindparam("called")))
_by_number = Prepared(select(ORDERS).where(ORDERS.c.number == bindparam("numbered")))
_lines_of = Prepared(
    select(ORDER_LINES).where(ORDER_LINES.c.number == bindparam("numbered")).order_by(ORDER_LINES.c.line)
)
_change = Change(
    update(ORDERS).where(ORDERS.c.number == bindparam("numbered"), ORDERS.c.revision == bindparam("seen")),
    [column.name for column in ORDERS.columns if column.name not in _FIXED],
)
_change_line = Change(
    update(ORDER_LINES).where(
        ORDER_LINES.c.number == bindparam("numbered"), ORDER_LINES.c.line == bindparam("place")
    ),
    ["reserved", "short", "fulfilled"],
)
_step_made = adding(ORDER_STEPS)


def next_number(connection: Connection) -> int:
    """The number after the last one; writers take turns and orders stay for ever, so there are no gaps."""
    last = connection.scalar(select(func.max(ORDERS.c.number)))
    return FIRST_NUMBER if last is None else int(last) + 1


def add_order(connection: Connection, order: Order) -> None:
    """Write a new order; its request id, number and name are unique."""
    connection.execute(insert(ORDERS).values(**_order_values(order)))
    connection.execute(insert(ORDER_LINES), [_line_values(order, line) for line in order.lines])
    _add_step(connection, order, "")


def update_order(connection: Connection, before: Order, after: Order) -> None:
    """Write what changed, if the order still is as it was read; raises VersionChanged."""
    values = {name: value for name, value in _order_values(after).items() if name not in _FIXED}
    if _change(connection, numbered=before.number, seen=before.revision, **values) != 1:
        raise VersionChanged("order", before.name)
    for line, old in zip(after.lines, before.lines, strict=True):
        if line != old:
            _change_line(
                connection,
                numbered=after.number,
                place=line.line,
                reserved=line.reserved.scaled,
                short=line.short.scaled,
                fulfilled=line.fulfilled.scaled,
            )
    if after.state is not before.state:
        _add_step(connection, after, before.state.value)


def find_order(connection: Connection, name: str, requester: str | None = None) -> Order | None:
    """The order of a name or of a running number alone; ``requester`` limits it to that person's own."""
    named = _NAME.fullmatch(name)
    if named is None:
        return None
    if named["prefix"]:
        found = _by_name(connection, called=name)
    else:
        found = _by_number(connection, numbered=int(named["number"]))
    if not found or requester not in (None, found[0].requester):
        return None
    lines = _lines_of(connection, numbered=found[0].number)
    return _order(found[0], tuple(map(_line, lines)))


def list_orders(
    connection: Connection,
    *,
    requester: str | None,
    states: Collection[OrderState],
    before_number: int | None,
    count: int,
) -> list[Order]:
    """At most ``count`` orders, newest first; None and an empty collection do not limit."""
    query = select(ORDERS).order_by(ORDERS.c.number.desc()).limit(count)
    if requester is not None:
        query = query.where(ORDERS.c.requester == requester)
    if states:
        query = query.where(ORDERS.c.state.in_(sorted(state.value for state in states)))
    if before_number is not None:
        query = query.where(ORDERS.c.number < before_number)
    return _load(connection, query)


def handed_out(
    connection: Connection, kind: OrderKind, counterpart: str, codes: Collection[str]
) -> dict[str, HandedOut]:
    """What went out of some items to a counterpart by the kind that this kind brings back; what other
    returns brought back or still may bring is no longer outstanding."""
    if not kind.brings_back:
        return {}
    lines, heads = ORDER_LINES.c, ORDERS.c
    out = heads.kind == kind.brings_back
    may_come = heads.state.in_(sorted(state.value for state in OPEN_STATES))
    issued = case((out, lines.fulfilled), else_=0)
    back = case((out, 0), (may_come, lines.ordered), else_=lines.fulfilled)
    query = (
        select(lines.item, lines.scale, func.sum(issued).label("issued"), func.sum(back).label("back"))
        .join(ORDERS, heads.number == lines.number)
        .where(
            lines.item.in_(sorted(codes)),
            heads.counterpart == counterpart,
            heads.kind.in_([kind.brings_back, kind.name]),
        )
        .group_by(lines.item, lines.scale)
    )
    found: dict[str, HandedOut] = {}
    for row in connection.execute(query):
        known = found.get(row.item, HandedOut(Fraction(0), Fraction(0)))
        whole = 10**row.scale
        found[row.item] = HandedOut(
            known.issued + Fraction(int(row.issued), whole),
            known.outstanding + Fraction(int(row.issued) - int(row.back), whole),
        )
    return found


def overdue_orders(connection: Connection, now: datetime, count: int) -> list[Order]:
    """At most ``count`` orders whose time has run out, the longest overdue first."""
    return _load(
        connection,
        select(ORDERS)
        .where(ORDERS.c.expire_time <= now)
        .order_by(ORDERS.c.expire_time, ORDERS.c.number)
        .limit(count),
    )


def _load(connection: Connection, query: Select[Any]) -> list[Order]:
    rows = connection.execute(query).all()
    lines: dict[int, list[OrderLine]] = {row.number: [] for row in rows}
    for chunk in in_chunks(sorted(lines)):
        wanted = select(ORDER_LINES).where(ORDER_LINES.c.number.in_(chunk))
        for row in connection.execute(wanted.order_by(ORDER_LINES.c.number, ORDER_LINES.c.line)):
            lines[row.number].append(_line(row))
    return [_order(row, tuple(lines[row.number])) for row in rows]


def _add_step(connection: Connection, order: Order, state_before: str) -> None:
    _step_made(
        connection,
        number=order.number,
        revision=order.revision,
        state_before=state_before,
        state_after=order.state.value,
        step_time=order.update_time,
    )


def _order_values(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "name": order.name,
        "kind": order.kind.name,
        "state": order.state.value,
        "version": order.version,
        "revision": order.revision,
        "request_id": order.request_id,
        "requester": order.requester,
        "department": order.department,
        "counterpart": order.counterpart,
        "purpose": order.purpose,
        "granted_task": order.granted_task,
        "granted_version": order.granted_version,
        "outcome_reason": order.outcome_reason,
        "outcome_person": order.outcome_person,
        "expire_time": order.expire_time,
        "create_time": order.create_time,
        "update_time": order.update_time,
    }


def _line_values(order: Order, line: OrderLine) -> dict[str, Any]:
    return {
        "number": order.number,
        "line": line.line,
        "item": line.item,
        "item_name": line.item_name,
        "item_name_en": line.item_name_en,
        "category": line.category,
        "warehouse": line.warehouse,
        "entered_micros": line.entered.scaled,
        "entered_unit": line.entered_unit,
        "base_unit": line.base_unit,
        "scale": line.ordered.scale,
        "ordered": line.ordered.scaled,
        "amount_micros": line.amount_micros,
        "reserved": line.reserved.scaled,
        "short": line.short.scaled,
        "fulfilled": line.fulfilled.scaled,
        "unrecorded": line.unrecorded.scaled,
    }


def _order(row: Any, lines: tuple[OrderLine, ...]) -> Order:
    return Order(
        number=row.number,
        kind=KIND_BY_NAME[row.kind],
        state=OrderState(row.state),
        version=row.version,
        revision=row.revision,
        request_id=row.request_id,
        requester=row.requester,
        department=row.department,
        counterpart=row.counterpart,
        purpose=row.purpose,
        lines=lines,
        granted_task=row.granted_task,
        granted_version=row.granted_version,
        outcome_reason=row.outcome_reason,
        outcome_person=row.outcome_person,
        expire_time=row.expire_time,
        create_time=row.create_time,
        update_time=row.update_time,
    )


def _line(row: Any) -> OrderLine:
    return OrderLine(
        line=row.line,
        item=row.item,
        item_name=row.item_name,
        item_name_en=row.item_name_en,
        category=row.category,
        warehouse=row.warehouse,
        entered=Quantity(row.entered_micros, MAXIMUM_SCALE),
        entered_unit=row.entered_unit,
        ordered=Quantity(row.ordered, row.scale),
        base_unit=row.base_unit,
        amount_micros=row.amount_micros,
        reserved=Quantity(row.reserved, row.scale),
        short=Quantity(row.short, row.scale),
        fulfilled=Quantity(row.fulfilled, row.scale),
        unrecorded=Quantity(row.unrecorded, row.scale),
    )
