"""Calls to other services: one channel a target for life, a deadline on every call, errors of one kind."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message

from services.kit import observe
from services.kit.listening import MEBIBYTE
from services.kit.rpc import from_call_error
from services.kit.tls import Tls

Response = TypeVar("Response", bound=Message)

READ_SECONDS = 2.0
WRITE_SECONDS = 5.0

# One name may stand for several replicas: calls go to each in turn.
_CALLING = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
    "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.1},
}

_OPTIONS = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_receive_message_length", 4 * MEBIBYTE),
    ("grpc.max_send_message_length", 4 * MEBIBYTE),
    ("grpc.service_config", json.dumps(_CALLING)),
)


def connect(address: str, tls: Tls | None = None) -> grpc.aio.Channel:
    """A channel to a service at ``host:port``; it connects by itself and again whenever needed."""
    if tls is None:
        return grpc.aio.insecure_channel(address, options=_OPTIONS)
    return grpc.aio.secure_channel(address, tls.for_client(), options=_OPTIONS)


async def call(method: Any, request: Message, *, token: str = "", seconds: float = READ_SECONDS) -> Any:
    """Call a method of a stub within a deadline.

    Raises RemoteError with the other side's reason and facts, or Unreachable when the outcome is unknown:
    then ask again with the same request id.
    """
    metadata: tuple[tuple[str, str], ...] = (("authorization", f"Bearer {token}"),) if token else ()
    with observe.span(_name(method), kind="CLIENT") as place:
        if place:
            metadata = (*metadata, (observe.TRACEPARENT, place))
        try:
            return await method(request, timeout=seconds, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise from_call_error(error) from error


def _name(method: Any) -> str:
    """The method's path for traces; the library keeps it to itself, so that it may be absent one day."""
    path = getattr(method, "_method", b"")
    return path.decode().lstrip("/") if isinstance(path, bytes) and path else "call"
