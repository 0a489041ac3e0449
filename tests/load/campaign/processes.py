"""The processes of a running system as the kernel sees them: also those that are only just starting."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from time import sleep

from tests.journey.system import PARTS, System, eventually

_WORDS = {
    "broker": "nats-server",
    "stock": "services.stock",
    "orders": "services.orders",
    "approvals": "services.approvals",
    "bot": "bot",
}


def children(system: System) -> dict[str, int]:
    """The process of each part, started by this system's `kuguan up`; parts without one are left out."""
    supervisor = system.running()["supervisor"]
    found: dict[str, int] = {}
    for task in Path(f"/proc/{supervisor}/task").glob("*/children"):
        for pid in map(int, _read(task).split()):
            words = _read(Path(f"/proc/{pid}/cmdline")).split("\0")
            for part, word in _WORDS.items():
                if word in words or (part == "broker" and words[0].endswith(word)):
                    found[part] = pid
    return found


def kill_part(system: System, part: str) -> tuple[int, bool]:
    """kill -9 of a part, also of one that is starting: its id (0: not there) and whether it was starting."""
    pid = children(system).get(part, 0)
    if not pid:
        return 0, False
    starting = system.process_id(part) != pid
    send(pid, signal.SIGKILL)
    return pid, starting


def send(pid: int, number: signal.Signals) -> None:
    """A signal to a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        sleep(0)


def ready_parts(system: System) -> set[str]:
    """The parts that are at work now: their process is the one that is told, and it takes connections."""
    told, now = system.running(), children(system)
    doors = {**told["addresses"], "bot": told["url"], "broker": told["broker_url"]}
    return {
        part
        for part in PARTS
        if told["processes"].get(part) == now.get(part) and _listens(doors[part].rpartition("/")[2])
    }


def all_are_back(system: System, gone: set[int]) -> None:
    """Wait until every part is ready again, none of them in a process that was killed."""

    def ready() -> bool:
        return ready_parts(system) == set(PARTS) and not gone & set(children(system).values())

    eventually(ready, "every part is back", seconds=120.0)


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


def _read(file: Path) -> str:
    """What the kernel tells of a process; nothing of one that has ended meanwhile."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
