"""How a service and its gate end: neither stays behind, and whoever looks after them learns why."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from kuguan.stock.v1 import items_pb2, items_pb2_grpc

from services.kit import testing
from services.kit.clients import connect
from services.kit.testing import Keys
from tests.service.kit.bus import Bus

SECONDS = 30.0
ENDED = ("", "Z")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel about processes")


@dataclass
class Stock:
    """A service as a process of its own, with its gate."""

    process: subprocess.Popen[bytes]
    address: str
    gate: int
    errors: Path

    def gate_has_ended(self) -> bool:
        """Whether there is no gate any more; nobody may have collected it yet."""
        return state(self.gate) in ENDED

    def told(self) -> str:
        """What it wrote to its log."""
        return self.errors.read_text()


def state(process: int) -> str:
    """The letter of the kernel for what a process does; empty where there is none."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return ""


def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never became true"
        time.sleep(0.02)


@contextmanager
def started(broker_url: str, folder: Path) -> Iterator[Stock]:
    """Stock behind a gate, in a group of its own; it is killed after the block."""
    environment = {
        **os.environ,
        "KUGUAN_DATA": str(folder),
        "KUGUAN_BROKER_URL": broker_url,
        "KUGUAN_LISTEN": "127.0.0.1:0",
        "KUGUAN_ACCESS_PUBLIC_KEYS_FILE": str(folder / "access-public.pem"),
        "KUGUAN_STOCK_GATE": "on",
    }
    said, errors = folder / "said", folder / "errors"
    with said.open("w") as output, errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.stock"],
            env=environment,
            stdout=output,
            stderr=log,
            start_new_session=True,
        )
    try:
        until(lambda: "ready stock " in said.read_text() or process.poll() is not None)
        assert process.poll() is None, errors.read_text()
        (gate,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Stock(process, said.read_text().split()[2], int(gate), errors)
    finally:
        process.kill()
        process.wait(SECONDS)


@pytest.fixture
async def stock(bus: Bus, tmp_path: Path) -> AsyncIterator[Stock]:
    """Stock at work behind a gate."""
    await testing.set_up_streams(bus.url, {"stock": ("kuguan.orders.v1",)})
    Keys.new().write(tmp_path)
    with started(bus.url, tmp_path) as made:
        yield made


async def is_answered(stock: Stock) -> bool:
    """Whether a call gets an answer: without a token it is a refusal."""
    async with connect(stock.address) as channel:
        stub: Any = items_pb2_grpc.ItemServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await stub.GetItem(items_pb2.GetItemRequest(code="x"), timeout=5)
    return error.value.code() is grpc.StatusCode.UNAUTHENTICATED


def port_is_free(stock: Stock) -> bool:
    """Whether somebody else can listen where the gate did."""
    host, _, port = stock.address.rpartition(":")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind((host, int(port)))
            other.listen()
        except OSError:
            return False
    return True


async def test_a_service_ends_when_its_gate_is_killed_and_says_why(stock: Stock) -> None:
    assert await is_answered(stock)
    os.kill(stock.gate, signal.SIGKILL)
    assert stock.process.wait(SECONDS) == 1
    assert "GateEnded(problem='exit code -9')" in stock.told()


async def test_a_gate_ends_with_its_service_and_does_not_wait_for_those_who_call(stock: Stock) -> None:
    async with connect(stock.address) as channel:
        stub: Any = items_pb2_grpc.ItemServiceStub(channel)
        # Stands still, so that the call is at work for certain.
        stock.process.send_signal(signal.SIGSTOP)
        call = asyncio.ensure_future(_failure(stub.GetItem(items_pb2.GetItemRequest(code="x"), timeout=60)))
        await asyncio.sleep(0.5)
        stock.process.kill()
        stock.process.wait(SECONDS)
        assert await call is grpc.StatusCode.UNAVAILABLE
        until(stock.gate_has_ended)
    until(lambda: port_is_free(stock))


async def test_a_gate_keeps_a_bounded_part_of_what_its_service_does_not_take(stock: Stock) -> None:
    async with connect(stock.address) as channel:
        stub: Any = items_pb2_grpc.ItemServiceStub(channel)
        request = items_pb2.GetItemRequest(code="x" * (4 * 1024 * 1024 - 100))
        stock.process.send_signal(signal.SIGSTOP)
        waiting = [asyncio.ensure_future(_failure(stub.GetItem(request, timeout=120))) for _ in range(24)]

        async def some_are_refused() -> bool:
            return sum(1 for call in waiting if call.done()) >= 4

        await testing.eventually(some_are_refused, SECONDS)
        assert not all(call.done() for call in waiting)
        stock.process.send_signal(signal.SIGCONT)
        codes = await asyncio.gather(*waiting)
        assert set(codes) == {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAUTHENTICATED}
    assert await is_answered(stock)


async def _failure(call: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call
    return error.value.code()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_both(stock: Stock, number: signal.Signals) -> None:
    stock.process.send_signal(number)
    assert stock.process.wait(SECONDS) == 0
    assert stock.gate_has_ended()
    assert "error" not in stock.told()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_for_all_processes_ends_both_in_order(stock: Stock, number: signal.Signals) -> None:
    os.kill(stock.gate, number)
    assert await is_answered(stock), "a gate ends with its service and not before"
    os.kill(stock.gate, number)
    os.killpg(stock.process.pid, number)
    assert stock.process.wait(SECONDS) == 0
    assert stock.gate_has_ended()
    assert "error" not in stock.told()


def test_a_gate_whose_service_went_before_it_said_anything_ends() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        gate = subprocess.Popen(
            [sys.executable, "-m", "services.kit.gate", str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stderr=subprocess.PIPE,
            text=True,
        )
    ours.close()
    _, errors = gate.communicate(timeout=SECONDS)
    assert (gate.returncode, errors) == (0, "")
