"""`kuguan prepare`: what must be there before parts start on hosts of their own; all may be repeated."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from deploy.broker import authorization
from deploy.certificates import ensure_certificates
from deploy.declarations import PARTS
from deploy.errors import CommandFailed
from deploy.files import write_atomically
from deploy.secrets import broker_public_keys, ensure_secrets, write_if_changed
from services.kit.errors import KuguanError
from services.kit.events import ensure_streams
from services.kit.nats_library import NatsError, nats
from services.kit.settings import Settings
from services.kit.tls import Tls

BROKER_USERS_FILE = "broker-users.conf"
ADMINISTRATOR = "postgres"
PASSWORD_BYTES = 24
CONNECT_SECONDS = 10
_LOCAL = ("localhost", "127.0.0.1")
# The three brokers of a cluster reach each other by these names.
_BROKERS = ("nats", "nats-0.nats-peers", "nats-1.nats-peers", "nats-2.nats-peers")


def prepare_keys(directory: Path, more_hosts: Mapping[str, Sequence[str]]) -> list[str]:
    """Make every key, secret, password and certificate that is missing; answers with what was made.

    `more_hosts` holds names, beside a part's own, under which others reach it. Nothing that is there is
    changed, except certificates that are soon over or lack a name.
    """
    before = {path.name for path in directory.glob("*")} if directory.is_dir() else set()
    ensure_secrets(directory)
    for part in (*PARTS, ADMINISTRATOR):
        path = directory / f"{part}.password"
        if not path.exists():
            # Without a line end: other programs take the whole file for the password.
            write_atomically(path, randomness.token_urlsafe(PASSWORD_BYTES).encode())
    names: dict[str, Sequence[str]] = {part: [part, *_LOCAL] for part in (*PARTS, "deployer", "console")}
    names["nats"] = [*_BROKERS, *_LOCAL]
    unknown = sorted(set(more_hosts) - set(names))
    if unknown:
        raise CommandFailed(f"没有叫 {unknown[0]} 的部件。", f"There is no part called {unknown[0]}.")
    renewed = ensure_certificates(
        directory, {part: [*hosts, *more_hosts.get(part, ())] for part, hosts in names.items()}
    )
    write_if_changed(directory / BROKER_USERS_FILE, authorization(broker_public_keys(directory)).encode())
    after = {path.name for path in directory.glob("*")}
    return sorted((after - before) | {f"{part}.pem" for part in renewed})


def prepare_databases(url: str, administrator_password: str, passwords: Mapping[str, str]) -> list[str]:
    """Give each part a role and a database of its own that no other part may enter; tells which were made.

    Raises CommandFailed where the database server does not answer or refuses.
    """
    made = []
    try:
        where = make_conninfo(url, password=administrator_password or None, connect_timeout=CONNECT_SECONDS)
        with psycopg.connect(where, autocommit=True) as server:
            for part, password in passwords.items():
                if _prepare_database(server, part, password):
                    made.append(part)
    except psycopg.Error as error:
        raise CommandFailed(
            f"无法准备数据库:{error}", f"The databases could not be prepared: {error}"
        ) from error
    return made


def _prepare_database(server: psycopg.Connection, part: str, password: str) -> bool:
    role = sql.Identifier(part)
    if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [part]).fetchone() is None:
        server.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
    if password:
        # Said again each time, so that a new password takes effect.
        change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password))
        server.execute(change)
    if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [part]).fetchone() is not None:
        return False
    server.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(role, role)
    )
    server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(role))
    return True


async def prepare_streams(settings: Settings, hears: Mapping[str, Sequence[str]], replicas: int) -> None:
    """Make streams and consumers with the deployer's key, or compare what is there.

    Raises CommandFailed when the broker does not answer or a stream has other settings.
    """
    tls = Tls.of(settings)
    seed = settings.broker_seed
    try:
        connection = await nats.connect(
            settings.broker_url,
            name="kuguan-deployer",
            nkeys_seed_str=seed.value if seed else None,
            inbox_prefix=b"_INBOX_deployer",
            tls=tls.for_broker() if tls else None,
            connect_timeout=CONNECT_SECONDS,
            allow_reconnect=False,
            max_reconnect_attempts=2,
            reconnect_time_wait=0.5,
        )
    except (NatsError, OSError, TimeoutError) as error:
        raise CommandFailed(
            f"无法连接消息服务器 {settings.broker_url}。",
            f"The broker at {settings.broker_url} cannot be reached: {error}.",
        ) from error
    try:
        await ensure_streams(connection, hears, replicas)
    except KuguanError as error:
        raise CommandFailed(
            f"消息流的设置与此版本不符:{error}", f"The streams are not set up as this version needs: {error}"
        ) from error
    finally:
        await connection.close()
