"""The migrations make the tables that the code describes, on both databases, and guard what is final."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import LargeBinary, Text

from services.kit import schema
from services.kit.database import Database
from tests.service.kit.shelf import migrations

COMPONENTS = ("services.kit", "services.stock", "services.orders", "services.approvals", "bot")


def migrated(url: str, *folders: tuple[str, Path]) -> Database:
    database = Database(url, "test")
    database.migrate(dict(folders))
    return database


def catalogue(database: Database) -> dict[str, Any]:
    """What a database says about its tables, whatever the statements that made them."""
    with database.writing.connect() as connection:
        look = inspect(connection)
        tables = {name: describe(look, name) for name in look.get_table_names() if name != "schema_steps"}
        return {**tables, "guards": sorted(guards(connection))}


def describe(look: Any, table: str) -> dict[str, Any]:
    columns = [
        (column["name"], str(column["type"]), column["nullable"], column["default"])
        for column in look.get_columns(table)
    ]
    indexes = [
        (
            index["name"],
            index["column_names"],
            index["unique"],
            sorted((name, str(value)) for name, value in index["dialect_options"].items()),
        )
        for index in look.get_indexes(table)
    ]
    return {
        "columns": sorted(columns),
        "key": look.get_pk_constraint(table)["constrained_columns"],
        "indexes": sorted(indexes),
        "unique": sorted((each["name"], each["column_names"]) for each in look.get_unique_constraints(table)),
        "checks": sorted((each["name"], each["sqltext"]) for each in look.get_check_constraints(table)),
        "references": sorted(
            (each["name"], each["constrained_columns"], each["referred_table"], each["referred_columns"])
            for each in look.get_foreign_keys(table)
        ),
    }


def guards(connection: Connection) -> list[tuple[str, str]]:
    """The triggers."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    return [(name, definition) for name, definition in connection.execute(text(query))]


@pytest.mark.parametrize("package", COMPONENTS)
def test_the_migrations_make_what_the_code_describes(database_url: str, tmp_path: Path, package: str) -> None:
    metadata, folder = schema.component(package)
    database = migrated(database_url, (package, folder))
    found = catalogue(database)
    with database.writing.begin() as connection:
        drop_all(connection, metadata)
    database.migrate({"described": migrations(tmp_path / "described", metadata)})
    described = catalogue(database)
    database.dispose()
    assert set(found) == {*(table.name for table in metadata.sorted_tables), "guards"}
    assert found == described


def _steps(folder: Path) -> int:
    return len(list(folder.glob("*_sqlite.sql")))


def drop_all(connection: Connection, metadata: MetaData) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(text(f"DROP TABLE {table.name}"))
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"DROP FUNCTION IF EXISTS {table.name}_refuse()"))


@pytest.mark.parametrize("package", [name for name in COMPONENTS if name != "services.kit"])
def test_a_component_and_the_kit_live_in_one_database(database_url: str, package: str) -> None:
    kit, folder = schema.component("services.kit")
    metadata, own = schema.component(package)
    assert not set(kit.tables) & set(metadata.tables)
    database = migrated(database_url, ("kit", folder), (package, own))
    # Starting again applies nothing a second time.
    database.migrate({"kit": folder, package: own})
    assert database.schema_version() == {"kit": _steps(folder), package: _steps(own)}
    database.dispose()


@pytest.mark.parametrize("package", COMPONENTS)
def test_every_rule_and_index_has_a_name(package: str) -> None:
    metadata, _ = schema.component(package)
    for table in metadata.sorted_tables:
        for constraint in table.constraints - {table.primary_key}:
            assert constraint.name, f"{table.name}: {constraint}"
        for index in table.indexes:
            assert index.name, table.name


@pytest.mark.parametrize("package", COMPONENTS)
def test_no_column_holds_a_float(package: str) -> None:
    metadata, _ = schema.component(package)
    types = {
        f"{table.name}.{column.name}": str(column.type)
        for table in metadata.sorted_tables
        for column in table.c
    }
    wrong = {
        name: kind for name, kind in types.items() if any(t in kind for t in ("FLOAT", "REAL", "DOUBLE"))
    }
    assert wrong == {}


def final_tables() -> list[tuple[str, str]]:
    return [
        (package, table.name)
        for package in COMPONENTS
        for table in schema.component(package)[0].sorted_tables
        if table.info.get("append_only")
    ]


@pytest.mark.parametrize(("package", "name"), final_tables())
def test_a_final_row_is_never_changed_or_deleted(database_url: str, package: str, name: str) -> None:
    metadata, folder = schema.component(package)
    table = metadata.tables[name]
    database = migrated(database_url, (package, folder))
    columns = ", ".join(column.name for column in table.c)
    zeros = ", ".join(_literal(column.type, database.is_sqlite) for column in table.c)
    first = next(iter(table.c)).name
    attempts = [f"UPDATE {name} SET {first} = {first}", f"DELETE FROM {name}"]
    if not database.is_sqlite:
        attempts.append(f"TRUNCATE {name} CASCADE")
    else:
        attempts.append(f"REPLACE INTO {name} ({columns}) VALUES ({zeros})")
    with database.writing.connect() as connection:
        if database.is_sqlite:
            # Only the triggers are tried here, not what else a row must be.
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql(f"INSERT INTO {name} ({columns}) VALUES ({zeros})")
        for attempt in attempts:
            connection.exec_driver_sql("SAVEPOINT attempt")
            with pytest.raises(DBAPIError, match="never changed"):
                connection.exec_driver_sql(attempt)
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT attempt")
    database.dispose()


def _literal(kind: Any, sqlite: bool) -> str:
    return "'x'" if isinstance(kind, Text) else "x'00'" if isinstance(kind, LargeBinary) and sqlite else "0"


def test_what_is_final_is_known() -> None:
    """Ledger entries, votes, audit rows and stored answers are only ever inserted (R6)."""
    names = {name for _, name in final_tables()}
    assert {"requests", "audit"} <= names
    for word in ("entries", "votes"):
        assert [name for name in names if word in name], f"no final table for {word}: {sorted(names)}"


def test_a_step_that_fails_leaves_the_database_as_it_was(database_url: str, tmp_path: Path) -> None:
    for name in ("sqlite", "postgresql"):
        (tmp_path / f"0001_{name}.sql").write_text("CREATE TABLE one (a INTEGER)\n")
        (tmp_path / f"0002_{name}.sql").write_text("CREATE TABLE two (a INTEGER)\n--\nCREATE NONSENSE\n")
    database = Database(database_url, "test")
    with pytest.raises(DBAPIError):
        database.migrate({"test": tmp_path})
    with database.writing.connect() as connection:
        assert inspect(connection).get_table_names() == []
    for name in ("sqlite", "postgresql"):
        (tmp_path / f"0002_{name}.sql").write_text("CREATE TABLE two (a INTEGER)\n")
    database.migrate({"test": tmp_path})
    assert database.schema_version() == {"test": 2}
    database.dispose()


def test_a_reader_cannot_write(database_url: str) -> None:
    database = migrated(database_url, ("kit", schema.component("services.kit")[1]))
    with pytest.raises(DBAPIError, match=r"read-?only"), database.reading.begin() as connection:
        connection.exec_driver_sql("INSERT INTO aggregates (aggregate, last_sequence) VALUES ('a', 1)")
    database.dispose()
