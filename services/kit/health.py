"""How a service is: what it measures about itself, when it takes no more changes, and the port that tells."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.exc import SQLAlchemyError

from services.kit import audit, inbox, outbox, telemetry
from services.kit.changes import Transaction
from services.kit.database import last_step
from services.kit.errors import KuguanError
from services.kit.events import Broker
from services.kit.service import Runtime, Service
from services.kit.settings import SettingInvalid
from services.kit.tables import ATTEMPTS
from services.kit.verify import findings

if TYPE_CHECKING:
    from aiohttp import web

log = structlog.get_logger("kuguan.health")

PULSE_SECONDS = 1.0
MEASURE_SECONDS = 10.0
VERIFY_SECONDS = 300.0
# Rows of the audit chain for each time: a second of one thread, and far more than come in between.
VERIFY_ROWS = 50_000
# A service that just started has better things to do than to look through its whole ledger.
FIRST_VERIFY_SECONDS = 30.0
LIVE_LAG_SECONDS = 5.0
READY_AGE_SECONDS = 60.0
READY_WRITE_SECONDS = 3.0
# Whoever asks more often gets the last answer: asking must not be a way to keep the writer busy.
READY_KEPT_SECONDS = 1.0
OUTBOX_ROWS = 100_000
OUTBOX_AGE_SECONDS = 24 * 3600.0
LAST_BACKUP = "last-backup"
"""A file beside the database, touched after each whole backup."""
DEFAULT_FREE_MEGABYTES = 500
DEFAULT_FREE_PERCENT = 5
_PROBE = "kuguan-ready"


class Vitals:
    """Watches a running service, and closes its door for changes before they would do harm."""

    def __init__(
        self, service: Service, runtime: Runtime, broker: Broker, migrations: Mapping[str, Path]
    ) -> None:
        settings = runtime.settings
        self._service = service
        self._name = service.name
        self._runtime = runtime
        self._broker = broker
        self._steps = {name: last_step(folder) for name, folder in migrations.items()}
        megabytes = settings.number("DISK_FREE_MEGABYTES", DEFAULT_FREE_MEGABYTES, 0, 1_000_000_000)
        self._least_bytes = megabytes * 1_000_000
        self._least_percent = settings.number("DISK_FREE_PERCENT", DEFAULT_FREE_PERCENT, 0, 90)
        self._chain = audit.Walk(VERIFY_ROWS)
        self._last_pulse = time.monotonic()
        self._oldest_age = 0.0
        self._asked = float("-inf")
        self._problems: list[str] = []

    def jobs(self) -> list[Callable[[], Awaitable[None]]]:
        """What runs for as long as the service does; the checks only where somebody looks at them."""
        always: list[Callable[[], Awaitable[None]]] = [self._beat, self._measure]
        return [*always, self._verify] if self._runtime.settings.get("METRICS_LISTEN") else always

    # ------------------------------------------------------------ measuring

    async def _beat(self) -> None:
        """See how late the event loop is: whatever blocks it shows here."""
        while True:
            due = time.monotonic() + PULSE_SECONDS
            await asyncio.sleep(PULSE_SECONDS)
            self._last_pulse = time.monotonic()
            telemetry.LOOP_LAG.labels(self._name).set(max(0.0, self._last_pulse - due))
            writer, reader = self._runtime.writer.waiting, self._runtime.reader.waiting
            telemetry.QUEUE_LENGTH.labels(self._name, "writer").set(writer)
            telemetry.QUEUE_LENGTH.labels(self._name, "reader").set(reader)

    async def _measure(self) -> None:
        while True:
            try:
                await self.measure()
            except (KuguanError, SQLAlchemyError, OSError) as error:
                # A measurement that fails in a busy moment must not end what it measures.
                log.warning("not measured", service=self._name, error=repr(error))
            await asyncio.sleep(MEASURE_SECONDS)

    async def measure(self) -> None:
        """Look at the disk and the queues of events once, and take or refuse changes accordingly."""
        is_full = self._disk_is_full()
        if is_full:
            self._refuse("disk")
        count, oldest = await self._runtime.reader.look(outbox.backlog)
        self._oldest_age = 0.0 if oldest is None else (datetime.now(UTC) - oldest).total_seconds()
        telemetry.OUTBOX_UNSENT.labels(self._name).set(count)
        telemetry.OUTBOX_AGE.labels(self._name).set(self._oldest_age)
        if not is_full:
            too_much = count > OUTBOX_ROWS or self._oldest_age > OUTBOX_AGE_SECONDS
            self._refuse("outbox" if too_much else "")
        parked = await self._runtime.reader.look(inbox.parked_count)
        telemetry.PARKED.labels(self._name).set(parked)
        if self._service.hears and self._broker.is_connected:
            telemetry.INBOX_PENDING.labels(self._name).set(await self._broker.pending())

    def _disk_is_full(self) -> bool:
        path = self._runtime.database.path
        if path is None:
            return False
        disk = os.statvfs(path.parent)
        free, total = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
        telemetry.DISK_FREE.labels(self._name).set(free)
        last_backup = path.parent / LAST_BACKUP
        if last_backup.exists():
            telemetry.BACKED_UP.labels(self._name).set(last_backup.stat().st_mtime)
        return free < self._least_bytes or free * 100 < total * self._least_percent

    def _refuse(self, limit: str) -> None:
        writer = self._runtime.writer
        if writer.refusing != limit:
            log.error("changes refused" if limit else "changes taken again", service=self._name, limit=limit)
            writer.refusing = limit

    async def _verify(self) -> None:
        await asyncio.sleep(FIRST_VERIFY_SECONDS)
        while True:
            try:
                await self.verify()
            except (KuguanError, SQLAlchemyError) as error:
                log.warning("not verified", service=self._name, error=repr(error))
            await asyncio.sleep(VERIFY_SECONDS)

    async def verify(self) -> None:
        """Run the checks of the service once, in a reader, and count what breaks each invariant.

        The audit chain is looked at from where the last time ended; `kuguan verify` looks at all of it.
        """
        found = await self._runtime.reader.look(
            lambda connection: findings(connection, self._service, self._chain.broken_links)
        )
        broken = dict.fromkeys((finding.invariant for finding in found), 0)
        for finding in found:
            broken[finding.invariant] += len(finding.broken)
            for row in finding.broken:
                log.error("invariant broken", service=self._name, invariant=finding.invariant, row=row)
        for invariant, count in broken.items():
            telemetry.VIOLATIONS.labels(self._name, invariant).set(count)
        if not any(broken.values()):
            telemetry.VERIFIED.labels(self._name).set_to_current_time()

    # ------------------------------------------------------------ answering

    @property
    def is_live(self) -> bool:
        """Whether the event loop turns; if not, only a restart helps."""
        return time.monotonic() - self._last_pulse < PULSE_SECONDS + LIVE_LAG_SECONDS

    async def problems(self) -> list[str]:
        """What keeps the service from being ready; a restart helps against none of it."""
        if time.monotonic() - self._asked > READY_KEPT_SECONDS:
            self._asked = time.monotonic()
            self._problems = await self._find_problems()
        return self._problems

    async def _find_problems(self) -> list[str]:
        found = [] if self._broker.is_connected else ["broker"]
        if self._oldest_age > READY_AGE_SECONDS:
            found.append("outbox")
        if self._runtime.writer.refusing:
            found.append(self._runtime.writer.refusing)
        try:
            writing = asyncio.shield(self._runtime.writer.act(_write_something))
            await asyncio.wait_for(writing, READY_WRITE_SECONDS)
            applied = await asyncio.to_thread(self._runtime.database.schema_version)
        except (KuguanError, SQLAlchemyError, TimeoutError):
            return [*found, "database"]
        if any(applied.get(component, 0) < step for component, step in self._steps.items()):
            found.append("schema")
        return list(dict.fromkeys(found))


def _write_something(tx: Transaction) -> None:
    """A change that leaves nothing behind and still has to get onto the disk."""
    row = {"event_id": _PROBE, "count": 0, "reason": "", "last_at": tx.now}
    tx.connection.execute(insert(ATTEMPTS), row)
    tx.connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.event_id == _PROBE))


def is_known_host(host: str, names: Collection[str]) -> bool:
    """Whether a request's Host is an address, localhost or one of the names this part is watched by.

    A name that somebody else made point here would let their page in a browser read what is told (rebinding).
    """
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name in names:
        return True
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


async def serve(vitals: Vitals, listen: str, names: Collection[str] = ()) -> web.AppRunner:
    """Open the port for whoever watches: /metrics for Prometheus, /live and /ready for an orchestrator.

    Asked by any name but ``names``, localhost and addresses it answers 421. Raises SettingInvalid where the
    port is taken.
    """
    from aiohttp import web
    from aiohttp.typedefs import Handler
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    async def metrics(request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def live(request: web.Request) -> web.Response:
        return _told([] if vitals.is_live else ["loop"])

    async def ready(request: web.Request) -> web.Response:
        return _told(await vitals.problems())

    def _told(problems: list[str]) -> web.Response:
        return web.json_response({"problems": problems}, status=503 if problems else 200)

    @web.middleware
    async def known(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            fits = is_known_host(request.host, names)
        except ValueError:
            fits = False
        if not fits:
            raise web.HTTPMisdirectedRequest(text="HOST_UNKNOWN")
        return await handler(request)

    application = web.Application(middlewares=[known])
    application.add_routes([web.get("/metrics", metrics), web.get("/live", live), web.get("/ready", ready)])
    runner = web.AppRunner(application, shutdown_timeout=1, access_log=None)
    await runner.setup()
    host, _, port = listen.rpartition(":")
    try:
        await web.TCPSite(runner, host, int(port)).start()
    except (OSError, ValueError):
        await runner.cleanup()
        raise SettingInvalid(
            "KUGUAN_METRICS_LISTEN", listen, "the port is taken or the address is wrong"
        ) from None
    return runner
