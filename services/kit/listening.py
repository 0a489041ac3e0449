"""Where gRPC is spoken: the options of every server, its address and its credentials."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import grpc

MEBIBYTE = 1024 * 1024

OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 4 * MEBIBYTE),
    ("grpc.max_send_message_length", 4 * MEBIBYTE),
    ("grpc.max_metadata_size", 8192),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.max_connection_age_ms", 1_800_000),
)


# Turns of the event loop and not only time, so that what came meanwhile is heard however late the loop is.
_TURNS = 5
_TURN_SECONDS = 0.01


async def surely_ended() -> None:
    """Wait at the end of a stream before it is taken for whole.

    The library ends it in the same way when the caller goes away, and cancels the call a moment later.
    """
    for _ in range(_TURNS):
        await asyncio.sleep(_TURN_SECONDS)


def credentials(certificate: Path, key: Path, authority: Path) -> grpc.ServerCredentials:
    """Of a server that takes calls only from clients with a certificate of the authority."""
    pair = (key.read_bytes(), certificate.read_bytes())
    return grpc.ssl_server_credentials(
        [pair], root_certificates=authority.read_bytes(), require_client_auth=True
    )


def bind(server: grpc.aio.Server, address: str, secured_by: grpc.ServerCredentials | None) -> int | None:
    """Take an address; returns the port, None where it is taken or no address."""
    try:
        if secured_by is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, secured_by)
    except RuntimeError:
        return None
