"""The production broker's configuration makes three brokers one; the loss of any of them loses nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest
from nats.errors import Error as NatsError

from deploy.broker import find_server, wait_until_healthy
from deploy.declarations import hears_of_all
from deploy.errors import CommandFailed
from deploy.ports import choose
from deploy.prepare import prepare_keys, prepare_streams
from services.kit.events import Broker, BrokerDown
from services.kit.settings import Settings
from services.kit.testing import eventually
from services.kit.tls import Tls
from tests.service.kit.bus import told

CONFIGURATION = Path(__file__).parents[3] / "deploy" / "kubernetes" / "overlays" / "production" / "nats.conf"
NODES = 3


class Cluster:
    """Three brokers with the configuration of the cluster, on ports of this machine."""

    def __init__(self, folder: Path) -> None:
        self.secrets = folder / "secrets"
        prepare_keys(self.secrets, {})
        self._folder = folder
        taken = choose([0] * 3 * NODES)
        self.clients, self.routes, self.monitors = taken[:NODES], taken[NODES : 2 * NODES], taken[2 * NODES :]
        self._processes: dict[int, Popen[bytes]] = {}

    def start(self, node: int) -> None:
        text = CONFIGURATION.read_text("utf-8")
        places = {
            "0.0.0.0:4222": f"127.0.0.1:{self.clients[node]}",
            "0.0.0.0:6222": f"127.0.0.1:{self.routes[node]}",
            "127.0.0.1:8222": f"127.0.0.1:{self.monitors[node]}",
            "/var/lib/kuguan-broker": str(self._folder / f"store-{node}"),
            **{f"nats-{one}.nats-peers:6222": f"127.0.0.1:{self.routes[one]}" for one in range(NODES)},
            "/etc/nats/tls.pem": str(self.secrets / "nats.pem"),
            "/etc/nats/tls-key.pem": str(self.secrets / "nats-key.pem"),
            "/etc/nats/tls-ca.pem": str(self.secrets / "authority.pem"),
        }
        for there, here in places.items():
            assert there in text
            text = text.replace(there, here)
        path = self._folder / f"nats-{node}.conf"
        path.write_text(text)
        shutil.copy(self.secrets / "broker-users.conf", self._folder)
        environment = {**os.environ, "POD_NAME": f"nats-{node}"}
        self._processes[node] = Popen(
            [find_server(), "-c", str(path)], env=environment, stdout=DEVNULL, stderr=DEVNULL
        )

    def kill(self, node: int) -> None:
        process = self._processes.pop(node)
        process.kill()
        process.wait(10)

    def stop(self) -> None:
        for node in list(self._processes):
            self.kill(node)

    def settings(self, user: str) -> Settings:
        environment = {
            "KUGUAN_BROKER_URL": f"tls://127.0.0.1:{self.clients[0]}",
            "KUGUAN_BROKER_SEED_FILE": str(self.secrets / f"{user}.nkey"),
            "KUGUAN_TLS_CERTIFICATE_FILE": str(self.secrets / f"{user}.pem"),
            "KUGUAN_TLS_KEY_FILE": str(self.secrets / f"{user}-key.pem"),
            "KUGUAN_TLS_CA_FILE": str(self.secrets / "authority.pem"),
        }
        return Settings.of(user, environment)

    async def connect(self, node: int) -> Broker:
        """The connection of stock to one of the brokers."""
        settings = self.settings("stock")
        seed = settings.broker_seed
        assert seed is not None
        broker = Broker("stock", f"tls://127.0.0.1:{self.clients[node]}", seed.value, Tls.of(settings))

        async def connected() -> bool:
            try:
                await broker.connect()
            except BrokerDown:
                # No leader yet: a service that starts in this moment tries again too.
                return False
            return True

        await eventually(connected, 40)
        return broker


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three brokers, started together as the cluster does."""
    made = Cluster(tmp_path)
    try:
        for node in range(NODES):
            made.start(node)
        yield made
    finally:
        made.stop()


async def test_three_brokers_keep_events_while_each_of_them_is_killed(cluster: Cluster) -> None:
    for port in cluster.monitors:
        await wait_until_healthy(port)

    async def made() -> bool:
        try:
            await prepare_streams(cluster.settings("deployer"), hears_of_all(), NODES)
        except CommandFailed:
            return False
        return True

    await eventually(made, 30)
    sent = 0
    for node in range(NODES):
        cluster.kill(node)
        broker = await cluster.connect((node + 1) % NODES)

        async def goes_on(broker: Broker = broker, number: int = sent) -> bool:
            try:
                await broker.publish([told(f"thing-{number}", number + 1)])
            except (BrokerDown, NatsError):
                return False
            return True

        # A new leader is found within seconds; meanwhile events wait in the outbox.
        await eventually(goes_on, 40)
        sent += 1
        await broker.close()
        cluster.start(node)
        await wait_until_healthy(cluster.monitors[node])
    broker = await cluster.connect(0)
    try:
        reply = await broker.connection.request("$JS.API.STREAM.INFO.KUGUAN", b"{}", timeout=10)
        info = json.loads(reply.data)
        assert info["config"]["num_replicas"] == NODES
        assert info["state"]["messages"] == sent
        assert len(info["cluster"]["replicas"]) == NODES - 1
    finally:
        await broker.close()
