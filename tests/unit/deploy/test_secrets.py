"""The secrets of an embedded system."""

import hashlib
import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from deploy.errors import CommandFailed
from deploy.secrets import (
    BROKER_USERS,
    add_client,
    broker_public_keys,
    ensure_secrets,
    known_clients,
)


def test_everything_is_made_private_at_the_first_start(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"
    ensure_secrets(directory)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    names = {path.name for path in directory.iterdir()}
    assert names >= {f"{user}.nkey" for user in BROKER_USERS}
    assert names >= {"bot.secret", "console.secret", "setup.secret", "clients.json", "access-private.pem"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    ensure_secrets(tmp_path / "secrets")
    before = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()
    }
    ensure_secrets(tmp_path / "secrets")
    after = {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.rglob("*") if path.is_file()
    }
    assert before == after


def test_what_a_crash_left_out_is_made_and_the_rest_is_kept(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"
    ensure_secrets(directory)
    kept = (directory / "bot.secret").read_text()
    for name in ("access-public.pem", "console.secret", "clients.json"):
        (directory / name).unlink()
    ensure_secrets(directory)
    private = load_pem_private_key((directory / "access-private.pem").read_bytes(), None)
    public = load_pem_public_key((directory / "access-public.pem").read_bytes())
    assert private.public_key() == public
    assert (directory / "bot.secret").read_text() == kept


def test_clients_are_known_by_the_hash_of_their_secret_only(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"
    ensure_secrets(directory)
    clients = {row["client"]: row for row in json.loads((directory / "clients.json").read_text())}
    assert set(clients) == {"bot", "console", "setup"}
    for name, row in clients.items():
        secret = (directory / f"{name}.secret").read_text().strip()
        assert len(secret) >= 43
        assert row["secret_sha256"] == hashlib.sha256(secret.encode()).hexdigest()
    assert [name for name, row in clients.items() if row["may_vouch"]] == ["bot"]
    # Who vouches for people must not also be able to invent them or decide for itself.
    assert not [p for p in clients["bot"]["permissions"] if not p.endswith(".read")]
    assert not [p for row in clients.values() for p in row["permissions"] if p.startswith("approvals.decide")]


@pytest.mark.parametrize(
    ("name", "mode"), [("bot.secret", 0o640), ("access-private.pem", 0o604), ("", 0o755)]
)
def test_secrets_open_to_others_are_refused(tmp_path: Path, name: str, mode: int) -> None:
    directory = tmp_path / "secrets"
    ensure_secrets(directory)
    (directory / name).chmod(mode)
    with pytest.raises(CommandFailed, match="chmod"):
        ensure_secrets(directory)


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"
    ensure_secrets(directory)
    (directory / "stock.nkey").write_text("SUAnothing")
    with pytest.raises(CommandFailed, match=r"stock\.nkey"):
        broker_public_keys(directory)


def test_another_program_keeps_its_permissions_over_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    ensure_secrets(folder)
    secret = add_client(folder, "web-shop", ["stock.read", "stock.reserve"])
    ensure_secrets(folder)
    row = next(row for row in known_clients(folder) if row["client"] == "web-shop")
    assert row["permissions"] == ["stock.read", "stock.reserve"]
    assert row["may_vouch"] is False
    assert row["secret_sha256"] == hashlib.sha256(secret.read_text().strip().encode()).hexdigest()
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["bot", "Web Shop", "../x", "", "x"])
def test_a_program_cannot_take_a_name_of_ours_or_an_odd_one(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "secrets"
    ensure_secrets(folder)
    with pytest.raises(CommandFailed):
        add_client(folder, name, ["stock.read"])
