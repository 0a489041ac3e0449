"""Backups of one moment, restored and verified; and damage that verify finds."""

import json
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kuguan.stock.v1.events_pb2 import ItemCreated
from kuguan.stock.v1.items_pb2 import Item
from sqlalchemy import select

from deploy import parked_events
from deploy.backups import back_up, restore
from deploy.declarations import declarations
from deploy.errors import CommandFailed
from deploy.parked_events import change
from deploy.secrets import ensure_secrets
from deploy.verification import opened, verify_system
from services.kit.database import Database
from services.kit.health import LAST_BACKUP
from services.kit.run import KIT_MIGRATIONS
from services.kit.tables import AUDIT, PARKED


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with the schema of every part, one event told and one not yet heard."""
    directory = tmp_path / "data"
    ensure_secrets(directory / "secrets")
    for service in declarations():
        database = Database(f"sqlite:///{directory / f'{service.name}.sqlite3'}", service.name)
        database.migrate({"kit": KIT_MIGRATIONS, service.name: service.migrations})
        database.dispose()
    with opened(directory, {}) as parts:
        stock = next(part for part in parts if part.service.name == "stock")
        change(stock, lambda tx: tx.publish(ItemCreated(item=Item(code="A1")), "A1"))
        change(stock, lambda tx: tx.audit("create_item", "A1"))
    return directory


def _watch(_name: str, _done: int, _total: int) -> None:
    return None


def _broken(data: Path) -> list[str]:
    return [finding.invariant for finding in verify_system(data, {}) if finding.broken]


def test_a_backup_is_private_whole_and_restores_to_a_verified_system(data: Path, tmp_path: Path) -> None:
    target, restored = tmp_path / "backup", tmp_path / "restored"
    manifest = back_up(data, target, _watch)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in target.rglob("*") if path.is_file()} == {0o600}
    assert manifest["schema"]["stock"]["kit"] >= 1
    assert (data / LAST_BACKUP).exists(), "the figures tell when it was made"
    findings = restore(target, restored)
    assert len(findings) > 20
    assert not [finding for finding in findings if finding.broken]
    assert (restored / "republish-at-start").exists()
    assert parked_events.republish_everything(restored) == 0
    assert not (restored / "republish-at-start").exists()
    assert (restored / "secrets" / "console.secret").read_text() == (
        data / "secrets" / "console.secret"
    ).read_text()
    with closing(sqlite3.connect(restored / "stock.sqlite3")) as connection:
        actions = [row[0] for row in connection.execute("SELECT action FROM audit ORDER BY sequence")]
    assert actions == ["create_item", "restore"]


def test_a_backup_while_others_write_holds_one_moment_of_all_databases(data: Path, tmp_path: Path) -> None:
    """Two databases are written one after the other; a copy must never hold the second without the first."""
    stop = threading.Event()
    files = [data / "stock.sqlite3", data / "orders.sqlite3"]
    for path in files:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE seen (number INTEGER)")

    def write() -> None:
        connections = [sqlite3.connect(path, timeout=10, isolation_level=None) for path in files]
        number = 0
        while not stop.is_set():
            number += 1
            for connection in connections:
                connection.execute("INSERT INTO seen VALUES (?)", (number,))
        for connection in connections:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            target = tmp_path / f"backup-{number}"
            back_up(data, target, _watch)
            told, heard = (_highest(target / path.name) for path in files)
            assert told - heard in (0, 1)
    finally:
        stop.set()
        writer.join()


def _highest(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute("SELECT coalesce(max(number), 0) FROM seen").fetchone()
        return int(number)


def test_nothing_is_overwritten(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    back_up(data, target, _watch)
    with pytest.raises(CommandFailed, match="not an empty directory"):
        back_up(data, target, _watch)
    with pytest.raises(CommandFailed, match="not overwritten"):
        restore(target, data)


@pytest.mark.parametrize("damage", ["changed", "missing", "no manifest", "outside", "newer"])
def test_a_backup_that_is_not_whole_is_refused(data: Path, tmp_path: Path, damage: str) -> None:
    target = tmp_path / "backup"
    back_up(data, target, _watch)
    manifest = json.loads((target / "manifest.json").read_text())
    if damage == "changed":
        with (target / "stock.sqlite3").open("r+b") as file:
            file.seek(5000)
            file.write(b"x")
    elif damage == "missing":
        (target / "bot.sqlite3").unlink()
    elif damage == "no manifest":
        (target / "manifest.json").unlink()
    elif damage == "outside":
        manifest["files"]["../data/stock.sqlite3"] = manifest["files"].pop("stock.sqlite3")
    else:
        manifest["schema"]["stock"]["kit"] = 999
    if damage in {"outside", "newer"}:
        (target / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(CommandFailed):
        restore(target, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_verify_is_clean_and_turns_red_on_damage(data: Path) -> None:
    assert _broken(data) == []
    with closing(sqlite3.connect(data / "stock.sqlite3", isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE audit SET actor = 'somebody else'")
        connection.execute("UPDATE aggregates SET last_sequence = 7")
    assert {"I8", "I14"} <= set(_broken(data))


def test_verify_sees_an_event_that_was_heard_but_never_told(data: Path) -> None:
    with closing(sqlite3.connect(data / "orders.sqlite3", isolation_level=None)) as connection:
        connection.execute("INSERT INTO heard VALUES ('kuguan.stock.v1', 'A1', 2)")
    assert _broken(data) == ["I15"]


def test_verify_names_a_database_that_is_missing_or_none(data: Path) -> None:
    (data / "bot.sqlite3").write_bytes(b"this is no database at all" * 100)
    assert _broken(data) == ["–"]
    for path in data.glob("bot.sqlite3*"):
        path.unlink()
    with pytest.raises(CommandFailed, match="no database of bot"):
        verify_system(data, {})


def park(data: Path, event_id: str, sequence: int, code: str = "A1") -> None:
    """Orders could not apply what stock told of an item."""
    payload = ItemCreated(item=Item(code=code, name="纸", base_unit="包")).SerializeToString()
    row = {
        "event_id": event_id,
        "event_type": "kuguan.stock.v1.ItemCreated",
        "source": "kuguan.stock.v1",
        "aggregate": code,
        "aggregate_sequence": sequence,
        "payload": payload,
        "headers": "{}",
        "reason": "it was raining",
        "parked_at": datetime.now(UTC),
    }
    with opened(data, {}) as parts:
        orders = next(part for part in parts if part.service.name == "orders")
        change(orders, lambda tx: tx.connection.execute(PARKED.insert(), row))


def test_parked_events_are_listed_shown_and_tried_again(data: Path) -> None:
    park(data, "01parked", 1)
    (event,) = parked_events.parked(data)
    assert event.as_json()["reason"] == "it was raining"
    (shown,) = parked_events.show(data, "01parked")
    content = shown.content()
    assert isinstance(content, dict)
    assert content["item"]["name"] == "纸"
    assert parked_events.retry(data)["orders"] == (1, 0)
    assert parked_events.parked(data) == []
    with pytest.raises(CommandFailed, match="No parked event"):
        parked_events.show(data, "01parked")


def test_a_parked_event_is_dismissed_with_a_reason_and_lets_the_next_one_pass(data: Path) -> None:
    park(data, "01first", 1)
    park(data, "02second", 2)
    for event, reason in (("02second", "too early"), ("01first", " \u200b"), ("03third", "unknown")):
        with pytest.raises(CommandFailed):
            parked_events.dismiss(data, event, reason)
    assert len(parked_events.parked(data)) == 2
    assert parked_events.dismiss(data, "01first", "corrected by hand") == ["orders"]
    assert parked_events.retry(data)["orders"] == (1, 0)
    assert parked_events.parked(data) == []
    with opened(data, {}) as parts:
        orders = next(part for part in parts if part.service.name == "orders")
        with orders.database.reading.begin() as connection:
            (row,) = connection.execute(select(AUDIT).where(AUDIT.c.action == "dismiss_event")).all()
    assert (row.subject, '"reason":"corrected by hand"' in row.facts) == ("01first", True)


def test_only_known_resources_can_be_announced(data: Path) -> None:
    assert parked_events.announce(data, "items") == 0
    with pytest.raises(CommandFailed, match="items"):
        parked_events.announce(data, "everything")
