"""A full disk costs lines of a log and nothing else: whoever writes them goes on."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from deploy.processes import Child, LogFile, Part
from services.kit.testing import eventually

FULL = Path("/dev/full")
LINES = 5_000
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def test_lost_lines_are_counted_and_told_when_there_is_space(tmp_path: Path) -> None:
    log = LogFile(FULL)
    for number in range(3):
        log.add(f"line {number}\n".encode())
    assert list(log.last_lines) == ["line 0", "line 1", "line 2"]
    log.path = tmp_path / "part.log"
    log.add(b"line 3\n")
    log.add(b"line 4\n")
    told = log.path.read_text("utf-8").splitlines()
    assert told == ["… 3 lines were lost, the disk took none", "line 3", "line 4"]


async def test_a_part_whose_log_takes_nothing_becomes_ready_and_goes_on(tmp_path: Path) -> None:
    done = tmp_path / "done"
    program = (
        "import pathlib, time\n"
        "print('ready wordy 127.0.0.1:1', flush=True)\n"
        f"for _ in range({LINES}): print('word ' * 20, flush=True)\n"
        f"pathlib.Path({str(done)!r}).touch()\n"
        "time.sleep(60)\n"
    )
    part = Part("wordy", [sys.executable, "-c", program], os.environ, FULL)
    child = Child(part, lambda chinese, english: None)

    async def is_done() -> bool:
        return done.exists()

    await asyncio.wait_for(child.start(), 20)
    try:
        await eventually(is_done, seconds=20)
    finally:
        await child.stop(2.0)
