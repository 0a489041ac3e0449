"""Where a system keeps its data and where its parts listen, as told by the environment and by run.json."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from deploy.errors import CommandFailed
from deploy.files import write_atomically
from deploy.secrets import read_secret
from services.kit.settings import Settings

DEFAULT_URL = "http://127.0.0.1:8088"
SERVICES = ("stock", "orders", "approvals")


@dataclass
class Running:
    """What `kuguan up` tells other commands: addresses and process ids, by part."""

    url: str = DEFAULT_URL
    supervisor: int = 0
    broker_url: str = ""
    broker_monitor: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    processes: dict[str, int] = field(default_factory=dict)


def data_directory() -> Path:
    """KUGUAN_DATA, else the folder `data` in the working directory."""
    return Path(os.environ.get("KUGUAN_DATA") or "data")


def run_file(data: Path) -> Path:
    """The file that says where everything is."""
    return data / "run.json"


def write_running(data: Path, running: Running) -> None:
    """Tell other commands where everything is."""
    write_atomically(run_file(data), (json.dumps(asdict(running), indent=2) + "\n").encode())


def read_running(data: Path) -> Running | None:
    """What the last `kuguan up` on this directory said; None where there was none."""
    try:
        told = json.loads(run_file(data).read_bytes())
        return Running(**told)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise CommandFailed(
            f"{run_file(data)} 无法读取,请删除它再启动。",
            f"{run_file(data)} cannot be read; delete it and start again.",
        ) from None


def is_supervised(data: Path) -> bool:
    """Whether a `kuguan up` is at work on a directory, which starts again what has died."""
    running = read_running(data)
    if running is None or running.supervisor <= 0:
        return False
    try:
        os.kill(running.supervisor, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def base_url() -> str:
    """KUGUAN_URL, else where the system of the data directory says it is, else the default address."""
    told = os.environ.get("KUGUAN_URL")
    if told:
        return told.rstrip("/")
    running = read_running(data_directory())
    return running.url if running else DEFAULT_URL


def service_address(service: str) -> str:
    """KUGUAN_<SERVICE>_ADDRESS, else what run.json says; raises CommandFailed where nothing is known."""
    told = os.environ.get(f"KUGUAN_{service.upper()}_ADDRESS")
    if told:
        return told
    data = data_directory()
    running = read_running(data)
    if running and service in running.addresses:
        return running.addresses[service]
    raise not_running(f"{data}")


def database_url(data: Path, service: str) -> str:
    """Where a part's database is, as the part itself reads it, on the data directory given."""
    return Settings.of(service, {**os.environ, "KUGUAN_DATA": str(data)}).database_url


def client_secret(client: str) -> str:
    """The secret of a client in the data directory; KUGUAN_CLIENT_SECRET_FILE moves the console's."""
    told = os.environ.get("KUGUAN_CLIENT_SECRET_FILE") if client == "console" else None
    return read_secret(Path(told) if told else data_directory() / "secrets" / f"{client}.secret")


def not_running(where: str) -> CommandFailed:
    """The error of commands that need a running system."""
    return CommandFailed(
        f"库管没有在运行({where})。先在另一个窗口运行:kuguan up",
        f"Kuguan is not running ({where}). Start it in another window: kuguan up",
    )
