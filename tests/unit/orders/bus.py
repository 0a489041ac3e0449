"""A small world around the rules of orders: a bad bus, a virtual clock, and models of stock and approvals."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.kit.quantity import Quantity
from services.orders.domain import process
from services.orders.domain.errors import OrderStateForbids
from services.orders.domain.kinds import StockEffect
from services.orders.domain.order import LineFigures, Order, OrderState
from services.orders.domain.process import Change, Step
from tests.unit.orders.samples import NOW, order

HOLD = timedelta(hours=24)
_ENDS = {Change.REJECTED, Change.CANCELLED, Change.EXPIRED}


@dataclass(frozen=True)
class Event:
    """Something one part tells the others about a document."""

    source: str
    document: str
    sequence: int
    what: str
    order: Order | None = None
    figures: tuple[LineFigures, ...] = ()


class Bus:
    """Loses, repeats and reorders; what was lost comes again, because nobody acknowledged it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.lossy = True
        self._waiting: list[tuple[datetime, int, str, Event]] = []
        self._count = 0

    def send(self, receiver: str, event: Event, now: datetime) -> None:
        """Put a copy on the way, sometimes two."""
        for _ in range(1 + (self.lossy and self.chance.random() < 0.2)):
            self._count += 1
            delay = timedelta(seconds=self.chance.expovariate(1 / 1800) if self.lossy else 1)
            heapq.heappush(self._waiting, (now + delay, self._count, receiver, event))

    def due(self, now: datetime) -> tuple[str, Event] | None:
        """The next copy that arrives by now; a lost one is sent again."""
        while self._waiting and self._waiting[0][0] <= now:
            arrives, _, receiver, event = heapq.heappop(self._waiting)
            if self.lossy and self.chance.random() < 0.2:
                self.send(receiver, event, arrives)
                continue
            return receiver, event
        return None


@dataclass
class Promise:
    """What the model of stock knows of one order."""

    order: Order
    reserved: list[int]
    moved: list[int]
    live: bool = True
    approved: bool = False
    hold_ends: datetime | None = None

    def wanted(self, index: int) -> int:
        """What is still missing of a line."""
        return self.order.lines[index].ordered.scaled - self.moved[index]


