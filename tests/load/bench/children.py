"""Processes of a measurement: started, awaited, ended by their own id, and what they used of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
_TICKS = os.sysconf("SC_CLK_TCK")
_MEBIBYTE_OF_KILOBYTES = 1024


@dataclass(frozen=True)
class Child:
    """A process that has said it is ready, and the address it told."""

    process: subprocess.Popen[bytes]
    address: str


@contextmanager
def module(name: str, folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Child]:
    """Run a module as a process that prints ``ready NAME ADDRESS``; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / f"{name}.out"
    with output.open("wb") as out, (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", name],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
            env={**os.environ, **(environment or {}), "KUGUAN_DIE_WITH_PARENT": "1"},
        )
    try:
        yield Child(process, _address(process, output, folder / f"{name}.log"))
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to stop, and end it when it does not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)


def _address(process: subprocess.Popen[bytes], output: Path, log: Path) -> str:
    ends = time.monotonic() + READY_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        words = output.read_text(encoding="utf-8").split()
        if len(words) >= 3 and words[0] == "ready":
            return words[2]
        time.sleep(0.02)
    raise AssertionError(f"it did not start: {log.read_text(encoding='utf-8')[-2000:]}")


def family(process_id: int) -> list[int]:
    """A process and those it started, such as a service and its gate."""
    known = [process_id]
    for folder in Path("/proc").glob("[0-9]*"):
        # What ends while it is looked at is not one of those that are measured.
        with suppress(OSError):
            if int(_status(folder)[1]) == process_id:
                known.append(int(folder.name))
    return known


def processor_seconds(process_id: int) -> float:
    """How much processor time a process and those it started have used so far, in all their threads."""
    used = [_status(Path(f"/proc/{number}")) for number in family(process_id)]
    return sum(int(fields[11]) + int(fields[12]) for fields in used) / _TICKS


def _status(folder: Path) -> list[str]:
    return (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def memory(process_ids: Iterable[int]) -> tuple[float, float]:
    """What processes hold in MiB: proportional (shared pages shared out) and resident."""
    proportional = resident = 0
    for process_id in process_ids:
        for line in Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="utf-8").splitlines():
            if line.startswith("Pss:"):
                proportional += int(line.split()[1])
            elif line.startswith("Rss:"):
                resident += int(line.split()[1])
    return proportional / _MEBIBYTE_OF_KILOBYTES, resident / _MEBIBYTE_OF_KILOBYTES
