"""Where gRPC is spoken: the options of every server, its address and its credentials."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc

MEBIBYTE = 1024 * 1024

OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 4 * MEBIBYTE),
    ("grpc.max_send_message_length", 4 * MEBIBYTE),
    ("grpc.max_metadata_size", 8192),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.max_connection_age_ms", 1_800_000),
    # Of more than these that wait to be begun the library cancels some by chance, without a word. Begun, they
    # are refused with a reason and a time to come again.
    ("grpc.server.max_pending_requests", 8_192),
    ("grpc.server.max_pending_requests_hard_limit", 16_384),
)


async def surely_ended(context: Any) -> None:
    """See at the end of a stream whether its caller is still there; otherwise the call is cancelled here.

    The library ends a stream in the same way when the caller goes away, and cancels the call a moment later.
    To send something, if only that nothing is to be said before the answer, waits for that.
    """
    await context.send_initial_metadata(())


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
