"""What every test keeps to: no network but this machine, and a browser that is there or loudly missing."""

import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

# A database is started as another user, which needs a fork; in the middle of calls, what gRPC does for forks
# ends the child as often as not. Said before gRPC is imported.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"

# How long an example takes says something about the machine, not about the code.
settings.register_profile("kuguan", deadline=None)
settings.load_profile("kuguan")


def is_local(address: Any) -> bool:
    """Whether a socket address belongs to this machine; the names of socket files do."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def only_this_machine() -> Iterator[None]:
    """Refuse connections that would leave this machine, so that no test depends on anything out there."""
    sound = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if not is_local(address):
            raise PermissionError(f"a test wanted to leave this machine: {address}")
        sound(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", connect)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's browser, for playwright's `executable_path`; start it with BROWSER_FLAGS."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        pytest.skip("MISSING: chromium. `make browser` installs it, or says what to install.")
    return found


@pytest.fixture(scope="session")
def browser_flags() -> list[str]:
    """Flags with which the browser starts in a container and keeps to itself."""
    return list(BROWSER_FLAGS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly when the chat page was not tried in a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    missing = [report for report in skipped if "MISSING: chromium" in str(report.longrepr)]
    if missing:
        terminalreporter.section("THE BROWSER IS MISSING", sep="#", red=True, bold=True)
        terminalreporter.line(f"{len(missing)} tests of the chat page were skipped: `make browser` says why.")
