"""The broker's client library, without the web client that it brings for WebSocket connections.

Nobody here connects that way, and the web client holds 12 MiB in every process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_WEB_CLIENT = "aiohttp"


@contextmanager
def _absent(module: str) -> Iterator[None]:
    """As if a module were not installed, unless somebody has imported it already."""
    modules: dict[str, Any] = sys.modules
    if module in modules:
        yield
        return
    modules[module] = None
    try:
        yield
    finally:
        del modules[module]


with _absent(_WEB_CLIENT):
    import nats
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.errors import Error as NatsError
    from nats.errors import OutboundBufferLimitError
    from nats.js import JetStreamContext


class Connection(Client):
    """A connection that also takes many messages at once.

    The library looks at every header of every message by itself, which costs more than all else that a relay
    does. What is sent together here was put into words by us, from values that were checked when written.
    """

    async def publish_many(self, messages: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Send subject, headers and payload of each, in order; the next other message takes them along.

        Raises the library's errors where nothing can be sent now; then nothing of it is sent later either.
        """
        if not self.is_connected:
            raise OutboundBufferLimitError
        commands = [
            b"HPUB %b  %d %d\r\n%b%b\r\n" % (subject.encode(), len(head), len(head) + len(body), head, body)
            for subject, head, body in messages
        ]
        await self._send_command(b"".join(commands))

    async def close(self) -> None:
        """Close for good; where connecting was refused before it began there is nothing to close."""
        if self._flush_queue is not None:
            await super().close()


def headers_in_words(headers: Iterable[tuple[str, str]]) -> bytes:
    """Headers as they are sent; neither names nor values may hold line breaks."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    return f"NATS/1.0\r\n{lines}\r\n".encode()


__all__ = [
    "Client",
    "Connection",
    "JetStreamContext",
    "Msg",
    "NatsError",
    "headers_in_words",
    "nats",
]
