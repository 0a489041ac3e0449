"""Choosing local ports: those wanted where they are free, any free ones otherwise."""

from __future__ import annotations

import errno
import socket

from deploy.errors import CommandFailed

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether something could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            return False
    return True


def choose(wanted: list[int]) -> list[int]:
    """For each wanted port (0 for any) that port where it is free, else a free one; all of them differ."""
    chosen: list[int] = []
    for port in wanted:
        usable = 0 < port < 65536 and port not in chosen and is_free(port)
        chosen.append(port if usable else _any_free(chosen))
    return chosen


def require_free(port: int) -> None:
    """Raise CommandFailed where something else listens on the port."""
    if not is_free(port):
        other = port + 10 if port + 10 < 65536 else port - 10
        raise CommandFailed(
            f"端口 {port} 已被占用。请换一个,例如:kuguan up --port {other}",
            f"Port {port} is taken. Choose another one, for example: kuguan up --port {other}",
        )


def _any_free(chosen: list[int]) -> int:
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
        if port not in chosen:
            return port
