"""A full disk under traffic: nothing answered is lost, and work goes on when there is space again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any, cast

import grpc

from services.kit.rpc import from_call_error
from tests.journey.system import eventually
from tests.load.campaign.history import History
from tests.load.campaign.kills import judge
from tests.load.campaign.processes import all_are_back, kill_part
from tests.load.campaign.traffic import CHEAP, HEFENG, Line, an_order, bring_goods, traffic
from tests.load.campaign.trial import Missing, Trial, Tried, at_work

RARE = (
    "refused while little space was left",
    "disk was full",
    "nothing was answered on the full disk",
    "work went on when there was space",
)
_DISK = "1g"
_LITTLE_BYTES = 200 * 1024 * 1024
_LITTLE_SECONDS = 11.0
_FULL_SECONDS = 5.0
_AGAIN_SECONDS = 60.0
_CHUNK = bytes(1 << 20)


def full_disk(trial: Trial) -> None:
    """Fill the disk of a working system so many times, and free it again."""
    with small_disk(trial.folder / "disk") as disk, at_work(disk) as system:
        bring_goods(system)
        with traffic(system, trial.seed) as history:
            for _ in range(trial.rounds):
                sleep(1.0)
                ballast = disk / "ballast"
                _fill(ballast, _LITTLE_BYTES)
                sleep(_LITTLE_SECONDS)
                _note_refusals(trial, system)
                _fill(ballast, 0)
                trial.saw("disk was full")
                # Commands on their way may still find room in what was written before.
                sleep(1.0)
                before = history.count()["answered"]
                sleep(_FULL_SECONDS)
                if history.count()["answered"] == before:
                    trial.saw("nothing was answered on the full disk")
                ballast.unlink()
                # A broker that met a full disk takes nothing before it is started again.
                gone = {kill_part(system, "broker")[0]}
                all_are_back(system, gone)
                _goes_on(history)
                trial.saw("work went on when there was space")
        judge(trial, system, history)


def _fill(ballast: Path, left: int) -> None:
    """Write until so many bytes are free, or not one more can be written."""
    with ballast.open("ab", buffering=0) as file:
        for piece in (_CHUNK, _CHUNK[:4096]):
            try:
                while shutil.disk_usage(ballast.parent).free > left:
                    file.write(piece)
            except OSError:
                continue


def _note_refusals(trial: Trial, system: Tried) -> None:
    """Whether a change is refused early, with its reason, before the disk is really full."""
    line = Line(system)
    try:
        line.ask(line.orders.CreateOrder, an_order(CHEAP, 1), HEFENG)
    except grpc.RpcError as error:
        told = from_call_error(cast(Any, error))
        trial.saw("refused while little space was left", int(told.kind == "overloaded"))
    finally:
        line.close()


def _goes_on(history: History) -> None:
    before = history.count()["answered"]
    eventually(lambda: history.count()["answered"] > before + 5, "commands are answered", _AGAIN_SECONDS)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A small file system in memory; raises Missing where this process may not make one."""
    folder.mkdir(parents=True)
    if os.geteuid() != 0:
        raise Missing("a small disk needs root")
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=700", "kuguan-campaign", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"a small disk cannot be mounted: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
