"""Real parts for tests: a broker of its own, and a service running in the test's event loop."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep, time

import grpc
import nats
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from services.kit import run
from services.kit.access import Caller, Signer
from services.kit.clients import connect
from services.kit.events import ensure_streams
from services.kit.run import Running
from services.kit.service import Service
from services.kit.settings import Settings
from services.kit.tls import Tls

START_SECONDS = 20.0


@dataclass(frozen=True)
class Keys:
    """An access key pair made for a test, and tokens signed with it."""

    private: str
    public: str

    @classmethod
    def new(cls) -> Keys:
        """A fresh pair."""
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return cls(private.decode(), public.decode())

    def write(self, folder: Path) -> None:
        """Put both keys into a folder under the names that settings expect."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "access-private.pem").write_text(self.private)
        (folder / "access-public.pem").write_text(self.public)

    def token(self, caller: Caller) -> str:
        """A token of the caller that is valid now."""
        return Signer(self.private).token(caller, time())[0]


@dataclass(frozen=True)
class TestBroker:
    """A real broker on a free port, with its store in a temporary folder."""

    __test__ = False

    url: str
    process: subprocess.Popen[bytes]


@contextmanager
def broker(folder: Path, more: str = "") -> Iterator[TestBroker]:
    """Start a real broker, with more lines of configuration if given; it ends with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "broker.conf"
    ports = folder / "ports"
    config.write_text(
        f'listen: "127.0.0.1:-1"\nports_file_dir: "{ports}"\nmax_payload: 256KB\n'
        f'jetstream {{ store_dir: "{folder / "store"}", sync_interval: always, max_file_store: 8GB }}\n'
        f"{more}"
    )
    ports.mkdir(exist_ok=True)
    program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which(
        "nats-server"
    )
    assert program is not None, "nats-server is not installed"
    with (folder / "broker.log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(config)], stdout=log, stderr=log)
    try:
        yield TestBroker(_url(ports, folder), process)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _url(ports: Path, folder: Path) -> str:
    ends = monotonic() + START_SECONDS
    while monotonic() < ends:
        for file in ports.glob("*.ports"):
            text = file.read_text()
            if '"nats"' in text:
                return text.split('"nats":')[1].split('"')[1]
        sleep(0.02)
    raise AssertionError(f"the broker did not start: {(folder / 'broker.log').read_text()}")


async def set_up_streams(url: str, hears: Mapping[str, Sequence[str]], tls: Tls | None = None) -> None:
    """Make streams and consumers, as the deployer does."""
    connection = await nats.connect(url, tls=None if tls is None else tls.for_broker())
    try:
        await ensure_streams(connection, hears)
    finally:
        await connection.close()


@asynccontextmanager
async def running(
    service: Service,
    broker_url: str,
    folder: Path,
    keys: Keys,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[tuple[Running, grpc.aio.Channel]]:
    """A service at work with its database in a folder, and a channel to it."""
    await set_up_streams(broker_url, {service.name: service.hears})
    keys.write(folder)
    settings = {
        "KUGUAN_DATA": str(folder),
        "KUGUAN_BROKER_URL": broker_url,
        "KUGUAN_LISTEN": "127.0.0.1:0",
        "KUGUAN_ACCESS_PUBLIC_KEYS_FILE": str(folder / "access-public.pem"),
        "KUGUAN_ACCESS_PRIVATE_KEY_FILE": str(folder / "access-private.pem"),
        **(environment or {}),
    }
    told = Settings.of(service.name, settings)
    at_work = await run.start(service, told)
    channel = connect(at_work.address, Tls.of(told))
    try:
        yield at_work, channel
    finally:
        await channel.close()
        await at_work.stop()


async def eventually(condition: object, seconds: float = 10.0) -> None:
    """Wait until an async condition holds; the bound only ends a test that has already failed."""
    assert callable(condition)
    ends = monotonic() + seconds
    while not await condition():
        assert monotonic() < ends, "it never became true"
        await asyncio.sleep(0.02)
