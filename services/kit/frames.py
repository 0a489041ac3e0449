"""Frames: what a gate and its service say to each other, over a pair of sockets that nobody else holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import IntEnum
from struct import Struct
from typing import cast

_HEAD = Struct("<IBI")
_CALL = Struct("<HHH")
_FULL = 64 * 1024 * 1024


class Kind(IntEnum):
    """What a frame is about; the number beside it is the call's, 0 where it is about none."""

    OPEN = 1
    """To the gate: what to serve and where, as JSON."""
    LISTENING = 2
    """To the service: the port, or nothing where the address could not be had."""
    CALL = 3
    """To the service: a call begins. A unary one brings its request along."""
    MORE = 4
    """To the gate: the next message of a stream is wanted."""
    PART = 5
    """To the service: a message of a stream."""
    END = 6
    """To the service: the stream has no more messages."""
    GONE = 7
    """To the service: the caller does not wait any longer."""
    ANSWER = 8
    """To the gate: the answer to a call."""
    REFUSAL = 9
    """To the gate: the status a call ends with, a google.rpc.Status."""
    CLOSE = 10
    """To the gate: take no more calls, finish those that are there, and end."""


class Line(asyncio.Protocol):
    """One end of the pair; ``hear`` gets each frame, ``lost`` is called when the other end is gone."""

    def __init__(self, hear: Callable[[int, int, bytes], None], lost: Callable[[], None]) -> None:
        self._hear = hear
        self._lost = lost
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of the protocol of the event loop."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Part of the protocol of the event loop."""
        buffer = self._buffer
        buffer += data
        start, end = 0, len(buffer)
        while end - start >= _HEAD.size:
            size, kind, number = _HEAD.unpack_from(buffer, start)
            body = start + _HEAD.size
            if end - body < size:
                break
            start = body + size
            self._hear(kind, number, bytes(buffer[body:start]))
        if start:
            del buffer[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of the protocol of the event loop."""
        self._lost()

    def say(self, kind: Kind, number: int = 0, body: bytes = b"") -> None:
        """Send a frame; into the void where the other end is gone, of which both sides learn anyway."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_HEAD.pack(len(body), kind, number) + body)

    def is_full(self) -> bool:
        """Whether the other end is so far behind that what was said fills memory."""
        return self._transport is not None and self._transport.get_write_buffer_size() > _FULL

    def hang_up(self) -> None:
        """Close this end after what was said."""
        if self._transport is not None:
            self._transport.close()


def packed_call(method: int, authorization: str, trace: str, request: bytes) -> bytes:
    """The body of a CALL. Of a call's metadata only these two mean anything to a service."""
    who, place = authorization.encode(), trace.encode()
    return b"".join((_CALL.pack(method, len(who), len(place)), who, place, request))


def unpacked_call(body: bytes) -> tuple[int, str, str, bytes]:
    """Method, authorization, trace and request of a CALL."""
    method, who, place = _CALL.unpack_from(body)
    begin = _CALL.size + who
    end = begin + place
    return method, body[_CALL.size : begin].decode(), body[begin:end].decode(), body[end:]
