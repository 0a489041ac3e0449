"""The broker: streams, consumers and the connection through which events are sent and heard."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from services.kit import telemetry
from services.kit.errors import KuguanError
from services.kit.ids import new_id
from services.kit.nats_library import (
    Client,
    Connection,
    JetStreamContext,
    Msg,
    NatsError,
    headers_in_words,
)
from services.kit.tls import Tls

log = structlog.get_logger("kuguan.events")

STREAM = "KUGUAN"
DEAD_STREAM = "KUGUAN_DEAD"
PUBLISH_SECONDS = 5.0
PULL_SECONDS = 5.0
PULL_BATCH = 64
# Short, because what a killed process had fetched waits so long; longer work says that it goes on.
ACK_SECONDS = 5
MAXIMUM_EVENT_BYTES = 256 * 1024
# What is left for the payload: the broker counts the attributes in the headers too.
MAXIMUM_PAYLOAD_BYTES = MAXIMUM_EVENT_BYTES - 4096
_DAY = 24 * 3600 * 1_000_000_000
_MAXIMUM_STREAM_BYTES = 4 * 1024**3
_HELD_ID_IN_BATCH = 10201
# JetStream is there and cannot answer yet, such as while it starts or chooses a leader.
_NOT_NOW = 503
_PULL_LEFT = "Nats-Pending-Messages"


@dataclass(eq=False)
class BrokerDown(KuguanError):
    """The broker did not take or give events; they stay where they are until it does."""

    kind = "unreachable"
    problem: str


class StreamDiffers(KuguanError):
    """The stream is not set up as this version needs it."""

    kind = "rule_broken"

    def __init__(self, differences: dict[str, Any]) -> None:
        super().__init__(str(differences))
        self._differences = {name: str(value) for name, value in differences.items()}

    @property
    def facts(self) -> dict[str, str]:
        """Setting by setting: what is there."""
        return self._differences


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event on its way to the broker: CloudEvents attributes and the protobuf payload."""

    row: int
    event_id: str
    event_type: str
    aggregate: str
    aggregate_sequence: int
    payload: bytes
    trace: str
    time: datetime
    generation: int = 0

    @property
    def subject(self) -> str:
        """The event's name and its aggregate, so that streams can be partitioned later."""
        return f"{self.event_type}.{self.aggregate}"

    def headers(self) -> dict[str, str]:
        """CloudEvents in binary mode."""
        headers = {
            "ce-specversion": "1.0",
            "ce-id": self.event_id,
            "ce-type": self.event_type,
            "ce-source": self.event_type.rpartition(".")[0],
            "ce-subject": self.aggregate,
            "ce-sequence": str(self.aggregate_sequence),
            "ce-time": self.time.isoformat(),
            "content-type": "application/protobuf",
            # Sent again on purpose it is a new message for the broker, the same event for its hearers.
            "Nats-Msg-Id": f"{self.event_id}-{self.generation}" if self.generation else self.event_id,
        }
        if self.trace:
            headers["traceparent"] = self.trace
        return headers


def stream_settings(name: str, subjects: Sequence[str]) -> dict[str, Any]:
    """How a stream must be set up (reference: durable, limits, never forgetting what it acknowledged)."""
    return {
        "name": name,
        "subjects": list(subjects),
        "storage": "file",
        "retention": "limits",
        "discard": "new",
        "max_bytes": _MAXIMUM_STREAM_BYTES if name == STREAM else _MAXIMUM_STREAM_BYTES // 8,
        "max_age": 30 * _DAY,
        "duplicate_window": 600 * 1_000_000_000,
        "max_msg_size": MAXIMUM_EVENT_BYTES,
        "num_replicas": 1,
        "deny_delete": True,
        "deny_purge": True,
        "allow_atomic": True,
    }


def consumer_settings(service: str, hears: Sequence[str]) -> dict[str, Any]:
    """The durable pull consumer of a service: all events of the packages it hears."""
    return {
        "durable_name": service,
        "filter_subjects": [f"{package}.>" for package in hears],
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": ACK_SECONDS * 1_000_000_000,
        "max_deliver": -1,
        "max_ack_pending": 256,
    }


async def ensure_streams(connection: Client, hears: Mapping[str, Sequence[str]], replicas: int = 1) -> None:
    """Make the streams and consumers with the deployer's key, or compare what is there."""
    wanted = [
        stream_settings(STREAM, ["kuguan.*.v1.>"]) | {"num_replicas": replicas},
        stream_settings(DEAD_STREAM, ["dead.>"]) | {"num_replicas": replicas},
    ]
    for settings in wanted:
        info = await _api(connection, f"STREAM.INFO.{settings['name']}", {})
        if "error" in info:
            made = await _api(connection, f"STREAM.CREATE.{settings['name']}", settings)
            _refuse_error(made)
        else:
            _compare(settings, info["config"])
    for service, packages in hears.items():
        if packages:
            config = consumer_settings(service, packages)
            body = {"stream_name": STREAM, "config": config}
            _refuse_error(await _api(connection, f"CONSUMER.DURABLE.CREATE.{STREAM}.{service}", body))


