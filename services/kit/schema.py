"""Writes the first migration of a component from its table definitions, for both databases.

``python -m services.kit.schema services.stock`` writes services/stock/migrations/0001_sqlite.sql and
0001_postgresql.sql. Once released, steps are frozen and each change gets a numbered step of its own;
a test compares what the steps make with the definitions.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData, Table
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.schema import CreateIndex, CreateTable

from services.kit.database import STATEMENT_SEPARATOR


def dialects() -> dict[str, Dialect]:
    """The databases Kuguan runs on."""
    return {name: make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql")}


def render(metadata: MetaData, dialect: Dialect) -> str:
    """The statements that make all tables, indexes and guards of a component."""
    statements: list[str] = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements.extend(str(CreateIndex(index).compile(dialect=dialect)).strip() for index in indexes)
        if table.info.get("append_only"):
            statements.extend(_guards(table, dialect))
    tidy = ("\n".join(line.rstrip() for line in statement.splitlines()) for statement in statements)
    return STATEMENT_SEPARATOR.join(tidy) + "\n"


def _guards(table: Table, dialect: Dialect) -> list[str]:
    """Triggers that refuse to change or delete a row that may only be inserted (R6)."""
    name = table.name
    if dialect.name == "sqlite":
        body = f"BEGIN SELECT RAISE(ABORT, 'rows of {name} are never changed'); END"
        return [
            f"CREATE TRIGGER {name}_no_{action.lower()} BEFORE {action} ON {name}\n{body}"
            for action in ("UPDATE", "DELETE")
        ]
    body = f"$$ BEGIN RAISE EXCEPTION 'rows of {name} are never changed'; END $$"
    when = f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {name}"
    return [
        f"CREATE FUNCTION {name}_refuse() RETURNS trigger LANGUAGE plpgsql AS\n{body}",
        f"CREATE TRIGGER {name}_append_only {when}\nFOR EACH STATEMENT EXECUTE FUNCTION {name}_refuse()",
    ]


def component(package: str) -> tuple[MetaData, Path]:
    """The tables and the migrations folder of a package such as ``services.stock``."""
    if package == "services.kit":
        metadata = import_module("services.kit.tables").KIT
    else:
        metadata = import_module(f"{package}.storage").METADATA
    file = import_module(package).__file__
    assert isinstance(metadata, MetaData)
    assert file is not None
    return metadata, Path(file).parent / "migrations"


def write(package: str) -> None:
    """Write the first step of a package."""
    metadata, folder = component(package)
    folder.mkdir(exist_ok=True)
    for name, dialect in dialects().items():
        (folder / f"0001_{name}.sql").write_text(render(metadata, dialect), encoding="utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        write(argument)
