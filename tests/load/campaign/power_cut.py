"""A power cut of the whole system: everything not synced is dropped, what was answered is there afterwards.

The data lies in a file system on a loop device. The processes are stopped, the file system is told to drop
whatever it has not written (an ioctl of the kernel), the processes are killed, and the disk is mounted again.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from tests.load.campaign.history import History
from tests.load.campaign.kills import judge
from tests.load.campaign.processes import children, send
from tests.load.campaign.traffic import bring_goods, traffic
from tests.load.campaign.trial import Missing, Trial, Tried

RARE = ("power was cut", "answered just before a cut", "came back after a cut")
_SHUTDOWN = 0x8004587D
_DROP_EVERYTHING = 2
_DISK_BYTES = 2 * 1024**3
_WORK_SECONDS = (0.5, 2.5)


def power_cuts(trial: Trial) -> None:
    """Cut the power so many times under traffic; after each the system starts on what the disk still has."""
    with loop_disk(trial.folder) as disk:
        system = Tried(disk.folder)
        system.start()
        try:
            bring_goods(system)
            with traffic(system, trial.seed) as history:
                for _ in range(trial.rounds):
                    _one_cut(trial, system, disk, history)
            judge(trial, system, history)
        finally:
            system.stop()


def _one_cut(trial: Trial, system: Tried, disk: Disk, history: History) -> None:
    before = history.count()["answered"]
    sleep(trial.chance.uniform(*_WORK_SECONDS))
    port = system.port
    supervisor = int(system.running()["supervisor"])
    pids = [supervisor, *children(system).values()]
    for pid in pids:
        send(pid, signal.SIGSTOP)
    disk.drop_unsynced()
    for pid in pids:
        send(pid, signal.SIGKILL)
    system.was_killed()
    trial.saw("power was cut")
    trial.saw("answered just before a cut", history.count()["answered"] - before)
    disk.mount_again()
    system.start(port=port)
    trial.saw("came back after a cut")


class Disk:
    """A file system on a loop device."""

    def __init__(self, image: Path, folder: Path) -> None:
        self._image = image
        self.folder = folder

    def mount(self) -> None:
        """Mount it; raises Missing where this machine does not allow it."""
        self.folder.mkdir(exist_ok=True)
        done = _run("mount", "-o", "loop", str(self._image), str(self.folder))
        if done.returncode:
            raise Missing(f"a loop device cannot be mounted: {done.stderr.strip()}")
        self.folder.chmod(0o700)

    def drop_unsynced(self) -> None:
        """From now on nothing reaches the disk, and what had not reached it is gone."""
        handle = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, struct.pack("I", _DROP_EVERYTHING))
        finally:
            os.close(handle)

    def unmount(self) -> None:
        """Take it off; files that dying processes still hold are given a moment."""
        for _ in range(50):
            if not _run("umount", str(self.folder)).returncode:
                return
            sleep(0.1)
        _run("umount", "--lazy", str(self.folder))

    def mount_again(self) -> None:
        """What a machine does after the power is back."""
        self.unmount()
        self.mount()


@contextmanager
def loop_disk(folder: Path) -> Iterator[Disk]:
    """A fresh file system on a loop device; raises Missing without root, loop devices or mkfs."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None or not Path("/dev/loop-control").exists():
        raise Missing("a power cut needs root, loop devices and mkfs.ext4")
    image = folder / "disk.image"
    with image.open("wb") as file:
        file.truncate(_DISK_BYTES)
    done = _run("mkfs.ext4", "-q", "-F", str(image))
    if done.returncode:
        raise Missing(f"no file system can be made: {done.stderr.strip()}")
    disk = Disk(image, folder / "data")
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()
        image.unlink()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True)
