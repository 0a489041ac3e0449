"""A whole Kuguan of its own: the `kuguan` command with all its processes on a temporary data directory."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final, Self, TypeVar

import grpc
from kuguan.approvals.v1 import access_pb2, access_pb2_grpc
from kuguan.orders.v1 import orders_pb2, orders_pb2_grpc
from kuguan.stock.v1 import stock_pb2, stock_pb2_grpc

from deploy.connection import Connection
from tests.journey.person import Person, Refused

KUGUAN: Final = Path(sys.executable).with_name("kuguan")
PARTS: Final = ("broker", "stock", "orders", "approvals", "bot")
START_SECONDS: Final = 90.0
STOP_SECONDS: Final = 40.0
PATIENCE: Final = 45.0
"""Seconds until something expected has to be seen; only a test that fails waits so long."""
_TRIES_FOR_A_PORT = 3

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], what: str, seconds: float = PATIENCE) -> Found:
    """Look until something is found; the bound only ends a test that has already failed."""
    ends = monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert monotonic() < ends, f"it never came: {what}"
        sleep(0.05)


class System:
    """`kuguan up --demo` on a data directory, and everything one asks of it from outside."""

    def __init__(self, data: Path, *, demo: bool = True, settings: Mapping[str, str] | None = None) -> None:
        self.data = data
        self._settings = dict(settings or {})
        self._demo = demo
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self.knew_at_once = False
        """Whether the demo company was known in the moment the table of what runs where was printed."""

    # ------------------------------------------------------------ its life

    def start(self, port: int = 0) -> Self:
        """Start everything, on a free port or this one, and wait until it says that all is at work."""
        for _ in range(_TRIES_FOR_A_PORT):
            port = port or _free_port()
            output = self.output.open("wb")
            command = [str(KUGUAN), "up", "--data", str(self.data), "--port", str(port)]
            with output:
                self._process = subprocess.Popen(
                    [*command, *(["--demo"] if self._demo else [])],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=self.environment(),
                    start_new_session=True,
                )
            if self._becomes_ready():
                self.knew_at_once = not self._demo or self._knows_the_company()
                if self._demo:
                    eventually(self._knows_the_company, "the bot knows the demo company")
                return self
            port = 0
        raise AssertionError(f"kuguan up did not start:\n{self.printed()}")

    def stop(self) -> None:
        """Ask it to stop, as Ctrl-C does, and wait until every process has ended."""
        self._forget_connection()
        process, self._process = self._process, None
        if process is None:
            return
        pids = [*self.running()["processes"].values()] if (self.data / "run.json").exists() else []
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in [process.pid, *pids]:
                _end(pid)
            process.wait(STOP_SECONDS)
            raise AssertionError(f"kuguan up did not stop:\n{self.printed()}") from None

    def kill_everything(self) -> None:
        """kill -9 of `kuguan up` itself; its processes end with it."""
        self._forget_connection()
        process, self._process = self._process, None
        assert process is not None
        pids = list(self.running()["processes"].values())
        process.kill()
        process.wait(STOP_SECONDS)
        eventually(lambda: not any(map(_lives, pids)), "the processes end with the one that started them")

    def kill(self, part: str) -> int:
        """kill -9 of one process; answers with its id."""
        pid = self.process_id(part)
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_restarted(self, part: str, killed: int) -> None:
        """Wait until another process has taken the place of the killed one and is ready."""

        def another() -> bool:
            pid = self.process_id(part)
            return pid not in (0, killed) and _lives(pid)

        eventually(another, f"{part} is started again", seconds=90.0)

    def process_id(self, part: str) -> int:
        """The id of a part's process, as the system tells it."""
        return int(self.running()["processes"][part])

    def running(self) -> dict[str, Any]:
        """What the system tells about itself: addresses and process ids."""
        told: dict[str, Any] = json.loads((self.data / "run.json").read_bytes())
        return told

    @property
    def url(self) -> str:
        """Where the chat page is."""
        return str(self.running()["url"])

    @property
    def port(self) -> int:
        """The port of the chat page."""
        return int(self.url.rpartition(":")[2])

    @property
    def output(self) -> Path:
        """What `kuguan up` prints."""
        return self.data.with_name(f"{self.data.name}.output")

    def printed(self) -> str:
        """Everything `kuguan up` printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace") if self.output.exists() else ""

    # ------------------------------------------------------------ asking it

    def environment(self) -> dict[str, str]:
        """The environment in which the `kuguan` command finds this system and no other."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KUGUAN_")}
        return {**kept, **self._settings, "KUGUAN_DATA": str(self.data), "COLUMNS": "160", "NO_COLOR": "1"}

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `kuguan` with these words."""
        done = subprocess.run(
            [str(KUGUAN), *words],
            env=self.environment(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        assert not check or done.returncode == 0, f"kuguan {words}: {done.stdout}\n{done.stderr}"
        return done

    def person(self, name: str) -> Person:
        """Somebody's conversation with the bot."""
        return Person(name, self.url, self._secret("console"))

    def people(self, *names: str) -> list[Person]:
        """Several conversations."""
        return [self.person(name) for name in names]

    @property
    def connection(self) -> Connection:
        """Calls to the services with the rights of the command line."""
        if self._connection is None:
            addresses = self.running()["addresses"]
            self._connection = Connection("console", self._secret("console"), addresses.__getitem__)
        return self._connection

    def channel(self, service: str) -> grpc.Channel:
        """A channel of its own to a service; the caller closes it."""
        return grpc.insecure_channel(self.running()["addresses"][service], [("grpc.enable_http_proxy", 0)])

    def token(self, person: str) -> str:
        """A token with which a program acts as a person, got the way the bot gets it."""
        credential = access_pb2.ClientCredential(client="bot", secret=self._secret("bot"))
        asked = access_pb2.ExchangeIdentityRequest(
            credential=credential, platform="web", tenant="local", user_id=person
        )
        with self.channel("approvals") as channel:
            answer = access_pb2_grpc.AccessServiceStub(channel).ExchangeIdentity(asked, timeout=10)
        return str(answer.token.value)

    def stock(self, item: str, warehouse: str = "ZC") -> dict[str, Decimal]:
        """On hand, held, reserved and available of an item in a warehouse, in base units."""
        asked = stock_pb2.GetAvailabilityRequest(item=item, warehouse=warehouse)
        stub = self.connection.stub(stock_pb2_grpc.StockServiceStub, "stock")
        total = self.connection.call(stub.GetAvailability, asked).availability.total
        names = ("on_hand", "held", "reserved", "available")
        return {name: Decimal(getattr(total, name).value or "0") for name in names}

    def entries(self, document: str) -> list[stock_pb2.Entry]:
        """The ledger entries of a document, oldest first."""
        asked = stock_pb2.ListEntriesRequest(document=document, page_size=1000)
        stub = self.connection.stub(stock_pb2_grpc.StockServiceStub, "stock")
        return list(reversed(self.connection.call(stub.ListEntries, asked).entries))

    def moved(self, document: str) -> Decimal:
        """By how much a document changed the stock, over all its entries."""
        return sum((Decimal(entry.quantity.value) for entry in self.entries(document)), Decimal(0))

    def order(self, name: str) -> orders_pb2.Order:
        """An order as the service that owns it tells it."""
        stub = self.connection.stub(orders_pb2_grpc.OrderServiceStub, "orders")
        order: orders_pb2.Order = self.connection.call(
            stub.GetOrder, orders_pb2.GetOrderRequest(name=name)
        ).order
        return order

    def state(self, name: str) -> str:
        """The state of an order, such as FULFILLED."""
        return orders_pb2.OrderState.Name(self.order(name).state).removeprefix("ORDER_STATE_")

    def reaches(self, name: str, state: str) -> None:
        """Wait until an order is in a state."""
        eventually(lambda: self.state(name) == state, f"{name} becomes {state}")

    def orders_of(self, person: str) -> list[str]:
        """The names of all orders of a person, newest first."""
        asked = orders_pb2.ListOrdersRequest(page_size=1000, requester=person)
        stub = self.connection.stub(orders_pb2_grpc.OrderServiceStub, "orders")
        return [order.name for order in self.connection.call(stub.ListOrders, asked).orders]

    def verify(self) -> None:
        """Run `kuguan verify`; every invariant has to hold."""
        done = self.command("verify", "--data", str(self.data), "--json", check=False)
        broken = [row for row in json.loads(done.stdout)["checks"] if row["broken"]]
        assert (done.returncode, broken) == (0, []), done.stderr

    # ------------------------------------------------------------ inside

    def _becomes_ready(self) -> bool:
        """True when it runs; False when its port was taken meanwhile; fails for anything else."""
        process = self._process
        assert process is not None
        ends = monotonic() + START_SECONDS
        while monotonic() < ends:
            printed = self.printed()
            # The last line of what it prints when everything is at work.
            if "Ctrl-C" in printed:
                return True
            if process.poll() is not None:
                assert "is taken" in printed, f"kuguan up ended:\n{printed}"
                return False
            sleep(0.05)
        self.stop()
        raise AssertionError(f"kuguan up was not ready in {START_SECONDS} s:\n{self.printed()}")

    def _knows_the_company(self) -> bool:
        """Whether the bot knows the last person and the last item of the demo company."""
        try:
            told = self.person("admin").meaning("创可贴 库存")
        except Refused:
            return False
        return bool(told["expect"].get("items") == ["YP-001"])

    def _secret(self, client: str) -> str:
        return (self.data / "secrets" / f"{client}.secret").read_text(encoding="ascii").strip()

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.__exit__(None, None, None)
            self._connection = None


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _lives(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not fetched yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.split()[0] not in {"Z", "X"}


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
