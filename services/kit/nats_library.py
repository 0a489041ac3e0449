"""The broker's client library, without the web client that it brings for WebSocket connections.

Nobody here connects that way, and the web client holds 12 MiB in every process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
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
    from nats.aio.subscription import Subscription
    from nats.errors import Error as NatsError
    from nats.js import JetStreamContext

__all__ = ["Client", "JetStreamContext", "Msg", "NatsError", "Subscription", "nats"]
