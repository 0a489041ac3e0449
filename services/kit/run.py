"""Runs services in one process: database, writer, relay, inbox, gRPC, timers, until a signal or a fault."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health
from grpc_reflection.v1alpha import reflection

from services.kit import inbox, observe, outbox, telemetry
from services.kit.access import Verifier
from services.kit.collecting import collect_seldom
from services.kit.database import Database
from services.kit.ending import ended
from services.kit.errors import KuguanError
from services.kit.events import Broker, BrokerDown
from services.kit.gatehouse import Gatehouse
from services.kit.health import Vitals, serve
from services.kit.inbox import Inbox
from services.kit.listening import OPTIONS, bind
from services.kit.outbox import Relay
from services.kit.reading import Reader
from services.kit.rpc import Border, Unguarded, permissions_of
from services.kit.service import Api, Runtime, Service, Timer
from services.kit.settings import SettingInvalid, Settings
from services.kit.tls import Tls
from services.kit.writing import Limits, Writer

log = structlog.get_logger("kuguan.run")

KIT_MIGRATIONS = Path(__file__).parent / "migrations"
GRACE_SECONDS = 3.0
BROKER_WAIT_SECONDS = 60.0
_PRUNE_SECONDS = 600.0
# What a busy day writes is more than one batch each time.
_PRUNING = (
    Timer(
        "prune outbox", _PRUNE_SECONDS, lambda tx: outbox.prune(tx.connection, tx.now), outbox.PRUNE_AT_ONCE
    ),
    Timer("prune inbox", _PRUNE_SECONDS, lambda tx: inbox.prune(tx.connection, tx.now), inbox.PRUNE_AT_ONCE),
)
# Its gate works on the next calls while the writer decides on these.
_ENOUGH_WITH_GATE = 0.4


Server = grpc.aio.Server | Gatehouse


@dataclass
class Running:
    """A service at work; ``address`` is where its gRPC listens."""

    service: Service
    runtime: Runtime
    broker: Broker
    server: Server | None
    address: str
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    vitals: Vitals | None = None
    watched: Any = None

    async def stop(self) -> None:
        """Take no more calls, finish what was accepted, then close."""
        if self.service.at_stop is not None:
            await self.service.at_stop()
        if self.server is not None:
            await self.server.stop(GRACE_SECONDS)
        if self.watched is not None:
            await self.watched.cleanup()
        await ended(self.tasks)
        await self.runtime.writer.stop()
        self.runtime.reader.stop()
        await self.broker.close()
        self.runtime.database.dispose()


async def start(service: Service, settings: Settings) -> Running:
    """Bring a service up; it is ready when this returns."""
    database = Database(settings.database_url, service.name)
    migrations = {"kit": KIT_MIGRATIONS, service.name: service.migrations}
    database.migrate(migrations)
    tls = Tls.of(settings)
    broker = Broker(service.name, settings.broker_url, _seed(settings), tls)
    await _connect(broker)
    loop = asyncio.get_running_loop()
    reader = Reader(database)
    relays: list[Relay] = []

    def wake() -> None:
        for relay in relays:
            loop.call_soon_threadsafe(relay.wake)

    limits = Limits(enough=_ENOUGH_WITH_GATE) if settings.flag("GATE") else Limits()
    writer = Writer(database, loop, limits=limits, on_events=wake)
    runtime = Runtime(settings, database, writer, reader)
    if service.at_start is not None:
        await service.at_start(runtime)
    server, address = await _serve(service.apis(runtime), settings, tls)
    running = Running(service, runtime, broker, server, address)
    relays.append(Relay(database, broker, writer, reader))
    running.vitals = Vitals(service, runtime, broker, migrations)
    jobs = [relays[0].run, _closed(broker), *running.vitals.jobs()]
    if isinstance(server, Gatehouse):
        jobs.append(server.watch)
    if service.hears:
        jobs.append(Inbox(database, broker, writer, service.reactions).run)
    jobs.extend(_on_timer(runtime, timer) for timer in (*service.timers, *_PRUNING))
    jobs.extend(service.background(runtime))
    running.tasks = [asyncio.ensure_future(_named(job)) for job in jobs]
    if listen := settings.get("METRICS_LISTEN"):
        names = frozenset(settings.get("METRICS_HOSTS").lower().replace(",", " ").split())
        running.watched = await serve(running.vitals, listen, names)
    return running


async def _named(job: Callable[[], Awaitable[None]]) -> None:
    await job()


def _seed(settings: Settings) -> str | None:
    seed = settings.broker_seed
    return None if seed is None else seed.value


async def _connect(broker: Broker) -> None:
    """Wait a bounded time for the broker: it may still be starting."""
    ends = asyncio.get_running_loop().time() + BROKER_WAIT_SECONDS
    while True:
        try:
            return await broker.connect()
        except BrokerDown:
            if asyncio.get_running_loop().time() > ends:
                raise
            await asyncio.sleep(0.2)


async def _serve(apis: Sequence[Api], settings: Settings, tls: Tls | None) -> tuple[Server | None, str]:
    """Offer gRPC services, in this process or, with KUGUAN_GATE, through a gate; returns where."""
    if not apis:
        return None, ""
    names = [_service_name(api) for api in apis]
    server = Gatehouse() if settings.flag("GATE") else grpc.aio.server(options=list(OPTIONS))
    border = Border(server, Verifier(settings.public_keys), permissions_of(names))
    for api in apis:
        api.add_to_server(api.servicer, border)
    servicer = health.HealthServicer()
    # It crosses to a gate like the others: what tells that a service is well is the service itself.
    unguarded: Any = Unguarded(server)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, unguarded)
    if isinstance(server, Gatehouse):
        port = await server.open(settings, tls)
    else:
        port = await _listen(server, names, settings, tls)
    for name in ["", *names]:
        await servicer.set(name, health_pb2.HealthCheckResponse.SERVING)
    return server, f"{settings.listen.rpartition(':')[0]}:{port}"


async def _listen(server: grpc.aio.Server, names: Sequence[str], settings: Settings, tls: Tls | None) -> int:
    if settings.flag("REFLECTION"):
        reflection.enable_server_reflection([*names, reflection.SERVICE_NAME], server)
    port = bind(server, settings.listen, tls.for_server() if tls else None)
    if port is None:
        raise SettingInvalid("KUGUAN_LISTEN", settings.listen, "the port is taken or the address is wrong")
    await server.start()
    return port


def _service_name(api: Api) -> str:
    """The full name of a gRPC service, taken from what its generated code registers."""
    found: list[str] = []

    class Recorder:
        def add_generic_rpc_handlers(self, handlers: Sequence[Any]) -> None:
            found.extend(handler.service_name() for handler in handlers)

        def add_registered_method_handlers(self, name: str, handlers: Any) -> None:
            found.append(name)

    api.add_to_server(api.servicer, Recorder())
    return found[0]


def _on_timer(runtime: Runtime, timer: Timer) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        while True:
            await asyncio.sleep(timer.every_seconds)
            try:
                while await runtime.writer.act(timer.command) >= timer.full:
                    pass
            except KuguanError as error:
                log.warning("timer failed", timer=timer.name, error=repr(error))
            except Exception:
                # One row that a timer cannot digest must not end the service at every start.
                log.exception("timer failed", timer=timer.name)

    return run


def _closed(broker: Broker) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await broker.closed
        raise BrokerDown("the connection was closed for good")

    return run


async def _unless(asked: asyncio.Event, starting: Coroutine[Any, Any, Running]) -> Running | None:
    """Start, or nothing if a signal asks to stop first: a start may wait long for a broker that is away."""
    task = asyncio.ensure_future(starting)
    stop = asyncio.ensure_future(asked.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if task.done():
        return task.result()
    await ended([task])
    return None


async def _run(services: Sequence[Service]) -> int:
    """Run until a signal asks to stop, or one part fails: half a system is worse than none."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    running: list[Running] = []
    code = 0
    try:
        for service in services:
            started = await _unless(asked, start(service, Settings.of(service.name)))
            if started is None:
                return code
            running.append(started)
            print(f"ready {service.name} {running[-1].address}", flush=True)
        stop = asyncio.ensure_future(asked.wait())
        tasks = [task for one in running for task in one.tasks]
        await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done() and not task.cancelled():
                code = 1
                log.error("a part failed, stopping", error=repr(task.exception()))
        stop.cancel()
    except KuguanError as error:
        log.error("cannot start", reason=error.reason, **error.facts)
        print(f"cannot start: {error}", file=sys.stderr, flush=True)
        code = 1
    finally:
        for one in reversed(running):
            with suppress(Exception):
                await asyncio.wait_for(one.stop(), GRACE_SECONDS + 5)
    return code


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, so that no half system stays behind."""
    if sys.platform == "linux":
        ctypes.CDLL("libc.so.6", use_errno=True).prctl(1, signal.SIGTERM)
        if os.getppid() == 1:
            sys.exit(1)


def run(services: Sequence[Service]) -> None:
    """Run services in this process and exit with 1 if one of them failed."""
    first = Settings.of(services[0].name)
    if first.flag("DIE_WITH_PARENT"):
        die_with_parent()
    process = "+".join(service.name for service in services)
    telemetry.set_up_logging(process, first.get("LOG_LEVEL", "info"))
    observe.begin(process, first.get("OTLP_ENDPOINT"))
    import uvloop

    collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        code = runner.run(_run(services))
    observe.end()
    sys.exit(code)
