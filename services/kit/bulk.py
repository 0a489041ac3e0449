"""Bulk statements for the hottest tables: rows go to the driver as plain tuples.

SQLAlchemy prepares every parameter of every row by itself, which costs several times what the databases need
for the row. Here a statement is written once for each dialect and the rows already hold what is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """A moment as UtcTime columns store it."""
    return (moment - _EPOCH) // _MICROSECOND


class Bulk:
    """A statement for many rows; each question mark in it is a parameter."""

    def __init__(self, statement: str) -> None:
        self._statements = {"qmark": statement, "pyformat": statement.replace("?", "%s")}

    def __call__(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """Run the statement for each row, if there is any; returns how many rows were written."""
        if not rows:
            return 0
        statement = self._statements[connection.dialect.paramstyle]
        return connection.exec_driver_sql(statement, list(rows)).rowcount


def inserting(table: Table, *, without: Collection[str] = ()) -> Bulk:
    """Inserts rows that hold the columns of a table in their order, but for those the database fills."""
    names = [column.name for column in table.columns if column.name not in without]
    marks = ", ".join("?" * len(names))
    return Bulk(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})")  # noqa: S608
