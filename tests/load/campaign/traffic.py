"""Traffic: threads that place, decide, hand over and promise through gRPC, and note what they heard."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, cast

import grpc
from google.type import decimal_pb2, money_pb2
from kuguan.approvals.v1 import approvals_pb2, approvals_pb2_grpc
from kuguan.orders.v1 import orders_pb2, orders_pb2_grpc
from kuguan.stock.v1 import items_pb2, items_pb2_grpc, stock_pb2, stock_pb2_grpc
from kuguan.type.v1 import quantity_pb2

from services.kit.access import Caller, Signer
from services.kit.ids import new_id
from services.kit.rpc import from_call_error
from tests.journey.system import System, eventually
from tests.load.campaign.history import History, Operation, Outcome

CHEAP, DEAR, SCARCE = "KQ-CHEAP", "KQ-DEAR", "KQ-SCARCE"
"""Goods that nobody has to approve, that the manager approves, and of which there is hardly any."""
WAREHOUSE = "ZC"
UNIT = "件"
WORKERS = 6
ALL_KINDS = (3, 2, 3, 1)
"""How often: orders without approval, orders with approval, promises, promises of what is scarce."""
FEW_WORDS = (1, 1, 16, 2)
"""Mostly promises, of which nobody is told in the chat: it tells people one thing after the other."""
PROMISES = (0, 0, 6, 1)
"""Only what waits for no event."""
_PIECES = {CHEAP: 1_000_000, DEAR: 1_000_000, SCARCE: 40}
_COSTS = {CHEAP: 1, DEAR: 60, SCARCE: 1}
_SECONDS = 2.0
_PATIENCE_SECONDS = 6.0
_AGAIN_SECONDS = 20.0
_TOKEN_SECONDS = 300.0
_PAUSE_SECONDS = 0.1
_ALL = frozenset(
    {
        *("items.read", "items.write", "stock.read", "stock.open", "stock.reserve", "stock.issue"),
        *("orders.create", "orders.read", "orders.read_all"),
        *("approvals.read", "approvals.read_all", "approvals.decide"),
    }
)
_UNCLEAR = {"unreachable", "overloaded", "internal"}
# What can happen to honest callers who race with each other, or with an event that stock has not heard yet;
# anything else is a fault of the traffic.
_BUSINESS = {"rule_broken", "conflict", "already_exists", "not_found"}


@dataclass(frozen=True)
class Person:
    """Who acts, and the roles that the token says they have."""

    name: str
    department: str
    roles: frozenset[str]


HEFENG = Person("hefeng", "生产部", frozenset({"employee", "production"}))
ZHANGSAN = Person("zhangsan", "行政部", frozenset({"employee"}))
LIXIA = Person("lixia", "行政部", frozenset({"employee", "manager"}))
ZHAOLIU = Person("zhaoliu", "仓储部", frozenset({"employee", "keeper"}))


class Line:
    """Calls to a running system; a signed token for anybody, as the key is at hand."""

    def __init__(self, system: System) -> None:
        private = (system.data / "secrets" / "access-private.pem").read_text(encoding="ascii")
        self._signer = Signer(private)
        self._tokens: dict[str, tuple[str, float]] = {}
        options = [("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", 300)]
        self._channels = {
            name: grpc.insecure_channel(address, [*options, ("grpc.initial_reconnect_backoff_ms", 100)])
            for name, address in system.running()["addresses"].items()
        }
        self.stock = stock_pb2_grpc.StockServiceStub(self._channels["stock"])
        self.items = items_pb2_grpc.ItemServiceStub(self._channels["stock"])
        self.orders = orders_pb2_grpc.OrderServiceStub(self._channels["orders"])
        self.approvals = approvals_pb2_grpc.ApprovalServiceStub(self._channels["approvals"])

    def close(self) -> None:
        """Close the channels."""
        for channel in self._channels.values():
            channel.close()

    def ask(self, method: Any, request: Any, person: Person = ZHAOLIU) -> Any:
        """One call; raises grpc.RpcError."""
        metadata = (("authorization", f"Bearer {self._token(person)}"),)
        return method(request, timeout=_SECONDS, metadata=metadata)

    def _token(self, person: Person) -> str:
        token, until = self._tokens.get(person.name, ("", 0.0))
        if time.monotonic() > until:
            caller = Caller(person.name, person.department, person.roles, _ALL, "console")
            token = self._signer.token(caller, time.time())[0]
            self._tokens[person.name] = token, time.monotonic() + _TOKEN_SECONDS
        return token


def bring_goods(system: System) -> None:
    """Put the goods of the traffic on the shelf, unless they are there."""
    line = Line(system)
    try:
        for code, pieces in _PIECES.items():
            item = items_pb2.Item(
                code=code,
                name=f"战役物料 {code}",
                category="办公用品",
                base_unit=UNIT,
                tracking=items_pb2.TRACKING_NONE,
                reference_cost=money_pb2.Money(currency_code="CNY", units=_COSTS[code]),
            )
            _insist(
                line, line.items.CreateItem, items_pb2.CreateItemRequest(request_id=f"make-{code}", item=item)
            )
            opening = stock_pb2.OpeningLine(
                row=1,
                item=code,
                warehouse=WAREHOUSE,
                quantity=_quantity(pieces),
                unit_cost=money_pb2.Money(currency_code="CNY", units=_COSTS[code]),
            )
            opened = stock_pb2.OpenStockRequest(request_id=f"open-{code}", lines=[opening])
            _insist(line, line.stock.OpenStock, opened)
        known = _order(f"first-{new_id()}", CHEAP, 1)
        eventually(lambda: _accepted(line, known), "orders knows the goods")
    finally:
        line.close()


def _accepted(line: Line, request: orders_pb2.CreateOrderRequest) -> bool:
    try:
        line.ask(line.orders.CreateOrder, request, HEFENG)
    except grpc.RpcError:
        return False
    return True


def _insist(line: Line, method: Any, request: Any) -> None:
    ends = time.monotonic() + _AGAIN_SECONDS
    while True:
        try:
            line.ask(method, request)
        except grpc.RpcError as error:
            if from_call_error(cast(Any, error)).kind not in _UNCLEAR or time.monotonic() > ends:
                raise
            time.sleep(0.1)
        else:
            return


def an_order(item: str, pieces: int) -> orders_pb2.CreateOrderRequest:
    """A request for some pieces, under a request id of its own."""
    return _order(new_id(), item, pieces)


def _quantity(pieces: int) -> quantity_pb2.Quantity:
    return quantity_pb2.Quantity(value=decimal_pb2.Decimal(value=str(pieces)), unit=UNIT)


def _order(request_id: str, item: str, pieces: int) -> orders_pb2.CreateOrderRequest:
    lines = [orders_pb2.CreateOrderLine(item=item, warehouse=WAREHOUSE, quantity=_quantity(pieces))]
    entry = orders_pb2.RequisitionEntry(purpose="战役")
    return orders_pb2.CreateOrderRequest(request_id=request_id, lines=lines, requisition=entry)


class Worker(Thread):
    """One thread of traffic."""

    def __init__(
        self, system: System, history: History, seed: int, stopping: Event, weights: Sequence[int]
    ) -> None:
        super().__init__(name=f"traffic-{seed}", daemon=True)
        self._line = Line(system)
        self._history = history
        self._chance = random.Random(seed)
        self._stopping = stopping
        self._weights = weights
        self.fault: BaseException | None = None

    def run(self) -> None:
        """One piece of business after the other until it is told to stop."""
        kinds = [self._without_approval, self._with_approval, self._promise, self._scarce]
        try:
            while not self._stopping.is_set():
                self._chance.choices(kinds, self._weights)[0]()
                time.sleep(_PAUSE_SECONDS * self._chance.random())
        except BaseException as error:
            self.fault = error
            raise
        finally:
            self._line.close()

    def _change(self, kind: str, method: Any, request: Any, person: Person, key: str = "") -> Any:
        """Ask for a change; where the outcome is unknown ask again with the same id, or leave it at that."""
        insist, asked, ends = self._chance.random() < 0.5, 0, time.monotonic() + _AGAIN_SECONDS
        key = key or request.request_id
        while True:
            asked += 1
            try:
                answer = self._line.ask(method, request, person)
            except grpc.RpcError as error:
                told = from_call_error(cast(Any, error))
                if told.kind not in _UNCLEAR:
                    assert told.kind in _BUSINESS, f"{kind}: {told}"
                    self._history.add(Operation(kind, key, Outcome.REFUSED, asked, told.reason))
                    return None
                if not insist or time.monotonic() > ends:
                    self._history.add(Operation(kind, key, Outcome.UNKNOWN, asked, told.reason))
                    return None
                time.sleep(0.05 + 0.1 * self._chance.random())
            else:
                self._history.add(Operation(kind, key, Outcome.ANSWERED, asked))
                return answer

    def _id(self) -> str:
        return new_id()

    def _place(self, item: str, person: Person) -> str:
        request = _order(self._id(), item, self._chance.randint(1, 3))
        answer = self._change("place", self._line.orders.CreateOrder, request, person)
        return str(answer.order.name) if answer is not None else ""

    def _without_approval(self) -> None:
        """An order that the rules let pass, handed over or withdrawn."""
        order = self._place(CHEAP, HEFENG)
        if order and self._chance.random() < 0.2:
            request = orders_pb2.CancelOrderRequest(request_id=self._id(), name=order)
            self._change("cancel", self._line.orders.CancelOrder, request, HEFENG, order)
        elif order and self._reaches(order, orders_pb2.ORDER_STATE_APPROVED):
            self._hand_over(order)

    def _with_approval(self) -> None:
        """An order that the manager decides."""
        order = self._place(DEAR, ZHANGSAN)
        task = self._task(order) if order else None
        if task is None:
            return
        agreed = self._chance.random() < 0.7
        request = approvals_pb2.DecideRequest(
            request_id=self._id(),
            name=task.name,
            version=task.version,
            decision=approvals_pb2.DECISION_APPROVE if agreed else approvals_pb2.DECISION_REFUSE,
        )
        self._change("decide", self._line.approvals.Decide, request, LIXIA)
        if agreed and self._reaches(order, orders_pb2.ORDER_STATE_APPROVED):
            self._hand_over(order)

    def _hand_over(self, order: str) -> None:
        request = stock_pb2.IssueReservedRequest(request_id=self._id(), document=order)
        self._change("hand over", self._line.stock.IssueReserved, request, ZHAOLIU)

    def _promise(self) -> None:
        """A promise to another program, and perhaps its end."""
        self._reserve(CHEAP)

    def _scarce(self) -> None:
        """The same of something that is nearly gone: many are refused."""
        self._reserve(SCARCE)

    def _reserve(self, item: str) -> None:
        document = f"campaign-{self._id()}"
        lines = [
            stock_pb2.ReserveLine(
                line=1, item=item, warehouse=WAREHOUSE, quantity=_quantity(self._chance.randint(1, 9))
            )
        ]
        request = stock_pb2.ReserveRequest(
            request_id=self._id(),
            document=document,
            lines=lines,
            hold_seconds=self._chance.choice([0, 5, 3600]),
        )
        answer = self._change("reserve", self._line.stock.Reserve, request, ZHAOLIU)
        if answer is not None and request.hold_seconds != 5 and self._chance.random() < 0.5:
            # A short hold may run out by itself before it is released.
            back = stock_pb2.ReleaseRequest(request_id=self._id(), document=document)
            self._change("release", self._line.stock.Release, back, ZHAOLIU, answer.reservation.document)

    def _reaches(self, order: str, state: int) -> bool:
        request = orders_pb2.GetOrderRequest(name=order)
        return bool(self._wait(lambda: self._read_order(request).state == state))

    def _read_order(self, request: orders_pb2.GetOrderRequest) -> orders_pb2.Order:
        order: orders_pb2.Order = self._line.ask(self._line.orders.GetOrder, request).order
        return order

    def _task(self, order: str) -> approvals_pb2.Task | None:
        request = approvals_pb2.ListTasksRequest(
            page_size=10,
            order=order,
            view=approvals_pb2.TASK_VIEW_ALL,
            states=[approvals_pb2.TASK_STATE_OPEN],
        )

        def look() -> approvals_pb2.Task | None:
            found = self._line.ask(self._line.approvals.ListTasks, request).tasks
            return found[0] if found else None

        found: approvals_pb2.Task | None = self._wait(look)
        return found

    def _wait(self, look: Callable[[], Any]) -> Any:
        """Look until there is something; nothing when it takes too long, as it may while parts are dying."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < ends and not self._stopping.is_set():
            try:
                found = look()
            except grpc.RpcError:
                found = None
            if found:
                return found
            time.sleep(0.05)
        return None


@contextmanager
def traffic(
    system: System, seed: int, *, workers: int = WORKERS, weights: Sequence[int] = FEW_WORDS
) -> Iterator[History]:
    """Traffic while the block runs; afterwards every thread has ended and the history is whole."""
    history, stopping = History(), Event()
    threads = [Worker(system, history, seed * 1000 + number, stopping, weights) for number in range(workers)]
    for thread in threads:
        thread.start()
    try:
        yield history
    finally:
        stopping.set()
        for thread in threads:
            thread.join(2 * _AGAIN_SECONDS)
    faults = [thread.fault for thread in threads if thread.fault is not None]
    assert not faults, f"the traffic itself failed: {faults}"
    assert not any(thread.is_alive() for thread in threads), "a thread of traffic did not end"