@dataclass
class World:
    """Orders by its real rules, stock and approvals by models, all connected by the bus only."""

    seed: int
    now: datetime = NOW
    free: int = 30
    orders: dict[str, Order] = field(default_factory=dict)
    states: dict[str, list[OrderState]] = field(default_factory=dict)
    promises: dict[str, Promise] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    heard: dict[tuple[str, str, str], int] = field(default_factory=dict)
    told: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.bus = Bus(self.chance)

    # --- the bus

    def tell(
        self,
        source: str,
        document: str,
        what: str,
        *,
        order: Order | None = None,
        figures: tuple[LineFigures, ...] = (),
    ) -> None:
        """Announce to both others, with the next sequence of the document."""
        self.told[source, document] += 1
        event = Event(source, document, self.told[source, document], what, order, figures)
        for receiver in sorted({"orders", "stock", "approvals"} - {source}):
            self.bus.send(receiver, event, self.now)

    def deliver(self) -> None:
        """Hand out everything that has arrived; only the next event of a document is applied."""
        hear: dict[str, Callable[[Event], None]] = {
            "orders": self.orders_hear,
            "stock": self.stock_hears,
            "approvals": self.approvals_hear,
        }
        while (copy := self.bus.due(self.now)) is not None:
            receiver, event = copy
            key = (receiver, event.source, event.document)
            last = self.heard.get(key, 0)
            if event.sequence == last + 1:
                self.heard[key] = event.sequence
                hear[receiver](event)
            elif event.sequence > last:
                self.seen["arrived too early"] += 1
                self.bus.send(receiver, event, self.now)
            else:
                self.seen["arrived again"] += 1

    # --- orders: the real rules

    def place(self, number: int, kind: str, amounts: tuple[int, ...]) -> None:
        """A person asks for something."""
        lines = [(code, str(amount), "") for code, amount in zip(("BG-001", "BG-003"), amounts, strict=False)]
        made = order(*lines, kind=kind, number=number)
        self.orders[made.name] = made
        self.states[made.name] = [made.state]
        self.tell("orders", made.name, Change.PLACED.value, order=made)

    def take(self, step: Step) -> None:
        """Keep and announce a step of an order, as the commands do."""
        name = step.order.name
        if step.remark is not process.Remark.NONE:
            self.seen[step.remark.value] += 1
        if step.change is None:
            return
        if step.order.state is not self.orders[name].state:
            self.states[name].append(step.order.state)
        self.orders[name] = step.order
        self.tell("orders", name, step.change.value, order=step.order)

    def orders_hear(self, event: Event) -> None:
        """What reactions do."""
        known = self.orders[event.document]
        if event.source == "stock":
            decide = process.moved if event.what == "moved" else process.promised
            self.take(decide(known, event.figures, self.now))
        elif event.what == "granted":
            self.take(process.granted(known, f"{known.name}-1", 1, self.now))
        elif event.what == "refused":
            self.take(process.refused(known, 1, "lixia", "", self.now))
        elif event.what == "withdrawn by requester":
            self.take(process.withdrawn(known, 1, "zhangsan", self.now))

    def cancel(self, name: str) -> None:
        """The requester takes an order back; a refusal changes nothing."""
        try:
            cancelled = self.orders[name].cancel("zhangsan", "", self.now)
        except OrderStateForbids:
            self.seen["cancel refused"] += 1
            return
        self.take(Step(cancelled, Change.CANCELLED))

    def run_timer(self) -> None:
        """Orders whose time ran out end."""
        for known in list(self.orders.values()):
            if known.expire_time is not None and known.expire_time <= self.now:
                self.seen[f"expired {known.state.value}"] += 1
                self.take(Step(known.expire(self.now), Change.EXPIRED))

    # --- stock: a model

    def stock_hears(self, event: Event) -> None:
        """Hold, reserve, release."""
        if event.source != "orders" or event.order is None:
            return
        name = event.document
        change = Change(event.what)
        if change is Change.PLACED:
            nothing = [0] * len(event.order.lines)
            self.promises[name] = Promise(event.order, list(nothing), list(nothing))
            if event.order.kind.holds_stock:
                self.promises[name].hold_ends = self.now + HOLD
                self.promise_more(name)
        elif change is Change.APPROVED:
            self.promises[name].approved = True
            self.promises[name].hold_ends = None
            if event.order.kind.stock_effect is StockEffect.ISSUE:
                self.promise_more(name)
        elif change in _ENDS and self.promises[name].live:
            self.promises[name].live = False
            self.give_back(name, "released")

    def promise_more(self, name: str) -> None:
        """Promise what is free."""
        promise = self.promises[name]
        for index in range(len(promise.reserved)):
            more = min(self.free, promise.wanted(index) - promise.reserved[index])
            promise.reserved[index] += more
            self.free -= more
        self.tell("stock", name, "promised", figures=self.figures(promise))

    def give_back(self, name: str, what: str) -> None:
        """Free what is promised and not moved."""
        promise = self.promises[name]
        self.free += sum(promise.reserved)
        promise.reserved = [0] * len(promise.reserved)
        self.tell("stock", name, what, figures=self.figures(promise))

    def figures(self, promise: Promise) -> tuple[LineFigures, ...]:
        """What stock tells of its promise."""
        return tuple(
            LineFigures(
                line=index + 1,
                reserved=Quantity(promise.reserved[index]),
                short=Quantity(promise.wanted(index) - promise.reserved[index] if promise.live else 0),
                fulfilled=Quantity(promise.moved[index]),
            )
            for index in range(len(promise.reserved))
        )

    def move(self, name: str, everything: bool) -> None:
        """The keeper hands over or takes in, if stock knows the order as approved and live."""
        promise = self.promises.get(name)
        if promise is None or not (promise.live and promise.approved):
            return
        leaves = promise.order.kind.stock_effect is StockEffect.ISSUE
        total = 0
        for index in range(len(promise.moved)):
            most = promise.reserved[index] if leaves else promise.wanted(index)
            amount = most if everything else self.chance.randint(0, most)
            promise.moved[index] += amount
            promise.reserved[index] -= amount if leaves else 0
            self.free += 0 if leaves else amount
            total += amount
        if total:
            self.tell("stock", name, "moved", figures=self.figures(promise))

    def end_holds(self) -> None:
        """Soft promises end by themselves."""
        for name, promise in self.promises.items():
            if promise.live and promise.hold_ends is not None and promise.hold_ends <= self.now:
                promise.hold_ends = None
                self.seen["hold expired"] += 1
                self.give_back(name, "hold expired")

    # --- approvals: a model

    def approvals_hear(self, event: Event) -> None:
        """Open a task for a new order; end it with its order."""
        if event.source != "orders":
            return
        change = Change(event.what)
        if change is Change.PLACED:
            self.tasks[event.document] = "open"
        elif change in _ENDS and self.tasks[event.document] == "open":
            self.decide(event.document, "withdrawn")

    def decide(self, name: str, outcome: str) -> None:
        """The first decision counts."""
        if self.tasks.get(name) == "open":
            self.tasks[name] = outcome
            self.tell("approvals", name, outcome)
