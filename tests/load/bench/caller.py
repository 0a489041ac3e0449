"""The caller: a process of its own that keeps so many calls in flight and tells what came of them.

It reads what to do as JSON from standard input and prints what it measured as JSON. Requests are made and
serialised before the clock starts, so that it has little to do but call.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import grpc
import uvloop

from services.kit.run import die_with_parent
from tests.load.bench.calls import kind_of_call
from tests.load.bench.children import processor_seconds

_OPTIONS = [
    ("grpc.max_receive_message_length", 8 * 1024 * 1024),
    ("grpc.max_send_message_length", 8 * 1024 * 1024),
    ("grpc.enable_http_proxy", 0),
]
_DEADLINE_SECONDS = 30.0
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Task:
    """What to call: a kind of call, how many in flight, for how long, at most how many requests."""

    address: str
    kind: str
    in_flight: int
    seconds: float
    prefix: str
    token: str = ""
    items: int = 1
    most: int = 100_000
    server: int = 0
    warm_up_seconds: float = 0.7


@dataclass(frozen=True)
class Measured:
    """What came of it: calls answered in the measured time, refusals in all, times in milliseconds.

    The processor seconds are those of the called process and of this one during the measured time.
    """

    calls: int
    refused: dict[str, int]
    seconds: float
    p50: float
    p99: float
    server_seconds: float
    caller_seconds: float

    @property
    def rate(self) -> float:
        """Calls answered each second."""
        return self.calls / self.seconds

    @property
    def server_busy(self) -> float:
        """The part of one processor that the called process used."""
        return self.server_seconds / self.seconds

    @property
    def caller_busy(self) -> float:
        """The part of one processor that the calling process used."""
        return self.caller_seconds / self.seconds

    @property
    def server_microseconds(self) -> float:
        """Processor time of the called process for each call."""
        return self.server_seconds / max(1, self.calls) * 1e6


def call(task: Task) -> Measured:
    """Let a process of its own do it; refusals of any call are an error of the measurement."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.load.bench.caller"],
        input=json.dumps(asdict(task)).encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=_PATIENCE_SECONDS,
    )
    measured = Measured(**json.loads(done.stdout))
    assert not measured.refused, f"{task.kind}: refused {measured.refused}"
    assert measured.calls, f"{task.kind}: nothing was answered"
    return measured


class Calling:
    """One task at work."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._method, payload = kind_of_call(task.kind, task.prefix, task.items)
        self._payloads: Iterator[bytes] = iter([payload(number) for number in range(task.most)])
        self._metadata = (("authorization", f"Bearer {task.token}"),) if task.token else ()
        self._refused: Counter[str] = Counter()
        self._answered: list[tuple[float, float]] = []
        self._ends = 0.0

    async def run(self) -> Measured:
        """Call until the time is over or the requests are used up."""
        task = self._task
        async with grpc.aio.insecure_channel(task.address, options=_OPTIONS) as channel:
            await asyncio.wait_for(channel.channel_ready(), _DEADLINE_SECONDS)
            method: Any = channel.unary_unary(self._method)
            begins = time.perf_counter() + task.warm_up_seconds
            self._ends = begins + task.seconds
            workers = [asyncio.ensure_future(self._work(method)) for _ in range(task.in_flight)]
            await asyncio.sleep(task.warm_up_seconds)
            before = self._used()
            await asyncio.wait(workers, timeout=task.seconds)
            over = time.perf_counter()
            after = self._used()
            await asyncio.gather(*workers)
        times = sorted(took for at, took in self._answered if begins <= at <= over)
        return Measured(
            calls=len(times),
            refused=dict(self._refused),
            seconds=over - begins,
            p50=_part(times, 0.50),
            p99=_part(times, 0.99),
            server_seconds=after[0] - before[0],
            caller_seconds=after[1] - before[1],
        )

    async def _work(self, method: Any) -> None:
        for payload in self._payloads:
            began = time.perf_counter()
            if began >= self._ends:
                return
            try:
                await method(payload, metadata=self._metadata, timeout=_DEADLINE_SECONDS)
            except grpc.aio.AioRpcError as error:
                self._refused[f"{error.code().name} {error.details()}"] += 1
                continue
            now = time.perf_counter()
            self._answered.append((now, (now - began) * 1000))

    def _used(self) -> tuple[float, float]:
        server = processor_seconds(self._task.server) if self._task.server else 0.0
        return server, time.process_time()


def _part(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


if __name__ == "__main__":
    die_with_parent()
    calling = Calling(Task(**json.load(sys.stdin)))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(asdict(runner.run(calling.run()))))
