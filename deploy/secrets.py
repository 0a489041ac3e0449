"""The secrets of an embedded system: made once at the first start, read by their owners only."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nkeys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from deploy.errors import CommandFailed
from deploy.files import PRIVATE_DIRECTORY, PRIVATE_FILE, write_atomically

BROKER_USERS = ("stock", "orders", "approvals", "bot", "deployer")
SECRET_BYTES = 32
CLIENT_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")

_READ_ALL = (
    "approvals.read",
    "items.read",
    "orders.read",
    "orders.read_all",
    "people.read",
    "rules.read",
    "stock.read",
)
_SET_UP = (*_READ_ALL, "items.write", "people.write", "rules.write", "stock.open")


@dataclass(frozen=True)
class Client:
    """A program that may ask for tokens: what it may do by itself, and whether it vouches for people."""

    name: str
    permissions: tuple[str, ...]
    may_vouch: bool = False


# The bot looks things up by itself; whatever a person does goes with that person's token.
CLIENTS = (
    Client("bot", ("items.read", "orders.read", "people.read", "stock.read"), may_vouch=True),
    Client("console", _SET_UP),
    # A rule proposed by one client is confirmed by the other, so that setting up needs no administrator yet.
    Client("setup", _SET_UP),
)


def ensure_secrets(directory: Path) -> None:
    """Make what is missing in the directory of secrets and check who can read what is there.

    Raises CommandFailed when a file or the directory is open to others, or a key cannot be read.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
    _refuse_open(directory)
    for path in sorted(directory.iterdir()):
        _refuse_open(path)
    _ensure_access_keys(directory)
    for user in BROKER_USERS:
        path = directory / f"{user}.nkey"
        if not path.exists():
            write_atomically(path, _new_seed())
    for name in [*(f"{client.name}.secret" for client in CLIENTS), "web-cookie.secret"]:
        path = directory / name
        if not path.exists():
            write_atomically(path, _new_secret())
    write_if_changed(directory / "clients.json", _clients_file(directory))


def broker_public_keys(directory: Path) -> dict[str, str]:
    """The public key of each broker user."""
    keys = {}
    for user in BROKER_USERS:
        path = directory / f"{user}.nkey"
        try:
            keys[user] = nkeys.from_seed(bytearray(path.read_bytes().strip())).public_key.decode()
        except (nkeys.NkeysError, ValueError) as error:
            raise _damaged(path) from error
    return keys


def read_secret(path: Path) -> str:
    """The text of a secret file; raises CommandFailed where there is none."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise CommandFailed(
            f"找不到密钥文件 {path}。先运行 kuguan up,或用 KUGUAN_DATA 指明数据目录。",
            f"There is no secret file {path}. Run `kuguan up`, or name the data directory in KUGUAN_DATA.",
        ) from None
    except (PermissionError, UnicodeDecodeError):
        raise CommandFailed(f"无法读取密钥文件 {path}。", f"The secret file {path} cannot be read.") from None


def write_if_changed(path: Path, content: bytes) -> None:
    """Write a file only if its content is another one."""
    if not path.exists() or path.read_bytes() != content:
        write_atomically(path, content)


def _ensure_access_keys(directory: Path) -> None:
    private_path, public_path = directory / "access-private.pem", directory / "access-public.pem"
    if not private_path.exists():
        made = Ed25519PrivateKey.generate()
        write_atomically(private_path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    if public_path.exists():
        # Not derived again: while keys are being replaced the file holds two of them.
        return
    try:
        key = load_pem_private_key(private_path.read_bytes(), password=None)
    except ValueError as error:
        raise _damaged(private_path) from error
    write_atomically(
        public_path, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def add_client(directory: Path, name: str, permissions: Sequence[str]) -> Path:
    """Give another program a secret and permissions, or change its permissions; returns its secret's file.

    Raises CommandFailed for a name that is ours or cannot be one.
    """
    if not CLIENT_NAME.fullmatch(name) or name in {client.name for client in CLIENTS}:
        raise CommandFailed(
            f"程序名 {name} 不能用:要小写字母、数字和连字符,不能与自带的重名。",
            f"A program cannot be called {name}: use lower-case letters, digits, hyphens, no name of ours.",
        )
    secret = directory / f"{name}.secret"
    if not secret.exists():
        write_atomically(secret, _new_secret())
    others = [row for row in known_clients(directory) if row["client"] != name]
    rows = [*others, _row(directory, Client(name, tuple(permissions)))]
    write_if_changed(directory / "clients.json", _as_bytes(rows))
    return secret


def known_clients(directory: Path) -> list[dict[str, Any]]:
    """The programs that may ask for tokens; raises CommandFailed where the file cannot be read."""
    path = directory / "clients.json"
    if not path.exists():
        return []
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [dict(row) for row in rows if isinstance(row["client"], str)]
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged(path) from error


def _clients_file(directory: Path) -> bytes:
    """Our own programs as this version needs them, and those of other people as they are."""
    ours = {client.name for client in CLIENTS}
    others = [row for row in known_clients(directory) if row["client"] not in ours]
    return _as_bytes([*(_row(directory, client) for client in CLIENTS), *others])


def _row(directory: Path, client: Client) -> dict[str, Any]:
    secret = read_secret(directory / f"{client.name}.secret")
    return {
        "client": client.name,
        "secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
        "permissions": list(client.permissions),
        "may_vouch": client.may_vouch,
    }


def _as_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return (json.dumps(rows, indent=2) + "\n").encode()


def _new_seed() -> bytes:
    return bytes(nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)) + b"\n"


def _new_secret() -> bytes:
    return base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).rstrip(b"=") + b"\n"


def _refuse_open(path: Path) -> None:
    mode = stat.S_IMODE(path.lstat().st_mode)
    allowed = PRIVATE_DIRECTORY if path.is_dir() else PRIVATE_FILE
    if mode & ~PRIVATE_DIRECTORY:
        raise CommandFailed(
            f"{path} 的权限是 {mode:o},其他人可以读写。请运行:chmod {allowed:o} {path}",
            f"{path} has mode {mode:o}, so others can read or change it. Run: chmod {allowed:o} {path}",
        )


def _damaged(path: Path) -> CommandFailed:
    return CommandFailed(
        f"密钥文件 {path} 已损坏。请从备份恢复。",
        f"The key file {path} is damaged. Restore it from a backup.",
    )
