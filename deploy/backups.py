"""`kuguan backup` and `kuguan restore`: one consistent moment of all parts, with its checksums.

The databases are copied as they were at one instant: for a few milliseconds no part can write, so that none
remembers an event that its announcer's copy does not have. The broker's store is not copied: every event it
held is still in the outboxes, and the first start after a restore sends them again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from deploy.declarations import PARTS, declarations
from deploy.errors import CommandFailed
from deploy.files import PRIVATE_DIRECTORY, PRIVATE_FILE, sync_directory, write_atomically
from deploy.location import database_url
from deploy.locks import only_one
from deploy.parked_events import change
from deploy.secrets import ensure_secrets
from deploy.streams import republish_mark
from deploy.verification import Opened, opened, verify_system
from services.kit.database import last_step
from services.kit.health import LAST_BACKUP
from services.kit.run import KIT_MIGRATIONS
from services.kit.verify import Finding

MANIFEST = "manifest.json"
FORMAT = 1
LOCK_SECONDS = 5.0
_PAGES_AT_ONCE = 2_000
_CHUNK = 1 << 20
# Files that belong to the data beside databases and secrets.
_OTHER_FILES = ("demo.json",)

Watch = Callable[[str, int, int], None]
"""Called with the name of the file being copied, what is done of it and its size, both in pages."""


def back_up(data: Path, target: Path, watch: Watch) -> dict[str, Any]:
    """Copy the system on a data directory, running or not, into an empty directory; answers the manifest."""
    sources = _databases(data)
    _require_empty(target)
    target.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
    target.chmod(PRIVATE_DIRECTORY)
    with _one_moment(sources) as (moment, snapshots):
        for name, snapshot in snapshots.items():
            _copy_database(snapshot, target / name, watch)
    schema = {Path(name).stem: _schema_version(target / name) for name in sources}
    secrets = target / "secrets"
    secrets.mkdir(mode=PRIVATE_DIRECTORY)
    for path in sorted((data / "secrets").iterdir()):
        _copy_file(path, secrets / path.name)
    for name in _OTHER_FILES:
        if (data / name).exists():
            _copy_file(data / name, target / name)
    files = [path for path in sorted(target.rglob("*")) if path.is_file()]
    manifest = {
        "format": FORMAT,
        "made_at": moment.isoformat(),
        "schema": schema,
        "files": {str(path.relative_to(target)): _described(path) for path in files},
    }
    sync_directory(secrets)
    # Written last: a directory with a manifest is a whole backup.
    write_atomically(target / MANIFEST, (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode())
    (data / LAST_BACKUP).touch()
    return manifest


def restore(source: Path, data: Path) -> list[Finding]:
    """Put a backup into an unused data directory and verify it; the next start sends all events again.

    Raises CommandFailed when the backup is not whole, comes from a newer version, or the directory is used.
    """
    manifest = _checked_manifest(source)
    _require_known_schema(manifest)
    _require_unused(data)
    data.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
    with only_one(data):
        (data / "secrets").mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
        for name in manifest["files"]:
            _copy_file(source / name, data / name)
        sync_directory(data / "secrets")
        ensure_secrets(data / "secrets")
        write_atomically(republish_mark(data), str(manifest["made_at"]).encode())
        findings = verify_system(data, {}, at_rest=True)
        if not any(finding.broken for finding in findings):
            _mark_audit(data, str(manifest["made_at"]))
        return findings


def _databases(data: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for part in PARTS:
        url = database_url(data, part)
        if not url.startswith("sqlite"):
            raise CommandFailed(
                f"{part} 的数据在 PostgreSQL 中:请用 pg_basebackup 和归档备份它。",
                f"{part} keeps its data in PostgreSQL: back it up with pg_basebackup and archiving.",
            )
        path = Path(url.removeprefix("sqlite:///"))
        if not path.exists():
            raise CommandFailed(
                f"{data} 里没有 {part} 的数据库,没有可备份的内容。用 --data 指明数据目录。",
                f"{data} has no database of {part}: nothing to back up. Name the data directory with --data.",
            )
        found[f"{part}.sqlite3"] = path
    return found


@contextmanager
def _one_moment(sources: dict[str, Path]) -> Iterator[tuple[datetime, dict[str, sqlite3.Connection]]]:
    """A reading transaction on each database, all begun while nobody could write to any of them."""
    try:
        with ExitStack() as readers:
            snapshots: dict[str, sqlite3.Connection] = {}
            with ExitStack() as lockers:
                for path in sources.values():
                    locker = lockers.enter_context(closing(_open(path)))
                    locker.execute("BEGIN IMMEDIATE")
                moment = datetime.now(UTC)
                for name, path in sources.items():
                    reader = readers.enter_context(closing(_open(path)))
                    reader.execute("BEGIN")
                    # The snapshot is taken by the first read, not by BEGIN.
                    reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
                    snapshots[name] = reader
            yield moment, snapshots
    except sqlite3.Error as error:
        raise CommandFailed(f"备份失败:{error}。", f"The backup failed: {error}.") from error


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)


def _copy_database(snapshot: sqlite3.Connection, target: Path, watch: Watch) -> None:
    target.touch(PRIVATE_FILE)
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous=FULL")
        snapshot.backup(
            copy,
            pages=_PAGES_AT_ONCE,
            progress=lambda _status, left, total: watch(target.name, total - left, total),
        )
        # One file, without a write-ahead log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
        (answer,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if answer != "ok":
        raise CommandFailed(f"{target.name} 已损坏:{answer}", f"{target.name} is damaged: {answer}")


def _schema_version(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT component, max(step) FROM schema_steps GROUP BY component")
        return {str(component): int(step) for component, step in rows}


def _described(path: Path) -> dict[str, Any]:
    return {"sha256": _digest(path), "bytes": path.stat().st_size}


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as reading:
        target.touch(PRIVATE_FILE, exist_ok=False)
        with target.open("wb") as writing:
            shutil.copyfileobj(reading, writing, _CHUNK)


def _require_empty(target: Path) -> None:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CommandFailed(f"{target} 不是空目录。", f"{target} is not an empty directory.")


def _require_unused(data: Path) -> None:
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise CommandFailed(
            f"{data} 已有内容,不会覆盖。请恢复到一个空目录:kuguan restore … --data 新目录",
            f"{data} is in use and is not overwritten. Restore into an empty directory.",
        )


def _checked_manifest(source: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((source / MANIFEST).read_bytes())
        files = dict(manifest["files"])
        known = manifest["format"] == FORMAT and isinstance(manifest["schema"], dict)
    except (OSError, ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise CommandFailed(f"{source} 不是完整的备份。", f"{source} is no whole backup.")
    for name, told in files.items():
        path = source / name
        inside = path.resolve().is_relative_to(source.resolve())
        if not inside or not path.is_file() or _digest(path) != told.get("sha256"):
            raise CommandFailed(
                f"备份里的 {name} 缺失或已被改动。", f"{name} of the backup is missing or was changed."
            )
    return dict(manifest)


def _require_known_schema(manifest: dict[str, Any]) -> None:
    known = {"kit": last_step(KIT_MIGRATIONS)}
    known |= {service.name: last_step(service.migrations) for service in declarations()}
    for name, versions in manifest["schema"].items():
        for component, step in dict(versions).items():
            if int(step) > known.get(component, 0):
                raise CommandFailed(
                    f"备份来自更新的版本({name}:{component} {step}),请用那个版本恢复。",
                    f"The backup comes from a newer version ({name}: {component} {step}); use that one.",
                )


def _mark_audit(data: Path, made_at: str) -> None:
    """Say in each audit chain that it was restored: the chain goes on, it is never computed anew."""

    def note(part: Opened) -> None:
        change(part, lambda tx: tx.audit("restore", part.service.name, backup=made_at))

    try:
        with opened(data, {}) as parts:
            for part in parts:
                note(part)
    except DBAPIError as error:
        raise CommandFailed(
            f"恢复后无法写入:{error.orig}。", f"Cannot write after the restore: {error.orig}."
        ) from error