async def events_waiting(connection: Client, service: str) -> int:
    """How many events a service has not yet heard or not yet answered for."""
    info = await _api(connection, f"CONSUMER.INFO.{STREAM}.{service}", {})
    _refuse_error(info)
    return int(info["num_pending"]) + int(info["num_ack_pending"])


async def _api(connection: Client, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    try:
        reply = await connection.request(
            f"$JS.API.{path}", json.dumps(body).encode(), timeout=PUBLISH_SECONDS
        )
    except (NatsError, TimeoutError) as error:
        raise BrokerDown(path) from error
    answer = json.loads(reply.data)
    assert isinstance(answer, dict)
    if "error" in answer and answer["error"].get("code") == _NOT_NOW:
        raise BrokerDown(f"{path}: {answer['error'].get('description', '')}")
    return answer


def _refuse_error(answer: Mapping[str, Any]) -> None:
    if "error" in answer:
        raise StreamDiffers({"error": answer["error"].get("description", "unknown")})


def _compare(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    # How many replicas there are is the deployer's choice, everything else is not.
    differences = {
        name: found.get(name)
        for name, value in wanted.items()
        if name != "num_replicas" and found.get(name) != value
    }
    if differences:
        raise StreamDiffers(differences)


class Broker:
    """A service's connection to the broker."""

    def __init__(self, service: str, url: str, seed: str | None, tls: Tls | None = None) -> None:
        self._service = service
        self._url = url
        self._seed = seed
        self._tls = tls
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.connection = Connection()
        self.stream: JetStreamContext | None = None
        self._pull: Pull | None = None

    async def connect(self) -> None:
        """Connect and check that the stream is as it must be; afterwards reconnect for ever."""
        self.connection = Connection()
        try:
            await self._open()
            info = await _api(self.connection, f"STREAM.INFO.{STREAM}", {})
            _refuse_error(info)
            _compare(stream_settings(STREAM, ["kuguan.*.v1.>"]), info["config"])
        except BaseException:
            # It would go on beside the connection of the next try.
            await self.connection.close()
            raise
        self.stream = self.connection.jetstream(timeout=PUBLISH_SECONDS)
        telemetry.BROKER_CONNECTED.labels(self._service).set(1)

    async def _open(self) -> None:
        try:
            await self.connection.connect(
                self._url,
                name=f"kuguan-{self._service}",
                nkeys_seed_str=self._seed,
                tls=None if self._tls is None else self._tls.for_broker(),
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                ping_interval=10,
                max_outstanding_pings=2,
                pending_size=0,
                inbox_prefix=f"_INBOX_{self._service}".encode(),
                error_cb=self._on_error,
                disconnected_cb=self._on_disconnect,
                reconnected_cb=self._on_reconnect,
                closed_cb=self._on_close,
            )
        except (NatsError, OSError, TimeoutError) as error:
            raise BrokerDown(str(error)) from error

    async def close(self) -> None:
        """Close the connection for good."""
        if self.connection.is_connected or self.connection.is_reconnecting:
            await self.connection.close()

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there now."""
        return bool(self.connection.is_connected)

    async def pending(self) -> int:
        """How many events the broker has for this service that are not answered. Raises BrokerDown."""
        info = await _api(self.connection, f"CONSUMER.INFO.{STREAM}.{self._service}", {})
        _refuse_error(info)
        return int(info["num_pending"]) + int(info["num_ack_pending"])

    async def publish(self, events: Sequence[Announcement]) -> None:
        """Send events in order; returns when the broker has all of them on disk. Raises BrokerDown."""
        try:
            if len(events) == 1 or not await self._publish_batch(events):
                for event in events:
                    await self._publish_one(event)
        except (NatsError, TimeoutError, OSError) as error:
            raise BrokerDown(repr(error)) from error

    async def _publish_one(self, event: Announcement) -> None:
        assert self.stream is not None
        # A repeat of an event the broker has is acknowledged as a duplicate.
        await self.stream.publish(
            event.subject, event.payload, timeout=PUBLISH_SECONDS, stream=STREAM, headers=event.headers()
        )

    async def _publish_batch(self, events: Sequence[Announcement]) -> bool:
        """One atomic batch with one acknowledgement; False if it was refused and nothing is stored."""
        batch = new_id()
        *first, last = [
            (event, event.headers() | {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)})
            for number, event in enumerate(events, 1)
        ]
        await self.connection.publish_many(
            (event.subject, headers_in_words(headers.items()), event.payload) for event, headers in first
        )
        event, headers = last
        reply = await self.connection.request(
            event.subject,
            event.payload,
            timeout=PUBLISH_SECONDS,
            headers=headers | {"Nats-Batch-Commit": "1"},
        )
        answer = json.loads(reply.data)
        if "error" not in answer:
            if answer.get("count") != len(events):
                raise BrokerDown(f"{len(events)} events were sent as a batch, stored were {answer}")
            return True
        if answer["error"].get("err_code") != _HELD_ID_IN_BATCH:
            log.warning("batch refused, sending one by one", service=self._service, error=answer["error"])
        return False

    async def publish_dead(self, event_type: str, payload: bytes, headers: Mapping[str, str]) -> None:
        """Copy a parked event to the dead-letter stream, for whoever looks after the system."""
        assert self.stream is not None
        # The broker's own headers were about how the event was sent: as part of a batch it would never end.
        clean = {name: value for name, value in headers.items() if not name.startswith("Nats-")}
        subject = f"dead.{self._service}.{event_type}"
        try:
            await self.stream.publish(
                subject, payload, timeout=PUBLISH_SECONDS, stream=DEAD_STREAM, headers=clean
            )
        except (NatsError, TimeoutError, OSError) as error:
            raise BrokerDown(repr(error)) from error

    async def subscription(self) -> Pull:
        """Pulls from this service's durable consumer."""
        inbox = self.connection.new_inbox()
        self._pull = Pull(self.connection, self._service, inbox)
        await self.connection.subscribe(inbox, cb=self._pull.arrived)
        return self._pull

    async def _on_error(self, error: Exception) -> None:
        log.warning("broker error", service=self._service, error=repr(error))

    async def _on_disconnect(self) -> None:
        telemetry.BROKER_CONNECTED.labels(self._service).set(0)
        log.warning("broker disconnected", service=self._service)

    async def _on_reconnect(self) -> None:
        telemetry.BROKER_CONNECTED.labels(self._service).set(1)
        log.info("broker connected again", service=self._service)
        if self._pull is not None:
            await self._pull.ask_again()

    async def _on_close(self) -> None:
        # One that never was in use is closed for another try.
        if self.stream is not None and not self.closed.done():
            self.closed.set_result(None)


class Pull:
    """Events of a durable consumer as they come: a pull request is always open.

    The client library's own fetch asks anew for each batch and can hold an event back until the next one
    comes; people in a chat would wait with it.
    """

    def __init__(self, connection: Client, service: str, inbox: str) -> None:
        self._connection = connection
        self._request = f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{service}"
        self._inbox = inbox
        self._events: deque[Msg] = deque()
        self._news = asyncio.Event()
        self._open = 0
        self._ends = 0.0

    async def next_events(self) -> list[Msg]:
        """What has arrived, at most a batch; empty after a quiet while. Raises BrokerDown."""
        # Asked for before the last is used up: while a batch is applied the next one is on its way.
        if self._open <= PULL_BATCH // 2 or time.monotonic() > self._ends:
            try:
                await self.ask()
            except (NatsError, OSError) as error:
                raise BrokerDown(repr(error)) from error
        if not self._events:
            self._news.clear()
            try:
                # Not wait_for, which can swallow a cancellation, and makes a task each time.
                async with asyncio.timeout(PULL_SECONDS + 1):
                    await self._news.wait()
            except TimeoutError:
                self._open = 0
        return [self._events.popleft() for _ in range(min(len(self._events), PULL_BATCH))]

    async def ask(self) -> None:
        """Open a pull request; more than one do no harm."""
        body = {"batch": PULL_BATCH, "expires": int(PULL_SECONDS * 1_000_000_000)}
        await self._connection.publish(self._request, json.dumps(body).encode(), reply=self._inbox)
        self._open = max(self._open, 0) + PULL_BATCH
        self._ends = time.monotonic() + PULL_SECONDS

    async def ask_again(self) -> None:
        """A broker that restarted knows of no open request; without a new one we are deaf for seconds."""
        self._open = 0
        await self.ask()

    async def arrived(self, message: Msg) -> None:
        """Take an event in; anything else tells that a pull request has ended, with what was left of it."""
        if message.reply:
            self._open -= 1
            self._events.append(message)
        else:
            left = (message.headers or {}).get(_PULL_LEFT, "")
            self._open -= int(left) if left.isdecimal() else self._open
        self._news.set()
