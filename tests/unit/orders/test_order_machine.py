"""Random walks through the state machine beside a small model of what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.orders.domain.errors import OrderStateForbids
from services.orders.domain.order import TRANSITIONS, Order, OrderState
from tests.unit.orders.samples import NOW, figures, order

_FROM = {
    "approve": {"PENDING_APPROVAL"},
    "reject": {"PENDING_APPROVAL"},
    "cancel": {"PENDING_APPROVAL", "APPROVED"},
    "close": {"APPROVED", "PARTLY_FULFILLED"},
    "promise": {"PENDING_APPROVAL", "APPROVED", "PARTLY_FULFILLED"},
}
_OPEN = _FROM["promise"]


class OrderMachine(RuleBasedStateMachine):
    """Every action in every state is either allowed by the model or refused and without effect."""

    def __init__(self) -> None:
        super().__init__()
        self.order: Order = order()
        self.now = NOW
        self.issued = 0
        self.granted = False

    @initialize(amount=st.integers(1, 9))
    def place_the_order(self, amount: int) -> None:
        self.order = order(("BG-001", str(amount), ""))

    def attempt(self, allowed: bool, action: Callable[[], Order]) -> bool:
        before = self.order
        try:
            self.order = action()
        except OrderStateForbids:
            assert not allowed
            assert self.order is before
            return False
        assert allowed
        assert self.order.revision == before.revision + 1
        step = (before.state, self.order.state)
        assert before.state is self.order.state or step[1] in TRANSITIONS[step[0]]
        return True

    @rule(hours=st.integers(0, 24 * 40))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def approve(self) -> None:
        allowed = self.order.state.value in _FROM["approve"]
        if self.attempt(allowed, lambda: self.order.approve("LY1001-1", self.now)):
            self.granted = True

    @rule()
    def reject(self) -> None:
        allowed = self.order.state.value in _FROM["reject"]
        self.attempt(allowed, lambda: self.order.reject("lixia", "", self.now))

    @rule()
    def cancel(self) -> None:
        allowed = self.order.state.value in _FROM["cancel"]
        self.attempt(allowed, lambda: self.order.cancel("zhangsan", "", self.now))

    @rule()
    def close(self) -> None:
        allowed = self.order.state.value in _FROM["close"]
        self.attempt(allowed, lambda: self.order.close("zhaoliu", "", self.now))

    @rule()
    def expire(self) -> None:
        due = self.order.expire_time
        allowed = self.order.state.value in _OPEN and due is not None and due <= self.now
        self.attempt(allowed, lambda: self.order.expire(self.now))

    @rule(reserved=st.integers(0, 9), short=st.integers(0, 9))
    def promise(self, reserved: int, short: int) -> None:
        allowed = self.order.state.value in _OPEN
        self.attempt(allowed, lambda: self.order.promise(figures(reserved=reserved, short=short), self.now))

    @rule(more=st.integers(1, 9))
    def goods_move(self, more: int) -> None:
        ordered = self.order.lines[0].ordered.scaled
        total = min(ordered, self.issued + more)
        if total == self.issued:
            return
        if self.attempt(self.granted, lambda: self.order.fulfil(figures(fulfilled=total), self.now)):
            self.issued = total

    @invariant()
    def the_order_is_consistent(self) -> None:
        line = self.order.lines[0]
        assert line.fulfilled.scaled == self.issued <= line.ordered.scaled
        assert (self.order.expire_time is not None) == (self.order.state.value in _OPEN)
        assert (self.order.state is OrderState.FULFILLED) == (self.issued == line.ordered.scaled)
        assert (self.order.granted_task != "") == self.granted
        if not self.order.is_open:
            assert not line.reserved
            assert not line.short


TestOrderMachine = OrderMachine.TestCase
TestOrderMachine.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
