"""What the border makes of a stream that its caller leaves: the library ends it first and cancels it then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import grpc
import pytest

from services.kit.access import Verifier
from services.kit.rpc import PUBLIC, Border
from services.kit.testing import Keys


class Methods:
    """Stands in a server's place and keeps what is registered."""

    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}

    def add_registered_method_handlers(
        self, service: str, handlers: Mapping[str, grpc.RpcMethodHandler[Any, Any]]
    ) -> None:
        self.handlers.update(handlers)


class Context:
    """As much of a call's context as the border asks; the library sends nothing to a caller who is gone."""

    def __init__(self) -> None:
        self.sent = asyncio.Event()

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return ()

    async def send_initial_metadata(self, metadata: object) -> None:
        await self.sent.wait()


async def take(messages: AsyncIterator[bytes], context: Any) -> list[bytes]:
    """Takes a whole stream."""
    return [message async for message in messages]


async def stream(*messages: bytes) -> AsyncIterator[bytes]:
    for message in messages:
        yield message


def guarded() -> Any:
    """The method as the border guards it."""
    methods = Methods()
    border = Border(methods, Verifier(Keys.new().public), {"/Things/Take": PUBLIC})
    handler: Any = grpc.stream_unary_rpc_method_handler(take, request_deserializer=bytes)
    border.add_registered_method_handlers("Things", {"Take": handler})
    return methods.handlers["Take"].stream_unary


async def test_a_whole_stream_is_taken() -> None:
    context = Context()
    context.sent.set()
    assert await guarded()(stream(b"a", b"b"), context) == [b"a", b"b"]


async def test_a_stream_is_not_whole_when_its_call_is_cancelled_a_moment_later() -> None:
    taking = asyncio.ensure_future(guarded()(stream(b"a"), Context()))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not taking.done()
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
