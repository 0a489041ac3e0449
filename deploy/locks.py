"""One system per data directory: the lock of `kuguan up`, and the one its children keep until they end."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.errors import CommandFailed
from deploy.files import PRIVATE_FILE
from deploy.location import read_running

# Children of a killed `kuguan up` stop by themselves within this time.
CHILDREN_SECONDS = 20.0
_PAUSE_SECONDS = 0.05


@contextmanager
def only_one(data: Path) -> Iterator[int]:
    """Hold the data directory; gives the descriptor that children inherit and thereby keep locked.

    Raises CommandFailed when another system runs on the directory, or its last children do not end.
    """
    own = os.open(data / "up.lock", os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    children = os.open(data / "children.lock", os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        if not _taken(own):
            raise in_use(data)
        ends = time.monotonic() + CHILDREN_SECONDS
        while not _taken(children):
            if time.monotonic() > ends:
                raise CommandFailed(
                    f"上一次运行的进程还占用 {data},没有结束。",
                    f"Processes of the run before still use {data} and do not end.",
                )
            time.sleep(_PAUSE_SECONDS)
        yield children
    finally:
        os.close(own)
        os.close(children)


def is_running(data: Path) -> bool:
    """Whether a system runs on the data directory now."""
    path = data / "up.lock"
    if not path.exists():
        return False
    descriptor = os.open(path, os.O_RDWR)
    try:
        return not _taken(descriptor)
    finally:
        os.close(descriptor)


def in_use(data: Path) -> CommandFailed:
    """The error of a second system on one data directory."""
    running = read_running(data)
    where = f" {running.url}" if running else ""
    process = f" {running.supervisor}" if running else ""
    return CommandFailed(
        f"数据目录 {data} 正在使用中(进程{process}{where})。先停止它,或用 --data 指定另一个目录。",
        f"The data directory {data} is in use (process{process}{where}). "
        "Stop that one first, or name another directory with --data.",
    )


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
