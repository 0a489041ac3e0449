"""Child processes: started, restarted, stopped; and the locks they keep."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from deploy import locks, processes
from deploy.errors import CommandFailed
from deploy.locks import is_running, only_one
from deploy.ports import choose, is_free, require_free
from deploy.processes import Child, Part

READY = "import time; print('ready part 127.0.0.1:1', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY


def _part(tmp_path: Path, program: str) -> Part:
    return Part("part", [sys.executable, "-c", program], os.environ, tmp_path / "part.log")


def _files(directory: Path) -> list[Path]:
    return list(directory.iterdir())


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never became true")


async def _nothing() -> None:
    return None


async def test_a_part_is_ready_when_it_says_so_and_is_stopped(tmp_path: Path) -> None:
    child = Child(_part(tmp_path, READY), lambda *_: None)
    await child.start()
    assert child.process_id > 0
    assert child.address == "127.0.0.1:1"
    await child.stop()
    assert child.process_id == 0
    assert (tmp_path / "part.log").read_text() == "ready part 127.0.0.1:1\n"


async def test_a_part_that_cannot_start_tells_the_last_lines_of_its_log(tmp_path: Path) -> None:
    child = Child(_part(tmp_path, "import sys; sys.exit('the port is taken')"), lambda *_: None)
    with pytest.raises(CommandFailed, match="exit code 1") as failure:
        await child.start()
    assert "the port is taken" in failure.value.english


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    child = Child(Part("part", ["/no/such/program"], os.environ, tmp_path / "log"), lambda *_: None)
    with pytest.raises(CommandFailed, match="/no/such/program"):
        await child.start()


async def test_a_killed_part_comes_back_with_a_printed_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PAUSES", (0.01,))
    said: list[str] = []
    after: list[int] = []
    child = Child(_part(tmp_path, READY), lambda _chinese, english: said.append(english))
    await child.start()
    first = child.process_id

    async def restarted() -> None:
        after.append(child.process_id)

    hook: Callable[[], Awaitable[None]] = restarted
    keeper = asyncio.create_task(child.keep_alive(hook))
    for expected in (1, 2):
        os.kill(child.process_id, signal.SIGKILL)
        await _until(lambda expected=expected: len(after) == expected)  # type: ignore[misc]
    await child.stop()
    await keeper
    assert first not in after
    assert [line.split(" ")[1] for line in said] == ["ended", "is", "ended", "is"]
    assert "SIGKILL" in said[0]


async def test_stopping_ends_the_wait_for_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PAUSES", (600.0,))
    child = Child(_part(tmp_path, READY), lambda *_: None)
    await child.start()
    keeper = asyncio.create_task(child.keep_alive(_nothing))
    os.kill(child.process_id, signal.SIGKILL)
    await _until(lambda: child.process_id == 0)
    await child.stop()
    await asyncio.wait_for(keeper, 5)


async def test_a_part_that_does_not_stop_is_ended_in_bounded_time(tmp_path: Path) -> None:
    child = Child(_part(tmp_path, STUBBORN), lambda *_: None)
    await child.start()
    await asyncio.wait_for(child.stop(0.2), 5)
    assert child.process_id == 0


async def test_a_long_log_becomes_two_short_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 2000)
    program = "[print('x' * 99) for _ in range(50)]; " + READY
    child = Child(_part(tmp_path, program), lambda *_: None)
    await child.start()
    await child.stop()
    sizes = {path.name: path.stat().st_size for path in _files(tmp_path)}
    assert set(sizes) == {"part.log", "part.log.1"}
    assert max(sizes.values()) <= 2200


def test_a_second_system_on_one_directory_is_refused(tmp_path: Path) -> None:
    assert not is_running(tmp_path)
    with only_one(tmp_path):
        assert is_running(tmp_path)
        with pytest.raises(CommandFailed, match="in use"), only_one(tmp_path):
            pass
    assert not is_running(tmp_path)


def test_a_new_system_waits_for_the_last_children_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with only_one(tmp_path) as lock:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[lock])
    try:
        monkeypatch.setattr(locks, "CHILDREN_SECONDS", 0.2)
        with pytest.raises(CommandFailed, match="run before"), only_one(tmp_path):
            pass
    finally:
        child.kill()
        child.communicate()
    with only_one(tmp_path):
        pass


def test_ports_that_are_free_are_taken_as_wanted_and_others_are_replaced() -> None:
    import socket

    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        (free,) = choose([0])
        chosen = choose([taken, free, free, 0])
        assert chosen[1] == free
        assert taken not in chosen
        assert len(set(chosen)) == 4
        assert not is_free(taken)
        with pytest.raises(CommandFailed, match="--port"):
            require_free(taken)
