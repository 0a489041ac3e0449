"""The gatehouse: a service's end of the line to its gate, in the place where a gRPC server would be.

In one process the interpreter that speaks gRPC is the one that decides: an empty call costs more than a
promise, and each half throws the other's data out of the caches. With a gate each has its own
(KUGUAN_GATE=on, docs/decisions/0023-a-gate-speaks-grpc-for-a-service.md).
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
from google.rpc import code_pb2, status_pb2

from services.kit.errors import KuguanError
from services.kit.frames import Kind, Line, unpacked_call
from services.kit.settings import SettingInvalid, Settings
from services.kit.tls import Tls

log = structlog.get_logger("kuguan.gate")

_START_SECONDS = 20.0
_END_SECONDS = 2.0
# Under this name a google.rpc.Status travels.
_STATUS = "grpc-status-details-bin"
_FAULT = status_pb2.Status(code=code_pb2.INTERNAL, message="INTERNAL_FAULT").SerializeToString()


@dataclass(eq=False)
class GateEnded(KuguanError):
    """The process that speaks gRPC for the service has ended; a service nobody can reach ends too."""

    problem: str


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

    async def send_initial_metadata(self, metadata: Sequence[tuple[str, str]]) -> None:
        """Nothing: at the end of a stream the gate has done it."""

    async def abort(self, code: grpc.StatusCode, details: str = "") -> None:
        """End the call, as the library's health service does."""
        raise _RefusedError(status_pb2.Status(code=code.value[0], message=details).SerializeToString())

    async def abort_with_status(self, status: grpc.Status) -> None:
        """End the call, as the border does."""
        raise _RefusedError(dict(status.trailing_metadata)[_STATUS])


@dataclass(slots=True)
class _Work:
    """A call at work; a stream also has what came of it."""

    task: asyncio.Task[None]
    parts: asyncio.Queue[bytes | None] | None


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
        """Serve the methods of a service; the border has put itself around them.

        Answers that are streams do not cross: only the library's own health service has one, Watch.
        """
        self._methods += [
            (f"/{service}/{name}", handler)
            for name, handler in handlers.items()
            if not handler.response_streaming
        ]

    async def open(self, settings: Settings, tls: Tls | None) -> int:
        """Start the gate; returns the port it listens on. Raises SettingInvalid for what cannot be had."""
        if settings.flag("REFLECTION"):
            raise SettingInvalid(
                "KUGUAN_REFLECTION", "on", "off where KUGUAN_GATE is on: it knows no messages"
            )
        port = b""
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._start(settings.listen, tls)
                port = await self._listening
        except TimeoutError as error:
            raise GateEnded("it did not listen in time") from error
        finally:
            if not port:
                await self._end()
        if not port:
            raise SettingInvalid(
                "KUGUAN_LISTEN", settings.listen, "the port is taken or the address is wrong"
            )
        return int(port)

    async def _start(self, listen: str, tls: Tls | None) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *(["-P"] if sys.flags.safe_path else [])),
                *("-m", "services.kit.gate", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=DEVNULL,
                stdout=DEVNULL,
                # What a terminal or a supervisor tells the group is the service's to hear.
                start_new_session=True,
            )
        await self._loop.create_unix_connection(lambda: self._line, sock=ours)
        asked = {
            "listen": listen,
            "methods": [(name, handler.request_streaming) for name, handler in self._methods],
            "tls": [str(path) for path in (tls.certificate, tls.key, tls.authority)] if tls else None,
        }
        self._line.say(Kind.OPEN, body=json.dumps(asked).encode())

    async def watch(self) -> None:
        """Wait for the end of the gate; raises GateEnded unless it was asked to end."""
        assert self._process is not None
        code = await self._process.wait()
        if not self._is_closing:
            raise GateEnded(f"exit code {code}")

    async def stop(self, grace: float) -> None:
        """Take no more calls and finish those that are there, within a time."""
        self._is_closing = True
        self._line.say(Kind.CLOSE, body=str(grace).encode())
        if self._process is not None:
            try:
                await asyncio.wait_for(self._process.wait(), grace + _END_SECONDS)
            except TimeoutError:
                log.warning("gate does not end, it is ended")
        await self._end()

    async def _end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        self._line.hang_up()

    # ------------------------------------------------------------ calls

    def _hear(self, kind: int, number: int, body: bytes) -> None:
        if kind == Kind.CALL:
            self._begin(number, body)
        elif kind == Kind.LISTENING:
            if not self._listening.done():
                self._listening.set_result(body)
        elif (work := self._works.get(number)) is not None:
            if kind == Kind.GONE:
                # Here, because a task that has not begun ends without doing anything.
                del self._works[number]
                work.task.cancel()
            elif work.parts is not None:
                work.parts.put_nowait(body if kind == Kind.PART else None)

    def _begin(self, number: int, body: bytes) -> None:
        place, who, trace, request = unpacked_call(body)
        handler = self._methods[place][1]
        told = [("authorization", who)] if who else []
        if trace:
            told.append(("traceparent", trace))
        parts: asyncio.Queue[bytes | None] | None = asyncio.Queue() if handler.request_streaming else None
        working = self._work(number, handler, request, parts, _Context(told))
        self._works[number] = _Work(self._loop.create_task(working), parts)

    async def _work(
        self,
        number: int,
        handler: Any,
        request: bytes,
        parts: asyncio.Queue[bytes | None] | None,
        context: _Context,
    ) -> None:
        try:
            decode = handler.request_deserializer
            if parts is None:
                answer = await handler.unary_unary(decode(request), context)
            else:
                answer = await handler.stream_unary(self._parts(number, parts, decode), context)
            data = handler.response_serializer(answer)
        except _RefusedError as refused:
            self._line.say(Kind.REFUSAL, number, refused.args[0])
        except Exception:
            # Past the border only what is no answer comes here; whoever called must not wait for ever.
            log.exception("call failed")
            self._line.say(Kind.REFUSAL, number, _FAULT)
        else:
            self._line.say(Kind.ANSWER, number, data)
        finally:
            self._works.pop(number, None)

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
            self._listening.set_exception(GateEnded("before it listened"))
        for work in self._works.values():
            work.task.cancel()
        self._works.clear()
