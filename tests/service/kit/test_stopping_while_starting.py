"""A service that is asked to stop while it waits for its broker stops, instead of waiting on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

SOON_SECONDS = 10.0
"""Far less than a start waits for a broker."""


def test_a_start_that_waits_for_the_broker_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "KUGUAN_DATA": str(tmp_path),
        # Nobody listens there.
        "KUGUAN_BROKER_URL": "nats://127.0.0.1:9",
        "KUGUAN_LISTEN": "127.0.0.1:0",
    }
    process = subprocess.Popen([sys.executable, "-m", "services.orders"], env=environment)
    try:
        ends = monotonic() + 60
        # The database comes just before the broker.
        while not (tmp_path / "orders.sqlite3").exists():
            assert monotonic() < ends, "it does not start"
            sleep(0.05)
        sleep(1.0)
        assert process.poll() is None, "it must still be waiting"
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
