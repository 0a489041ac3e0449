"""The gate beside a library that fails where two begin an answer at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.kit.frames import Kind
from services.kit.gate import Gate
from tests.unit.kit.test_frames import Wire


class Caller:
    """A call as the library shows it; what is begun for it ends when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.has_begun = asyncio.Event()
        self.may_end = asyncio.Event()

    def invocation_metadata(self) -> tuple[Any, ...]:
        return ()

    async def send_initial_metadata(self, _metadata: object) -> None:
        await self._begin("metadata")

    async def abort_with_status(self, _status: object) -> bytes:
        await self._begin("status")
        raise Refused

    async def _begin(self, what: str) -> None:
        self.begun.append(what)
        self.has_begun.set()
        await self.may_end.wait()
        self.begun.append(f"end of {what}")


class Refused(Exception):
    """How the library leaves a method that aborted its call."""


async def one_message() -> AsyncIterator[bytes]:
    yield b"message"


async def streaming(caller: Caller) -> tuple[Gate, Any]:
    """A gate to which a stream of one message has come, and what will be its answer."""
    gate = Gate()
    gate.line.connection_made(Wire())
    behaviour: Any = gate.handler(0, streams=True).stream_unary
    answering = asyncio.ensure_future(behaviour(one_message(), caller))
    await asyncio.sleep(0)
    return gate, answering


async def test_a_stream_refused_while_its_end_is_looked_at_is_refused_after_that() -> None:
    caller = Caller()
    gate, answering = await streaming(caller)
    gate._hear(Kind.MORE, 1, b"")
    await asyncio.wait_for(caller.has_begun.wait(), 5)
    assert caller.begun == ["metadata"]
    gate._hear(Kind.REFUSAL, 1, b"")
    for _ in range(20):
        await asyncio.sleep(0)
    assert caller.begun == ["metadata"]
    caller.may_end.set()
    with pytest.raises(Refused):
        await answering
    assert caller.begun == ["metadata", "end of metadata", "status", "end of status"]


async def test_a_stream_refused_before_its_end_is_not_looked_at_any_more() -> None:
    caller = Caller()
    gate, answering = await streaming(caller)
    gate._hear(Kind.REFUSAL, 1, b"")
    gate._hear(Kind.MORE, 1, b"")
    await asyncio.wait_for(caller.has_begun.wait(), 5)
    caller.may_end.set()
    with pytest.raises(Refused):
        await answering
    assert caller.begun == ["status", "end of status"]
