"""A real broker with a neighbour whose events a test writes by hand, and a look at what the broker holds."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import nats
from kuguan.stock.v1.events_pb2 import WarehouseCreated
from kuguan.stock.v1.warehouses_pb2 import Warehouse
from nats.aio.client import Client

from services.kit import testing
from services.kit.changes import Transaction
from services.kit.ending import ended
from services.kit.events import DEAD_STREAM, STREAM, Announcement, Broker
from services.kit.inbox import Inbox, Reaction
from services.kit.outbox import Relay
from services.kit.writing import Writer
from tests.service.kit.shelf import THINGS, Shelf

HEARS = ("kuguan.stock.v1",)
TYPE = "kuguan.stock.v1.WarehouseCreated"
_numbers = count(1)


def told(code: str, sequence: int, aggregate: str = "shelf", **changes: Any) -> Announcement:
    """An event of the neighbour: a thing with a code was made."""
    event = WarehouseCreated(warehouse=Warehouse(code=code))
    values: dict[str, Any] = {
        "row": 0,
        "event_id": f"event-{next(_numbers)}",
        "event_type": TYPE,
        "aggregate": aggregate,
        "aggregate_sequence": sequence,
        "payload": event.SerializeToString(),
        "trace": "",
        "time": datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
    }
    return Announcement(**{**values, **changes})


class Bus:
    """A broker, and a connection to it that may do everything."""

    def __init__(self, broker: testing.TestBroker, folder: Path) -> None:
        self.url = broker.url
        self._process = broker.process
        self._folder = folder
        self._again: subprocess.Popen[bytes] | None = None
        self.connection: Client = Client()
        self._last_stored = 0

    async def open(self) -> None:
        await testing.set_up_streams(self.url, {"shelf": HEARS})
        self.connection = await nats.connect(self.url)

    async def close(self) -> None:
        await self.connection.close()
        if self._again is not None:
            self._again.terminate()
            self._again.wait(10)

    def stop(self) -> None:
        """The broker goes away, its store stays."""
        process = self._again or self._process
        process.kill()
        process.wait(10)

    async def start_again(self) -> None:
        """The broker comes back at the same place with the same store."""
        self._start_process()

        async def there() -> bool:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(*self.url.removeprefix("nats://").split(":"))
                writer.close()
                return True
            return False

        await testing.eventually(there)

    def _start_process(self) -> None:
        config = self._folder / "broker.conf"
        fixed = config.read_text().replace('"127.0.0.1:-1"', f'"{self.url.removeprefix("nats://")}"')
        config.write_text(fixed)
        program = str(self._process.args[0])  # type: ignore[index]
        with (self._folder / "again.log").open("wb") as log:
            self._again = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)

    async def tell(self, *events: Announcement) -> None:
        """Send events one by one, each stored when this returns."""
        for event in events:
            await self.raw(event.subject, event.payload, event.headers())

    async def raw(self, subject: str, payload: bytes, headers: Mapping[str, str]) -> None:
        """Send whatever somebody with the key of a service could send."""
        stream = self.connection.jetstream()
        stored = await stream.publish(subject, payload, headers=dict(headers))
        self._last_stored = max(self._last_stored, stored.seq)

    async def stored(self, stream: str = STREAM) -> list[dict[str, str]]:
        """The headers of every message of a stream, in its order."""
        context = self.connection.jetstream()
        state = (await context.stream_info(stream)).state
        messages = [
            await context.get_msg(stream, number)
            for number in range(state.first_seq, state.last_seq + 1 if state.messages else 0)
        ]
        return [dict(message.headers or {}) for message in messages]

    async def dead(self) -> list[dict[str, str]]:
        """The headers of every dead letter."""
        return await self.stored(DEAD_STREAM)

    async def settled(self) -> bool:
        """Whether the hearer has answered everything for good."""
        info = await self.connection.jetstream().consumer_info(STREAM, "shelf")
        # The broker counts what is pending a moment after it said that it has stored an event.
        there = info.delivered.stream_seq if info.delivered else 0
        return there >= self._last_stored and not (info.num_pending or info.num_ack_pending)


class Neighbours:
    """The relay and the inbox of a shelf at work on a broker, to start and stop at will."""

    def __init__(self, shelf: Shelf, bus: Bus) -> None:
        self._shelf = shelf
        self._bus = bus
        self._tasks: list[asyncio.Task[None]] = []
        self._brokers: list[Broker] = []
        self.failing: set[str] = set()
        self.tries: list[str] = []

    async def hear(self, writer: Writer) -> asyncio.Task[None]:
        """Start to hear events; a thing made next door is made here too."""
        inbox = Inbox(self._shelf.database, await self._connect(), writer, self.reactions())
        return self._start(inbox.run)

    def reactions(self) -> Mapping[str, Reaction]:
        """Each event writes and announces something before it may fail."""
        return {TYPE: self._react}

    def _react(self, tx: Transaction, event: Any) -> None:
        code = event.warehouse.code
        self.tries.append(code)
        tx.connection.execute(THINGS.insert(), {"code": code, "owner": tx.caller.name})
        tx.publish(event, "heard")
        if code in self.failing:
            raise ValueError(f"cannot take {code}")

    async def relay(self, writer: Writer) -> asyncio.Task[None]:
        """Start to send what is in the outbox."""
        relay = Relay(self._shelf.database, await self._connect(), writer, self._shelf.reader)
        return self._start(relay.run)

    async def stop(self) -> None:
        await ended(self._tasks)
        self._tasks.clear()
        for broker in self._brokers:
            await broker.close()
        self._brokers.clear()

    async def _connect(self) -> Broker:
        broker = Broker("shelf", self._bus.url, None)
        await broker.connect()
        self._brokers.append(broker)
        return broker

    def _start(self, run: Callable[[], Any]) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.ensure_future(run())
        self._tasks.append(task)
        return task


def codes(events: Sequence[tuple[str, int]]) -> list[str]:
    """The codes of events in their order."""
    return [code for code, _ in events]
