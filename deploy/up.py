"""`kuguan up`: the whole system on one machine, each part a process, kept alive until told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import kuguan
from rich.box import SIMPLE_HEAD
from rich.console import Console as Screen
from rich.table import Table
from rich.text import Text

import deploy
from deploy import broker
from deploy.declarations import PARTS, hears_of_all
from deploy.errors import CommandFailed
from deploy.files import PRIVATE_DIRECTORY
from deploy.location import SERVICES, Running, database_url, read_running, write_running
from deploy.locks import only_one
from deploy.ports import HOST, choose, require_free
from deploy.processes import Child, Part
from deploy.secrets import ensure_secrets
from deploy.streams import events_are_lost, set_up, wait_until_heard
from services.kit.settings import Settings

BROKER_STOP_SECONDS = 5.0

Result = TypeVar("Result")


class StopAsked(Exception):
    """A signal asked to stop while the system was starting."""


class System:
    """The broker, the three services and the bot on one data directory."""

    def __init__(self, data: Path, port: int, demo: bool, lock: int, screen: Screen) -> None:
        self._data = data
        self._demo = demo
        self._lock = lock
        self._screen = screen
        self._stop = asyncio.Event()
        before = read_running(data)
        self._external_broker = os.environ.get("KUGUAN_BROKER_URL", "")
        remembered = [_port(before.broker_url), _port(before.broker_monitor)] if before else [0, 0]
        require_free(port)
        ports = choose([port, port + 1, port + 2, port + 3, *remembered])
        self._broker_port, self._monitor_port = ports[4], ports[5]
        self.running = Running(
            url=f"http://{HOST}:{port}",
            supervisor=os.getpid(),
            broker_url=self._external_broker or f"nats://{HOST}:{self._broker_port}",
            broker_monitor="" if self._external_broker else f"http://{HOST}:{self._monitor_port}",
            addresses={name: f"{HOST}:{chosen}" for name, chosen in zip(SERVICES, ports[1:4], strict=True)},
        )
        self._broker = None if self._external_broker else Child(self._broker_part(), self._say)
        self._parts = {name: Child(self._part(name, port), self._say) for name in PARTS}

    async def run(self) -> None:
        """Start, print what runs where, keep it alive until a signal asks to stop, then stop in order."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        began = time.monotonic()
        keepers: list[asyncio.Task[None]] = []
        try:
            await self._unless_stopped(self._start())
            keepers = [
                asyncio.create_task(child.keep_alive(self._restarted(child))) for child in self._children()
            ]
            if self._demo:
                await self._unless_stopped(self._seed())
            self._print_table(time.monotonic() - began)
            await self._stop.wait()
        except StopAsked:
            pass
        finally:
            self._say("正在停止 …", "Stopping …")
            await self._stop_all()
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
        self._say("已停止。", "Stopped.")

    async def _start(self) -> None:
        if self._broker is not None:
            lost = events_are_lost(self._data)
            await self._broker.start()
        else:
            lost = False
        await self._set_up_streams()
        if lost:
            # Imported late: nearly every start does without it.
            from deploy.parked_events import republish_everything

            count = await asyncio.to_thread(republish_everything, self._data)
            if count:
                self._say(
                    f"消息库是新的,重发 {count} 个事件", f"The broker is new: sending {count} events again"
                )
        await asyncio.gather(*(child.start() for child in self._parts.values()))
        self._remember()

    async def _set_up_streams(self) -> None:
        await set_up(self._data, self.running.broker_url, hears_of_all())

    async def _seed(self) -> None:
        # Imported late: a start without the demo company does without it.
        from deploy.seed import seed

        try:
            if await asyncio.to_thread(seed, self._data, self.running.addresses.__getitem__):
                hearing = [name for name, packages in hears_of_all().items() if packages]
                await wait_until_heard(self._data, self.running.broker_url, hearing)
                self._say("演示公司已放入。", "The demo company is in.")
        except CommandFailed as failure:
            self._say(failure.chinese, failure.english)

    async def _stop_all(self) -> None:
        """First whoever faces people, then the services together, the broker last."""
        await self._parts["bot"].stop()
        await asyncio.gather(*(self._parts[name].stop() for name in SERVICES))
        if self._broker is not None:
            await self._broker.stop(BROKER_STOP_SECONDS)

    def _restarted(self, child: Child) -> Callable[[], Awaitable[None]]:
        async def after() -> None:
            if child is self._broker:
                # A broker whose store was lost comes back empty.
                await self._set_up_streams()
            self._remember()

        return after

    async def _unless_stopped(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do the work, or raise StopAsked as soon as a signal asks to stop."""
        task = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        raise StopAsked

    def _children(self) -> list[Child]:
        return [*([self._broker] if self._broker is not None else []), *self._parts.values()]

    def _remember(self) -> None:
        self.running.processes = {child.part.name: child.process_id for child in self._children()}
        write_running(self._data, self.running)

    def _broker_part(self) -> Part:
        configuration = broker.write_configuration(self._data, self._broker_port, self._monitor_port)
        return Part(
            name="broker",
            command=[broker.find_server(), "-c", str(configuration)],
            environment=os.environ,
            log=self._data / "logs" / "broker.log",
            wait_ready=lambda: broker.wait_until_healthy(self._monitor_port),
            # Every write is synced before it is acknowledged, so the broker may be killed at any moment.
            killed_with_parent=True,
            inherited=(self._lock,),
        )

    def _part(self, name: str, port: int) -> Part:
        secrets = self._data / "secrets"
        environment = {
            **os.environ,
            "KUGUAN_DATA": str(self._data),
            "KUGUAN_BROKER_URL": self.running.broker_url,
            "KUGUAN_WEB_LISTEN": f"{HOST}:{port}",
            "KUGUAN_CLIENT_SECRET_FILE": str(secrets / "bot.secret"),
            "KUGUAN_CLIENTS_FILE": str(secrets / "clients.json"),
            "PYTHONPATH": _import_roots(),
            **{
                f"KUGUAN_{service.upper()}_ADDRESS": address
                for service, address in self.running.addresses.items()
            },
        }
        if name in self.running.addresses:
            environment["KUGUAN_LISTEN"] = self.running.addresses[name]
        # On loopback whoever explores with gRPC tools is welcome; parts started one by one keep it off, and
        # a gate knows no messages that it could describe.
        if not Settings.of(name, environment).flag("GATE"):
            environment.setdefault("KUGUAN_REFLECTION", "on")
        if self._demo:
            environment["KUGUAN_DEMO"] = "1"
        # The first process of a container is the parent of everything orphaned: there the rule would misfire.
        if os.getpid() != 1:
            environment["KUGUAN_DIE_WITH_PARENT"] = "1"
        return Part(
            name=name,
            command=[sys.executable, "-P", "-m", PARTS[name]],
            environment=environment,
            log=self._data / "logs" / f"{name}.log",
            inherited=(self._lock,),
        )

    def _print_table(self, seconds: float) -> None:
        table = Table(box=SIMPLE_HEAD, show_edge=False)
        for column in ("部件 part", "地址 address", "进程 process", "数据 data"):
            table.add_column(column, overflow="fold")
        if self._broker is not None:
            table.add_row("broker", self.running.broker_url, str(self._broker.process_id), "broker/")
        else:
            table.add_row("broker", self.running.broker_url, "–", "–")
        for name, child in self._parts.items():
            address = self.running.addresses.get(name, self.running.url)
            place = database_url(self._data, name).removeprefix(f"sqlite:///{self._data}/")
            table.add_row(name, address, str(child.process_id), place.rpartition("@")[2])
        self._screen.print(Text(f"库管 Kuguan · {seconds:.1f} s", style="bold"))
        self._screen.print(table)
        hints = Text()
        hints.append(f"数据目录 data        {self._data}\n")
        hints.append(f"聊天页面 chat page   {self.running.url}\n")
        if self._demo:
            hints.append('命令行 command line  kuguan ask --as zhangsan "领5包A4纸 用于投标"\n')
        else:
            hints.append("导入数据 fill it      kuguan import --help\n")
        hints.append("停止 stop            Ctrl-C")
        self._screen.print(hints, soft_wrap=True)

    def _say(self, chinese: str, english: str) -> None:
        self._screen.print(
            Text(f"{time.strftime('%H:%M:%S')} {chinese} · {english}", style="yellow"), soft_wrap=True
        )


def up(data: Path, port: int, demo: bool) -> None:
    """Run the system on a data directory until a signal asks to stop; raises CommandFailed."""
    screen = Screen(highlight=False)
    # Whatever the parts write belongs to whoever started them, and to nobody else.
    os.umask(0o077)
    data = _prepare(data)
    with only_one(data) as lock:
        ensure_secrets(data / "secrets")
        asyncio.run(_run(data, port, demo, lock, screen))


async def _run(data: Path, port: int, demo: bool, lock: int, screen: Screen) -> None:
    await System(data, port, demo, lock, screen).run()


def _prepare(data: Path) -> Path:
    """Make the data directory, private to its owner and unseen by version control."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
        data = data.resolve()
        (data / "logs").mkdir(exist_ok=True, mode=PRIVATE_DIRECTORY)
        ignore = data / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
    except OSError as error:
        raise CommandFailed(
            f"无法使用数据目录 {data}:{error.strerror}。",
            f"The data directory {data} cannot be used: {error.strerror}.",
        ) from error
    return data


def _import_roots() -> str:
    """Where this program and the contract's code are imported from, for the children."""
    contract = Path(next(iter(kuguan.__path__))).parent
    roots = [str(Path(str(deploy.__file__)).parents[1]), str(contract), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(dict.fromkeys(root for root in roots if root))


def _port(url: str) -> int:
    port = url.rpartition(":")[2].rstrip("/")
    return int(port) if port.isascii() and port.isdigit() else 0
