"""The gate: a process that speaks gRPC for a service, so that both have an interpreter of their own.

``python -m services.kit.gate FD`` is started by the service, see ``gatehouse.py``. It knows no message and
decides nothing: requests go to the service as they came, answers come back as they are sent.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import uvloop
from google.rpc import code_pb2, status_pb2
from grpc_status import rpc_status

from services.kit.collecting import collect_seldom
from services.kit.frames import Kind, Line, packed_call
from services.kit.listening import OPTIONS, bind, credentials, surely_ended

# As long as it takes to tell callers that the service is gone.
_LOST_SECONDS = 0.2
_FULL = status_pb2.Status(code=code_pb2.RESOURCE_EXHAUSTED, message="TOO_BUSY").SerializeToString()


class _Call:
    """A call on its way: what it will be answered with, and what its stream is asked for."""

    __slots__ = ("answer", "looking", "sending", "wanted")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.answer: asyncio.Future[bytes] = loop.create_future()
        self.wanted: asyncio.Semaphore | None = None
        self.sending: asyncio.Future[None] | None = None
        """Passes a stream's messages on."""
        self.looking: asyncio.Future[None] | None = None
        """At the end of a stream, looks whether its caller is still there."""

    async def stop_sending(self) -> None:
        """Pass nothing on any more. Before a caller is answered: to look whether it is there is to begin an
        answer, and the library fails where two begin one at once."""
        at_work = [one for one in (self.sending, self.looking) if one is not None]
        if self.sending is not None:
            self.sending.cancel()
        # Where the caller is gone looking fails, and the call is cancelled by the library itself.
        await asyncio.gather(*at_work, return_exceptions=True)


class _RefusedError(Exception):
    """The service refuses a call; ``args[0]`` is the serialised status."""


class _LostError(Exception):
    """The service is gone; what became of the call nobody knows."""


class Gate:
    """Passes calls on to the service at the other end of the line, and its answers back."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._numbers = count(1)
        self._calls: dict[int, _Call] = {}
        self.asked: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        """What the service wants to be served; nothing where it is gone before it said so."""
        self.closing: asyncio.Future[float] = self._loop.create_future()
        """Done when it is time to end, with the seconds that calls still have."""
        self.ended = asyncio.Event()
        """Set when the line is closed, by whichever side."""
        self.line = Line(self._hear, self._lost)

    def handler(self, method: int, streams: bool) -> grpc.RpcMethodHandler[Any, Any]:
        """What passes on the calls of a method, by its place in the service's list."""

        async def unary(request: bytes, context: Any) -> bytes:
            call, number = self._begin(method, context, request)
            return await self._answer(call, number, context)

        async def stream(requests: AsyncIterator[bytes], context: Any) -> bytes:
            call, number = self._begin(method, context, b"")
            call.wanted = asyncio.Semaphore(0)
            call.sending = asyncio.ensure_future(self._send_parts(call, number, requests, context))
            return await self._answer(call, number, context)

        # Without coding the library hands over what came, and sends what it is given.
        if streams:
            return grpc.stream_unary_rpc_method_handler(stream)
        return grpc.unary_unary_rpc_method_handler(unary)

    def _begin(self, method: int, context: Any, request: bytes) -> tuple[_Call, int]:
        call, number = _Call(self._loop), next(self._numbers) & 0xFFFFFFFF
        if self.ended.is_set():
            call.answer.set_exception(_LostError())
        elif self.line.is_full():
            call.answer.set_exception(_RefusedError(_FULL))
        else:
            self._pass_on(number, method, context, request)
        self._calls[number] = call
        return call, number

    def _pass_on(self, number: int, method: int, context: Any, request: bytes) -> None:
        told = dict(context.invocation_metadata())
        who, place = told.get("authorization", ""), told.get("traceparent", "")
        self.line.say(Kind.CALL, number, packed_call(method, who, place, request))

    async def _answer(self, call: _Call, number: int, context: Any) -> bytes:
        try:
            try:
                return await call.answer
            finally:
                if call.sending is not None:
                    await call.stop_sending()
        except _RefusedError as refused:
            status = status_pb2.Status.FromString(refused.args[0])
            return bytes(await context.abort_with_status(rpc_status.to_status(status)))
        except _LostError:
            return bytes(await context.abort(grpc.StatusCode.UNAVAILABLE, "UNREACHABLE"))
        except asyncio.CancelledError:
            self.line.say(Kind.GONE, number)
            raise
        finally:
            del self._calls[number]

    async def _send_parts(
        self, call: _Call, number: int, requests: AsyncIterator[bytes], context: Any
    ) -> None:
        """Each message when the service asks for it, so that whoever sends faster waits."""
        assert call.wanted is not None
        async for request in requests:
            await call.wanted.acquire()
            self.line.say(Kind.PART, number, request)
        call.looking = asyncio.ensure_future(surely_ended(context))
        await asyncio.shield(call.looking)
        await call.wanted.acquire()
        self.line.say(Kind.END, number)

    def _hear(self, kind: int, number: int, body: bytes) -> None:
        if kind == Kind.OPEN:
            self.asked.set_result(json.loads(body))
            return
        if kind == Kind.CLOSE:
            self.closing.set_result(float(body))
            return
        call = self._calls.get(number)
        if call is None or call.answer.done():
            return
        if kind == Kind.ANSWER:
            call.answer.set_result(body)
        elif kind == Kind.REFUSAL:
            call.answer.set_exception(_RefusedError(body))
        elif kind == Kind.MORE and call.wanted is not None:
            call.wanted.release()

    def _lost(self) -> None:
        for call in self._calls.values():
            if not call.answer.done():
                call.answer.set_exception(_LostError())
        if not self.asked.done():
            self.asked.set_result({})
        if not self.closing.done():
            self.closing.set_result(_LOST_SECONDS)
        self.ended.set()


async def serve(descriptor: int) -> None:
    """Serve what the service asks for until it says so, or is gone."""
    gate = Gate()
    await asyncio.get_running_loop().create_unix_connection(
        lambda: gate.line, sock=socket.socket(fileno=descriptor)
    )
    asked = await gate.asked
    if not asked:
        return
    server = grpc.aio.server(options=list(OPTIONS))
    for service in sorted({name.split("/")[1] for name, _ in asked["methods"]}):
        handlers = {
            name.split("/")[2]: gate.handler(place, streams)
            for place, (name, streams) in enumerate(asked["methods"])
            if name.split("/")[1] == service
        }
        server.add_registered_method_handlers(service, handlers)
    port = bind(server, asked["listen"], credentials(*map(Path, asked["tls"])) if asked["tls"] else None)
    gate.line.say(Kind.LISTENING, body=str(port or "").encode())
    if port is not None:
        await server.start()
        await server.stop(await gate.closing)
    gate.line.hang_up()
    await gate.ended.wait()


if __name__ == "__main__":
    # The service says when to end, and its end is heard on the line: signals for all processes are its own.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s %(message)s")
    collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
