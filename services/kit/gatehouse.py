"""The gatehouse: a service's end of the line to its gate, in the place where a gRPC server would be.

In one process the interpreter that speaks gRPC is the one that decides: an empty call costs more than a
promise, and each half throws the other's data out of the caches. With a gate each has its own
(KUGUAN_GATE=on, docs/performance.md).
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
import structlog

from services.kit.frames import Kind, Line, unpacked_call
from services.kit.settings import SettingInvalid, Settings
from services.kit.tls import Tls

log = structlog.get_logger("kuguan.gate")

_START_SECONDS = 20.0
_END_SECONDS = 2.0
# Under this name a google.rpc.Status travels.
_STATUS = "grpc-status-details-bin"


class GateEndedError(Exception):
    """The process that speaks gRPC for the service has ended; a service nobody can reach ends too."""


class _RefusedError(Exception):
    """A call was aborted; ``args[0]`` is the serialised status."""


class _Context:
    """As much of a gRPC context as the border uses."""

    __slots__ = ("_told",)

    def __init__(self, told: Sequence[tuple[str, str]]) -> None:
        self._told = told

    def invocation_metadata(self) -> Sequence[tuple[str, str]]:
        """What the caller told beside the request."""
        return self._told

    async def abort_with_status(self, status: grpc.Status) -> None:
        """End the call."""
        raise _RefusedError(dict(status.trailing_metadata)[_STATUS])


@dataclass(slots=True)
class _Work:
    """A call at work; a stream also has what came of it."""

    task: asyncio.Task[None] | None = None
    parts: asyncio.Queue[bytes | None] | None = None


class Gatehouse:
    """Hands calls that come through the gate to the methods that were registered."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._methods: list[tuple[str, Any]] = []
        self._works: dict[int, _Work] = {}
        self._listening: asyncio.Future[bytes] = self._loop.create_future()
        self._line = Line(self._hear, self._lost)
        self._process: Process | None = None
        self._is_closing = False

    def add_registered_method_handlers(
        self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]
    ) -> None:
        """Serve the methods of a service; the border has put itself around them."""
        self._methods += [(f"/{service}/{name}", handler) for name, handler in handlers.items()]

    async def open(self, settings: Settings, tls: Tls | None) -> int:
        """Start the gate; returns the port it listens on. Raises SettingInvalid for what cannot be had."""
        if settings.flag("REFLECTION"):
            raise SettingInvalid(
                "KUGUAN_REFLECTION", "on", "off where KUGUAN_GATE is on: it knows no messages"
            )
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "services.kit.gate", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=DEVNULL,
                stdout=DEVNULL,
            )
        await self._loop.create_unix_connection(lambda: self._line, sock=ours)
        asked = {
            "listen": settings.listen,
            "methods": [(name, handler.request_streaming) for name, handler in self._methods],
            "tls": [str(path) for path in (tls.certificate, tls.key, tls.authority)] if tls else None,
        }
        self._line.say(Kind.OPEN, body=json.dumps(asked).encode())
        port = await asyncio.wait_for(self._listening, _START_SECONDS)
        if not port:
            raise SettingInvalid(
                "KUGUAN_LISTEN", settings.listen, "the port is taken or the address is wrong"
            )
        return int(port)

    async def watch(self) -> None:
        """Wait for the end of the gate; raises GateEndedError unless it was asked to end."""
        assert self._process is not None
        code = await self._process.wait()
        if not self._is_closing:
            raise GateEndedError(f"exit code {code}")

    async def stop(self, grace: float) -> None:
        """Take no more calls and finish those that are there, within a time."""
        self._is_closing = True
        self._line.say(Kind.CLOSE)
        if self._process is not None:
            try:
                await asyncio.wait_for(self._process.wait(), grace + _END_SECONDS)
            except TimeoutError:
                log.warning("gate does not end, it is ended")
                self._process.kill()
                await self._process.wait()
        self._line.hang_up()

    # ------------------------------------------------------------ calls

    def _hear(self, kind: int, number: int, body: bytes) -> None:
        if kind == Kind.CALL:
            self._begin(number, body)
        elif kind == Kind.LISTENING:
            self._listening.set_result(body)
        elif (work := self._works.get(number)) is not None:
            if kind == Kind.GONE and work.task is not None:
                work.task.cancel()
            elif work.parts is not None:
                work.parts.put_nowait(body if kind == Kind.PART else None)

    def _begin(self, number: int, body: bytes) -> None:
        place, who, trace, request = unpacked_call(body)
        handler = self._methods[place][1]
        told = [("authorization", who)] if who else []
        if trace:
            told.append(("traceparent", trace))
        work = self._works[number] = _Work()
        if handler.request_streaming:
            work.parts = asyncio.Queue()
            asked: Any = self._parts(number, work.parts, handler.request_deserializer)
        else:
            asked = handler.request_deserializer(request)
        behaviour = handler.stream_unary or handler.unary_unary
        work.task = self._loop.create_task(self._work(number, handler, behaviour(asked, _Context(told))))

    async def _work(self, number: int, handler: Any, working: Any) -> None:
        try:
            answer = handler.response_serializer(await working)
        except _RefusedError as refused:
            self._line.say(Kind.REFUSAL, number, refused.args[0])
        else:
            self._line.say(Kind.ANSWER, number, answer)
        finally:
            del self._works[number]

    async def _parts(
        self, number: int, parts: asyncio.Queue[bytes | None], decode: Any
    ) -> AsyncIterator[Any]:
        while True:
            self._line.say(Kind.MORE, number)
            part = await parts.get()
            if part is None:
                return
            yield decode(part)

    def _lost(self) -> None:
        """Nobody waits for what is at work; changes go on to their end all the same (R3)."""
        if not self._listening.done():
            self._listening.set_exception(GateEndedError("before it listened"))
        for work in self._works.values():
            if work.task is not None:
                work.task.cancel()
