"""Statements that go straight to the driver mean the same on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    select,
)
from sqlalchemy.exc import DBAPIError

from services.kit.bulk import Bulk, Prepared, drive, inserting, overlapping, write_all
from services.kit.database import Database
from services.kit.moments import microseconds
from services.kit.tables import UtcTime
from tests.service.conftest import NewDatabase

METADATA = MetaData()
PIECES = Table(
    "pieces",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("broken", Boolean(create_constraint=False), nullable=False),
    Column("day", Date),
    Column("picture", LargeBinary, nullable=False),
    Column("made_at", UtcTime),
)
NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
insert = inserting(PIECES)
find = Prepared(select(PIECES).order_by(PIECES.c.code), PIECES.c.code)
# Without pictures: what a query of this kind finds comes from SQLite in one piece.
find_plain = Prepared(
    select(PIECES.c.code, PIECES.c.count, PIECES.c.broken, PIECES.c.day, PIECES.c.made_at).order_by(
        PIECES.c.count.desc()
    ),
    PIECES.c.code,
)
take = Bulk(
    "UPDATE pieces SET count = count - given.column2 FROM {rows}"
    " WHERE code = given.column1 AND count >= given.column2",
    ("TEXT", "BIGINT"),
)


def piece(number: int, **changes: Any) -> tuple[Any, ...]:
    values = {
        "code": f"P{number:04}",
        "count": number,
        "broken": number % 2 == 0,
        "day": None,
        "picture": bytes([0, 255, number % 256]),
        "made_at": microseconds(NOW),
    }
    return tuple({**values, **changes}.values())


@pytest.fixture(params=["sqlite", "postgresql"])
def connection(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    """A writing connection to a table of pieces."""
    url = f"sqlite:///{tmp_path / 'pieces.sqlite3'}"
    if request.param == "postgresql":
        new_database: NewDatabase = request.getfixturevalue("postgresql")
        url = new_database()
    database = Database(url, "pieces")
    with database.group() as opened:
        METADATA.create_all(opened)
        yield opened
    database.dispose()


@pytest.mark.parametrize("count", [0, 1, 31, 700])
def test_many_rows_are_written_and_found_as_they_were(connection: Connection, count: int) -> None:
    rows = [piece(number) for number in range(count)]
    assert insert(connection, rows) == count
    found = find(connection, [row[0] for row in rows])
    assert [(row.code, row.count, row.broken, row.day, bytes(row.picture)) for row in found] == [
        row[:5] for row in rows
    ]
    assert {row.made_at for row in found} <= {NOW}
    plain = find_plain(connection, [row[0] for row in rows])
    assert plain == [(code, size, broken, day, NOW) for code, size, broken, day, *_ in reversed(rows)]


def test_texts_days_and_nothing_come_back(connection: Connection) -> None:
    text = '空格 "quoted" back\\slash, comma {brace} %s ? \n😀'
    day = date(2026, 2, 28)
    kept = day.isoformat() if connection.dialect.name == "sqlite" else day
    insert(connection, [piece(1, code=text, day=kept, made_at=None)])
    (row,) = find(connection, [text, "nobody"])
    assert (row.code, row.day, row.made_at, row.broken) == (text, day, None, False)
    assert row.broken is False
    assert find_plain(connection, [text, "nobody"]) == [(text, 1, False, day, None)]


def test_a_change_counts_the_rows_that_allowed_it(connection: Connection) -> None:
    insert(connection, [piece(number) for number in (1, 2, 3)])
    assert take(connection, [("P0001", 1), ("P0002", 3), ("P0003", 2), ("P0009", 0)]) == 2
    assert [row.count for row in find(connection, ["P0001", "P0002", "P0003"])] == [0, 2, 1]


@pytest.mark.parametrize("count", [1, 4, 5, 100, 300])
def test_as_many_are_changed_as_allow_it(connection: Connection, count: int) -> None:
    insert(connection, [piece(number, count=number % 2) for number in range(300)])
    assert take(connection, [(f"P{number:04}", 1) for number in range(count)]) == count // 2
    assert sum(row.count for row in find(connection, [f"P{n:04}" for n in range(300)])) == 150 - count // 2


def test_a_query_takes_values_of_its_own_each_time(connection: Connection) -> None:
    later = Prepared(select(PIECES.c.code).where(PIECES.c.made_at > bindparam("made", type_=UtcTime())))
    insert(connection, [piece(1)])
    assert later(connection, made=NOW) == []
    assert [row.code for row in later(connection, made=NOW.replace(microsecond=0))] == ["P0001"]


def test_a_driver_error_is_one_that_the_writer_knows(connection: Connection) -> None:
    drive(connection, "SAVEPOINT here")
    with pytest.raises(DBAPIError):
        insert(connection, [piece(1), piece(1)])
    drive(connection, "ROLLBACK TO SAVEPOINT here")
    assert find(connection, ["P0001"]) == []


def test_what_is_written_while_others_are_made_is_there_afterwards(connection: Connection) -> None:
    rows = [piece(number) for number in range(3000)]
    with overlapping(connection, len(rows)):
        insert(connection, rows[:2500])
        insert(connection, rows[2500:])
    assert len(find(connection, [row[0] for row in rows])) == 3000


def test_what_the_database_refuses_meanwhile_is_raised_at_the_end(connection: Connection) -> None:
    insert(connection, [piece(7)])
    rows = [piece(number) for number in range(300)]
    drive(connection, "SAVEPOINT before")
    with pytest.raises(DBAPIError), overlapping(connection, len(rows)):
        insert(connection, rows)
    drive(connection, "ROLLBACK TO SAVEPOINT before")
    assert len(find(connection, [row[0] for row in rows])) == 1, "the connection goes on"


@pytest.mark.parametrize("count", [1, 30, 300])
def test_several_statements_write_every_row(connection: Connection, count: int) -> None:
    insert(connection, [piece(number) for number in range(1, count + 1)])
    taken = [(f"P{number:04}", 1) for number in range(1, count + 1)]
    more = [piece(number) for number in range(1001, 1001 + count)]
    write_all(connection, (take, taken), (insert, []), (insert, more))
    counts = [row.count for row in find(connection, [code for code, _ in taken])]
    assert counts == list(range(count))
    assert len(find(connection, [row[0] for row in more])) == count


@pytest.mark.parametrize("count", [1, 30, 300])
def test_a_row_that_is_no_longer_as_it_has_to_be_is_noticed(connection: Connection, count: int) -> None:
    insert(connection, [piece(number, count=1) for number in range(1, count + 1)])
    taken = [(f"P{number:04}", 2 if number == count else 1) for number in range(1, count + 1)]
    drive(connection, "SAVEPOINT before")
    with pytest.raises(AssertionError, match="changed between"):
        write_all(connection, (take, taken), (insert, [piece(2000)]))
    drive(connection, "ROLLBACK TO SAVEPOINT before")
    assert find(connection, ["P2000"]) == []
