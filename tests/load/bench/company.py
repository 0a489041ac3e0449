"""The whole system as people meet it: how soon it is ready, what it holds, how quick the conversation is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from google.type.money_pb2 import Money
from kuguan.stock.v1 import items_pb2, items_pb2_grpc, stock_pb2, stock_pb2_grpc
from kuguan.type.v1.quantity_pb2 import Quantity

from deploy.connection import Connection
from deploy.location import Running, read_running
from services.kit.ids import new_id
from tests.load.bench import children
from tests.load.bench.conversation import Conversation
from tests.load.bench.table import Table, at_most, told

_KUGUAN = Path(sys.executable).with_name("kuguan")
_AT_WORK = "Ctrl-C"
_START_SECONDS = 90.0
_LOOK_SECONDS = 0.005
_STOP_SECONDS = 40.0
_READY_GOAL = 4.0
_MEMORY_GOAL = 450.0
_TOLD_P50, _TOLD_P99 = 40.0, 150.0
_QUERY_P99 = 40.0
_ITEM = "BENCH-1"
_NAME = "量具样板"
_WARM_UP = 3


@dataclass(frozen=True)
class Length:
    """How many warm starts; how many requests, within so many seconds; how many questions."""

    starts: int
    requests: int
    most_seconds: float
    questions: int


def measure(folder: Path, length: Length) -> list[Table]:
    """Start and memory; then the second tap until its requester is told, and questions about stock."""
    ready = Table("kuguan up, the whole system embedded")
    data = folder / "data"
    port = _free_port()
    with _running(data, port) as (cold, running):
        began = time.perf_counter()
        # What was fetched and not yet applied when a process ends comes again only after half a minute.
        _open_chat(data, running).wait_until_known("admin", "创可贴 库存", "YP-001")
        known = time.perf_counter() - began
    warm: list[float] = []
    for _ in range(length.starts - 1):
        with _running(data, port) as (seconds, _):
            warm.append(seconds)
    with _running(data, port) as (seconds, running):
        warm.append(seconds)
        parts = _parts(running)
        after_start = children.memory(_processes(running))
        talk = _conversation(data, running, length)
        after_work = children.memory(_processes(running))
    rounds = ", ".join(f"{seconds:.1f}" for seconds in warm)
    ready.add(
        at_most("ready, warm", _part(warm, 0.5), _READY_GOAL, "s", f"starts: {rounds} s"),
        told(
            "ready, first start with the demo company",
            cold,
            "s",
            f"the bot knew all of it {known:.1f} s later",
        ),
        at_most("memory after start, proportional", after_start[0], _MEMORY_GOAL, "MiB", parts),
        told("memory after start, resident", after_start[1], "MiB", "shared pages counted in each process"),
        at_most("memory after work, proportional", after_work[0], _MEMORY_GOAL, "MiB"),
        told("memory after work, resident", after_work[1], "MiB"),
    )
    return [ready, talk]


@contextmanager
def _running(data: Path, port: int) -> Iterator[tuple[float, Running]]:
    """`kuguan up --demo` until the block ends, with the seconds until it said that all is at work."""
    output = data.with_name("up.out")
    began = time.perf_counter()
    with output.open("wb") as out:
        process = subprocess.Popen(
            [str(_KUGUAN), "up", "--data", str(data), "--port", str(port), "--demo"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={name: value for name, value in os.environ.items() if not name.startswith("KUGUAN_")},
            start_new_session=True,
        )
    try:
        while _AT_WORK not in (printed := output.read_text(encoding="utf-8", errors="replace")):
            waited = time.perf_counter() - began
            assert process.poll() is None, f"kuguan up ended:\n{printed}"
            assert waited < _START_SECONDS, f"kuguan up is not ready:\n{printed}"
            time.sleep(_LOOK_SECONDS)
        seconds = time.perf_counter() - began
        running = read_running(data)
        assert running is not None, "kuguan up tells where everything is"
        yield seconds, running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)


def _conversation(data: Path, running: Running, length: Length) -> Table:
    table = Table("conversation through the whole system")
    _stock_item(data, running)
    chat = _open_chat(data, running)
    chat.wait_until_known("zhangsan", f"{_NAME} 库存", _ITEM)
    with chat.page("zhangsan") as page:
        given: list[float] = []
        handed: list[float] = []
        ends = time.monotonic() + length.most_seconds
        for number in range(_WARM_UP + length.requests):
            if time.monotonic() > ends and given:
                break
            order = chat.request("zhangsan", f"领1件{_NAME} 用于投标")
            at = chat.tap_when_there("lixia", order, "approve")
            heard = page.hear(f"{order} 已批准")
            at_hand_over = chat.tap_when_there("zhaoliu", order, "hand_over")
            heard_again = page.hear(f"{order} 已发料")
            if number >= _WARM_UP:
                given.append((heard - at) * 1000)
                handed.append((heard_again - at_hand_over) * 1000)
    asked = [chat.ask_seconds("zhangsan", f"{_NAME}还有多少") * 1000 for _ in range(length.questions)]
    count = f"{len(given)} requests one after the other, heard by an open page"
    table.add(
        at_most("second tap (同意) → requester told, p50", _part(given, 0.50), _TOLD_P50, "ms", count),
        at_most("second tap (同意) → requester told, p99", _part(given, 0.99), _TOLD_P99, "ms"),
        told("hand-over (发料) → requester told, p50", _part(handed, 0.50), "ms"),
        told("hand-over (发料) → requester told, p99", _part(handed, 0.99), "ms"),
        told("stock question → answered, p50", _part(asked, 0.50), "ms", f"{length.questions} questions"),
        at_most("stock question → answered, p99", _part(asked, 0.99), _QUERY_P99, "ms"),
    )
    return table


def _open_chat(data: Path, running: Running) -> Conversation:
    secret = (data / "secrets" / "console.secret").read_text(encoding="ascii").strip()
    return Conversation(running.url, secret)


def _stock_item(data: Path, running: Running) -> None:
    """An item that costs enough to need the manager and of which there is enough for every request."""
    secret = (data / "secrets" / "console.secret").read_text(encoding="ascii").strip()
    cost = Money(currency_code="CNY", units=100)
    item = items_pb2.Item(code=_ITEM, name=_NAME, base_unit="件", reference_cost=cost)
    quantity = Quantity(value={"value": "100000"}, unit="件")
    line = stock_pb2.OpeningLine(row=1, item=_ITEM, warehouse="ZC", quantity=quantity)
    with Connection("console", secret, running.addresses.__getitem__) as connection:
        items = connection.stub(items_pb2_grpc.ItemServiceStub, "stock")
        connection.call(items.CreateItem, items_pb2.CreateItemRequest(request_id=new_id(), item=item))
        stock = connection.stub(stock_pb2_grpc.StockServiceStub, "stock")
        answer = connection.call(
            stock.OpenStock, stock_pb2.OpenStockRequest(request_id=new_id(), lines=[line])
        )
    assert answer.written, "the item has stock"


def _processes(running: Running) -> list[int]:
    return [running.supervisor, *running.processes.values()]


def _parts(running: Running) -> str:
    """What each process holds by itself."""
    named = {"kuguan": running.supervisor, **running.processes}
    return ", ".join(f"{name} {children.memory([pid])[0]:.0f}" for name, pid in named.items())


def _part(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
