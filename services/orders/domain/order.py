"""An order and every transition it can make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from services.kit.quantity import Quantity
from services.orders.domain.errors import MoreThanOrdered, OrderStateForbids, UnknownLine
from services.orders.domain.kinds import OrderKind

FIRST_NUMBER = 1001
DAYS_TO_APPROVE = 14
DAYS_TO_FULFIL = 30

NOT_APPROVED_IN_TIME = "NOT_APPROVED_IN_TIME"
NOT_FULFILLED_IN_TIME = "NOT_FULFILLED_IN_TIME"
REST_NOT_FULFILLED_IN_TIME = "REST_NOT_FULFILLED_IN_TIME"


class OrderState(Enum):
    """Where an order stands."""

    PENDING_APPROVAL = "PENDING_APPROVAL"
    APPROVED = "APPROVED"
    PARTLY_FULFILLED = "PARTLY_FULFILLED"
    FULFILLED = "FULFILLED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


OPEN_STATES = frozenset({OrderState.PENDING_APPROVAL, OrderState.APPROVED, OrderState.PARTLY_FULFILLED})

# From a closed state only goods that had already moved lead on: the order may hear of them too late.
TRANSITIONS: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING_APPROVAL: frozenset(
        {OrderState.APPROVED, OrderState.REJECTED, OrderState.CANCELLED, OrderState.EXPIRED}
    ),
    OrderState.APPROVED: frozenset(
        {OrderState.PARTLY_FULFILLED, OrderState.FULFILLED, OrderState.CANCELLED, OrderState.EXPIRED}
    ),
    OrderState.PARTLY_FULFILLED: frozenset({OrderState.FULFILLED, OrderState.CANCELLED, OrderState.EXPIRED}),
    OrderState.FULFILLED: frozenset(),
    OrderState.REJECTED: frozenset(),
    OrderState.CANCELLED: frozenset({OrderState.PARTLY_FULFILLED, OrderState.FULFILLED}),
    OrderState.EXPIRED: frozenset({OrderState.PARTLY_FULFILLED, OrderState.FULFILLED}),
}

_WHY_EXPIRED = {
    OrderState.PENDING_APPROVAL: NOT_APPROVED_IN_TIME,
    OrderState.APPROVED: NOT_FULFILLED_IN_TIME,
    OrderState.PARTLY_FULFILLED: REST_NOT_FULFILLED_IN_TIME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One thing asked for. All quantities but ``entered`` are in base units on one scale."""

    line: int
    item: str
    item_name: str
    item_name_en: str
    category: str
    warehouse: str
    entered: Quantity
    entered_unit: str
    ordered: Quantity
    base_unit: str
    amount_micros: int
    reserved: Quantity
    short: Quantity
    fulfilled: Quantity
    unrecorded: Quantity
    """What of a return was never handed out according to our records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFigures:
    """What stock tells about one line; None where it tells nothing."""

    line: int
    reserved: Quantity | None = None
    short: Quantity | None = None
    fulfilled: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order document. ``version`` is that of its content, ``revision`` counts every change of it."""

    number: int
    kind: OrderKind
    state: OrderState
    version: int
    revision: int
    request_id: str
    requester: str
    department: str
    counterpart: str
    purpose: str
    lines: tuple[OrderLine, ...]
    granted_task: str
    granted_version: int
    outcome_reason: str
    outcome_person: str
    expire_time: datetime | None
    create_time: datetime
    update_time: datetime

    @property
    def name(self) -> str:
        """The number that names the order, such as ``LY1027``."""
        return f"{self.kind.prefix}{self.number}"

    @property
    def amount_micros(self) -> int:
        """The sum of the lines' amounts, in millionths."""
        return sum(line.amount_micros for line in self.lines)

    @property
    def is_open(self) -> bool:
        """Whether something can still be expected of the order."""
        return self.state in OPEN_STATES

    def approve(self, task: str, now: datetime) -> Order:
        """Record the grant of this version and allow the order to be carried out."""
        self._require("approve", OrderState.PENDING_APPROVAL)
        return self._changed(
            now,
            state=OrderState.APPROVED,
            granted_task=task,
            granted_version=self.version,
            expire_time=now + timedelta(days=DAYS_TO_FULFIL),
        )

    def reject(self, person: str, reason: str, now: datetime) -> Order:
        """End the order because an approver refused it."""
        self._require("reject", OrderState.PENDING_APPROVAL)
        return self._closed(OrderState.REJECTED, person, reason, now)

    def cancel(self, person: str, reason: str, now: datetime) -> Order:
        """Take the order back before anything of it was carried out."""
        self._require("cancel", OrderState.PENDING_APPROVAL, OrderState.APPROVED)
        return self._closed(OrderState.CANCELLED, person, reason, now)

    def close(self, person: str, reason: str, now: datetime) -> Order:
        """End an approved order of which nothing more will be carried out; what was carried out stays."""
        self._require("close", OrderState.APPROVED, OrderState.PARTLY_FULFILLED)
        return self._closed(OrderState.CANCELLED, person, reason, now)

    def expire(self, now: datetime) -> Order:
        """End the order because its time ran out; what was carried out stays, the rest is closed."""
        if not self.is_open or self.expire_time is None or self.expire_time > now:
            raise OrderStateForbids(self.name, self.state.value, "expire")
        return self._closed(OrderState.EXPIRED, "", _WHY_EXPIRED[self.state], now)

    def promise(self, figures: Iterable[LineFigures], now: datetime) -> Order:
        """Take over what stock promises and misses; the state stays."""
        self._require("promise", *OPEN_STATES)
        return self._changed(now, lines=self.lines_with(figures))

    def fulfil(self, figures: Iterable[LineFigures], now: datetime) -> Order:
        """Take over what was carried out.

        Goods move only on an approval, so an order without one refuses. Stock may have moved them before it
        heard that the order was cancelled or expired: then what happened counts, and what is left of the
        order is closed by the next run of the timer instead of waiting for hands that will not come.
        Raises OrderStateForbids, UnknownLine, MoreThanOrdered.
        """
        lines = self.lines_with(figures)
        if not self.granted_task or self.state is OrderState.FULFILLED:
            raise OrderStateForbids(self.name, self.state.value, "fulfil")
        if all(line.fulfilled == line.ordered for line in lines):
            return self._changed(
                now,
                state=OrderState.FULFILLED,
                lines=_settled(lines),
                expire_time=None,
                outcome_reason="",
                outcome_person="",
            )
        until = now + timedelta(days=DAYS_TO_FULFIL) if self.is_open else now
        return self._changed(
            now,
            state=OrderState.PARTLY_FULFILLED,
            lines=lines,
            expire_time=until,
            outcome_reason="",
            outcome_person="",
        )

    def lines_with(self, figures: Iterable[LineFigures]) -> tuple[OrderLine, ...]:
        """The lines with what stock tells; what was carried out only grows.

        Raises UnknownLine, MoreThanOrdered.
        """
        told = {figure.line: figure for figure in figures}
        for number in told:
            if not 1 <= number <= len(self.lines):
                raise UnknownLine(self.name, number)
        return tuple(self._line_with(line, told.get(line.line)) for line in self.lines)

    def _line_with(self, line: OrderLine, told: LineFigures | None) -> OrderLine:
        if told is None:
            return line
        fulfilled = line.fulfilled if told.fulfilled is None else max(line.fulfilled, told.fulfilled)
        if fulfilled > line.ordered:
            raise MoreThanOrdered(self.name, line.line, str(line.ordered), str(fulfilled))
        return replace(
            line,
            reserved=line.reserved if told.reserved is None else told.reserved,
            short=line.short if told.short is None else told.short,
            fulfilled=fulfilled,
        )

    def _require(self, attempt: str, *states: OrderState) -> None:
        if self.state not in states:
            raise OrderStateForbids(self.name, self.state.value, attempt)

    def _closed(self, state: OrderState, person: str, reason: str, now: datetime) -> Order:
        return self._changed(
            now,
            state=state,
            lines=_settled(self.lines),
            expire_time=None,
            outcome_person=person,
            outcome_reason=reason,
        )

    def _changed(self, now: datetime, **changes: object) -> Order:
        changed: Order = replace(self, update_time=now, revision=self.revision + 1, **changes)  # type: ignore[arg-type]
        allowed = changed.state is self.state or changed.state in TRANSITIONS[self.state]
        assert allowed, f"{self.name}: {self.state} does not lead to {changed.state}"
        return changed


def _settled(lines: Iterable[OrderLine]) -> tuple[OrderLine, ...]:
    # A closed order expects nothing any more: what stock still promises to it is on its way back.
    return tuple(
        replace(line, reserved=Quantity.zero(line.ordered.scale), short=Quantity.zero(line.ordered.scale))
        for line in lines
    )
