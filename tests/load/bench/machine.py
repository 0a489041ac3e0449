"""The machine: what it is, how busy it is, and how fast its disk makes a change durable."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from pathlib import Path


def load_average() -> float:
    """How many processes wanted a processor during the last minute, ours and everybody else's."""
    return os.getloadavg()[0]


def description(folder: Path) -> dict[str, str]:
    """What somebody must know to compare figures; ``folder`` is where the databases are."""
    return {
        "processor": f"{os.cpu_count()} × {_processor()}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "file system": _file_system(folder),
        "one durable SQLite commit": f"{durable_commit_milliseconds(folder):.2f} ms",
        "load average": f"{load_average():.1f} (others may be at work here too)",
    }


def durable_commit_milliseconds(folder: Path, commits: int = 200) -> float:
    """The mean time of a small commit with the settings that Kuguan uses: WAL, synchronous=FULL."""
    path = folder / "commit.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
        began = time.perf_counter()
        for _ in range(commits):
            connection.execute("INSERT INTO t DEFAULT VALUES")
        return (time.perf_counter() - began) / commits * 1000
    finally:
        connection.close()
        path.unlink()


def is_kept_in_memory(folder: Path) -> bool:
    """Whether the folder lies on a file system that has no disk: nothing there is durable."""
    return _file_system(folder) in {"tmpfs", "ramfs"}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _file_system(folder: Path) -> str:
    """The type of the file system a folder is on; "unknown" where the system does not tell."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return "unknown"
    inside = [
        (len(mount[1]), mount[2]) for mount in mounts if folder.resolve().is_relative_to(Path(mount[1]))
    ]
    return max(inside, default=(0, "unknown"))[1]
