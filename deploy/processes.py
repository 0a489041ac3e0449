"""Child processes that are kept alive: started, awaited, restarted when they die, stopped in bounded time."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from deploy.errors import CommandFailed
from deploy.files import PRIVATE_FILE

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
KILL_SECONDS = 5.0
# A process that lived this long has recovered: its next restart is quick again.
STEADY_SECONDS = 30.0
PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)
LOG_BYTES = 5_000_000
_SET_PARENT_DEATH_SIGNAL = 1
_LINES_KEPT = 12
_LINE_LIMIT = 256 * 1024


@dataclass(frozen=True)
class Part:
    """What runs as one process. `wait_ready` is for parts that do not print a ready line."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    wait_ready: Callable[[], Awaitable[None]] | None = None
    killed_with_parent: bool = False
    inherited: tuple[int, ...] = ()


@dataclass
class LogFile:
    """A log that keeps its last few megabytes: when full it becomes `<name>.1`."""

    path: Path
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    lost: int = 0

    def add(self, line: bytes) -> None:
        """Append a line. Where the disk takes none it is counted: nobody must wait for a log."""
        self.last_lines.append(line.decode("utf-8", "replace").rstrip())
        told = f"… {self.lost} lines were lost, the disk took none\n".encode() if self.lost else b""
        try:
            self._write(told + line)
        except OSError:
            self.lost += 1
        else:
            self.lost = 0

    def _write(self, line: bytes) -> None:
        if self.path.exists() and self.path.stat().st_size > LOG_BYTES:
            self.path.replace(self.path.with_name(self.path.name + ".1"))
        if not self.path.exists():
            self.path.touch(PRIVATE_FILE)
        with self.path.open("ab") as file:
            file.write(line)


class Child:
    """One part at work. `say` prints a line for the person who watches."""

    def __init__(self, part: Part, say: Callable[[str, str], None]) -> None:
        self.part = part
        self.address = ""
        self._say = say
        self._log = LogFile(part.log)
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()

    @property
    def process_id(self) -> int:
        """The process id; 0 while there is none."""
        return self._process.pid if self._process is not None and self._process.returncode is None else 0

    async def start(self) -> None:
        """Start the process and wait until it is ready; raises CommandFailed if it ends or takes too long."""
        self._ready = asyncio.Event()
        part = self.part
        try:
            self._process = await self._execute()
        except OSError as error:
            raise CommandFailed(
                f"{part.name} 无法运行 {part.command[0]}:{error.strerror}。",
                f"{part.name} cannot run {part.command[0]}: {error.strerror}.",
            ) from error
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            asyncio.create_task(self._read(self._process.stdout)),
            asyncio.create_task(self._read(self._process.stderr)),
        ]
        await self._wait_until_ready(self._process)

    async def _execute(self) -> asyncio.subprocess.Process:
        part = self.part
        return await asyncio.create_subprocess_exec(
            *part.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(part.environment),
            limit=_LINE_LIMIT,
            # A terminal's Ctrl-C reaches only us; we stop the parts in order.
            start_new_session=True,
            pass_fds=part.inherited,
            preexec_fn=_killed_with_parent if part.killed_with_parent and sys.platform == "linux" else None,
        )

    async def keep_alive(self, restarted: Callable[[], Awaitable[None]]) -> None:
        """Restart the process whenever it dies, after growing pauses, until `stop` is called."""
        tries = 0
        loop = asyncio.get_running_loop()
        since = loop.time()
        while True:
            assert self._process is not None
            code = await self._process.wait()
            if self._stopping.is_set():
                return
            if loop.time() - since > STEADY_SECONDS:
                tries = 0
            pause = PAUSES[min(tries, len(PAUSES) - 1)]
            tries += 1
            self._say(
                f"{self.part.name} 已退出({_ending(code)}),{pause:g} 秒后重启",
                f"{self.part.name} ended ({_ending(code)}), starting it again in {pause:g} s",
            )
            await self._stop_within(pause)
            if self._stopping.is_set():
                return
            since = loop.time()
            try:
                await self.start()
                await restarted()
            except CommandFailed:
                await self._end(KILL_SECONDS)
            else:
                self._say(
                    f"{self.part.name} 已恢复(进程 {self.process_id})",
                    f"{self.part.name} is back (process {self.process_id})",
                )

    async def _stop_within(self, seconds: float) -> None:
        """Wait so long, but not longer than until `stop` is called."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask the process to stop, and end it when it does not within the time."""
        self._stopping.set()
        await self._end(seconds)

    async def _end(self, seconds: float) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), seconds)
            except TimeoutError:
                process.kill()
                await process.wait()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        waiting = self.part.wait_ready() if self.part.wait_ready is not None else self._ready.wait()
        ready = asyncio.ensure_future(waiting)
        ended = asyncio.ensure_future(process.wait())
        try:
            await asyncio.wait({ready, ended}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if ready.done() and not ended.done():
                ready.result()
                return
            if ended.done():
                await asyncio.gather(*self._readers, return_exceptions=True)
        finally:
            # Waiting is over either way; `process.wait` goes on elsewhere.
            ended.cancel()
            if not ready.done():
                ready.cancel()
        raise self._did_not_start(process.returncode)

    def _did_not_start(self, code: int | None) -> CommandFailed:
        told = "\n".join(f"  {line}" for line in self._log.last_lines)
        name, path = self.part.name, self.part.log
        if code is None:
            return CommandFailed(
                f"{name} 在 {READY_SECONDS:.0f} 秒内没有就绪,日志:{path}",
                f"{name} was not ready within {READY_SECONDS:.0f} seconds; its log: {path}\n{told}",
            )
        return CommandFailed(
            f"{name} 启动失败({_ending(code)}),日志:{path}",
            f"{name} did not start ({_ending(code)}); its log: {path}\n{told}",
        )

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:
                # Longer than a line may be: what is buffered was dropped, go on with the next.
                continue
            if not line:
                return
            self._log.add(line)
            words = line.decode("utf-8", "replace").split()
            if words[:1] == ["ready"] and words[1:2] == [self.part.name]:
                self.address = words[2] if len(words) > 2 else ""
                self._ready.set()


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


_LIBC = ctypes.CDLL(None, use_errno=True)


def _killed_with_parent() -> None:
    """Runs in the child before its program: the kernel kills it when we die, so that no half system stays."""
    _LIBC.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
