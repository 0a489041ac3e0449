"""The hottest statements: written once for each database, their rows and keys handed straight to the driver.

SQLAlchemy prepares every parameter of every row by itself, writes a list of keys anew for each length, and
every row that goes alone hands the interpreter to another thread and back. Together that costs several times
what the databases need. Here a statement takes many rows or keys at once, and they already hold what is
stored.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Insert,
    LargeBinary,
    Select,
    Table,
    Text,
    Update,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

# Powers of two, so that few lengths of a statement exist; what a statement has too many stays empty.
_ROWS_AT_ONCE = 256
_FEW_ROWS = 4
# Not larger, so that the database begins with some rows while others are still being written down.
_ROWS_IN_A_DOCUMENT = 1024
_WORTH_OVERLAPPING = 200
_KEYS = "keys"
_GIVEN = re.compile(r"given\.column([0-9]+)")
Rows = Sequence[tuple[Any, ...]]
_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def drive(connection: Connection, statement: str, parameters: Any = (), *, each: bool = False) -> Any:
    """Run a statement in the words of the database, or for each of many parameters.

    Returns the driver's cursor. Raises DBAPIError.
    """
    cursor = connection.connection.cursor()
    dialect = connection.dialect
    errors: Any = dialect.loaded_dbapi.Error
    try:
        if each:
            cursor.executemany(statement, parameters)
        else:
            cursor.execute(statement, parameters)
    except errors as error:
        raise _as_ours(connection, statement, error) from error
    return cursor


@contextmanager
def overlapping(connection: Connection, rows: int) -> Iterator[None]:
    """What is written in the block goes to PostgreSQL without waiting for it: both work at the same time.

    Nothing may be read in the block, and how many rows were written is not known. What the database refuses
    is raised at the end of the block, as DBAPIError. For a few ``rows`` it would cost more than it saves.
    """
    dialect = connection.dialect
    if dialect.name == "sqlite" or rows < _WORTH_OVERLAPPING:
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    errors: Any = dialect.loaded_dbapi.Error
    try:
        with driver.pipeline():
            yield
    except errors as error:
        raise _as_ours(connection, "", error) from error


def _as_ours(connection: Connection, statement: str, error: Exception) -> DBAPIError:
    """The driver's error in SQLAlchemy's words; a connection that is lost is given up."""
    dialect = connection.dialect
    errors: Any = dialect.loaded_dbapi.Error
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    ours = DBAPIError.instance(statement, None, error, errors, connection_invalidated=lost, dialect=dialect)
    assert isinstance(ours, DBAPIError), "only the driver's errors come here"
    return ours


def _in_json(value: Any) -> str:
    """What JSON has no form for, in PostgreSQL's."""
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} has no place in a row")


def _as_json(values: Sequence[Any]) -> str:
    return orjson.dumps(values, default=_in_json).decode()


class Bulk:
    """A statement for many rows, which stand as ``{rows}`` in it: a table ``given`` of column1, column2 …

    ``types`` names what the columns hold, in PostgreSQL's words. The first value of a row is never None, and
    no two rows of one call are about the same key: what happens otherwise is not the same in both databases.
    """

    def __init__(self, statement: str, types: Sequence[str]) -> None:
        self._statement = statement
        self._types = types
        self._names = [f"column{number}" for number in range(1, len(types) + 1)]
        columns = ", ".join(f"{name} {kind}" for name, kind in zip(self._names, types, strict=True))
        self.for_document = statement.replace("{rows}", f"json_to_recordset(%s::json) AS given ({columns})")
        self._for_values: dict[int, str] = {}
        self._by_row = ""
        if statement.startswith("UPDATE"):
            # A few rows are changed faster one by one. For many the plus forbids SQLite to read the whole
            # table that it changes and look for each of its rows among the given ones.
            self._by_row = _GIVEN.sub(r"?\1", statement.replace(" FROM {rows}", ""))
            self._statement = _GIVEN.sub(r"+given.column\1", statement)

    def __call__(self, connection: Connection, rows: Rows) -> int:
        """Run the statement for the rows, if there are any; returns how many rows were written."""
        return sum(int(cursor.rowcount) for cursor in self.run(connection, rows))

    def run(self, connection: Connection, rows: Rows) -> list[Any]:
        """Run the statement for the rows; returns the driver's cursors, which know how many were written."""
        if not rows:
            return []
        if connection.dialect.name != "sqlite":
            return [
                drive(
                    connection, self.for_document, (self.document(rows[start : start + _ROWS_IN_A_DOCUMENT]),)
                )
                for start in range(0, len(rows), _ROWS_IN_A_DOCUMENT)
            ]
        if self._by_row and len(rows) <= _FEW_ROWS:
            return [drive(connection, self._by_row, rows, each=True)]
        cursors = []
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows[start : start + _ROWS_AT_ONCE]
            size = 1 << (len(part) - 1).bit_length()
            values = list(chain.from_iterable(part))
            values += [None] * (size * len(self._types) - len(values))
            cursors.append(drive(connection, self._with_values(size), values))
        return cursors

    def document(self, rows: Rows) -> str:
        """Rows as the parameter of ``for_document``: the driver would quote every value by itself, as one
        document they are written in one go."""
        return _as_json([dict(zip(self._names, row, strict=True)) for row in rows])

    def _with_values(self, size: int) -> str:
        statement = self._for_values.get(size)
        if statement is None:
            row = f"({', '.join('?' * len(self._types))})"
            values = f"VALUES {', '.join([row] * size)}"
            given = f"(SELECT * FROM ({values}) WHERE column1 IS NOT NULL) AS given"  # noqa: S608
            statement = self._for_values[size] = self._statement.replace("{rows}", given)
        return statement


def write_all(connection: Connection, *writes: tuple[Bulk, Rows]) -> None:
    """Run several statements for their rows, every one of which has to be written.

    On PostgreSQL a few rows go in one statement, and many without waiting for each; so none of the statements
    may depend on what another wrote. Raises AssertionError where a row is not, or no longer, as it has to be.
    """
    asked = [(statement, rows) for statement, rows in writes if rows]
    most = max((len(rows) for _, rows in asked), default=0)
    if connection.dialect.name == "sqlite" or len(asked) < 2:
        written = [statement(connection, rows) for statement, rows in asked]
    elif most < _WORTH_OVERLAPPING:
        written = _write_at_once(connection, asked)
    else:
        with overlapping(connection, most):
            cursors = [statement.run(connection, rows) for statement, rows in asked]
        written = [sum(int(cursor.rowcount) for cursor in some) for some in cursors]
    assert written == [len(rows) for _, rows in asked], "a row changed between loading and saving"


def _write_at_once(connection: Connection, asked: Sequence[tuple[Bulk, Rows]]) -> list[int]:
    """One statement for all, in PostgreSQL's words: each round trip saved is a good part of a small group."""
    parts = [f"w{place} AS ({bulk.for_document} RETURNING 1)" for place, (bulk, _) in enumerate(asked)]
    counts = [f"(SELECT count(*) FROM w{place})" for place in range(len(asked))]  # noqa: S608
    statement = f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"
    documents = [bulk.document(rows) for bulk, rows in asked]
    return list(drive(connection, statement, documents).fetchone())


def inserting(table: Table, *, without: Collection[str] = ()) -> Bulk:
    """Inserts rows that hold the columns of a table in their order, but for those the database fills."""
    columns = [column for column in table.columns if column.name not in without]
    names = ", ".join(column.name for column in columns)
    types = [column.type.compile(dialect=_POSTGRESQL) for column in columns]
    return Bulk(f"INSERT INTO {table.name} ({names}) SELECT * FROM {{rows}} WHERE true", types)  # noqa: S608


def adding(table: Table, *, without: Collection[str] = ()) -> Change:
    """Adds one row, its values by name; the database fills the columns named in ``without``."""
    return Change(insert(table), [column.name for column in table.columns if column.name not in without])


class Prepared:
    """A query that is asked again and again: put into words once for each kind of database.

    With a ``key`` it is asked for the rows whose key is one of many.
    """

    def __init__(self, query: Select[Any], key: ColumnElement[str] | None = None) -> None:
        self._query = query
        self._key = key
        self._plans: dict[str, _Plan] = {}

    def __call__(
        self, connection: Connection, keys: Iterable[str] | None = None, **values: Any
    ) -> Sequence[Any]:
        """The rows, each with its columns by name and in order; ``values`` are those of its bindparams."""
        if self._key is not None:
            assert keys is not None, "a query by key is asked for some keys"
            values[_KEYS] = list(keys)
            if not values[_KEYS]:
                return []
        dialect = connection.dialect
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = _Plan(self._query, self._key, dialect)
        return plan.run(connection, values)


class Change:
    """An INSERT, UPDATE or DELETE that is run again and again: put into words once for each database.

    ``columns`` are those it sets; their values and those of its bindparams are given by name.
    """

    def __init__(self, statement: Insert | Update | Delete, columns: Collection[str] = ()) -> None:
        self._statement = statement
        self._columns = list(columns)
        self._words: dict[str, _Words] = {}

    def __call__(self, connection: Connection, **values: Any) -> int:
        """Run it; returns how many rows were written."""
        dialect = connection.dialect
        words = self._words.get(dialect.name)
        if words is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            words = self._words[dialect.name] = _Words(compiled, dialect)
        return int(drive(connection, words.statement, words.parameters(values)).rowcount)


class _Words:
    """A statement as one kind of database takes it, with what makes its parameters."""

    def __init__(self, compiled: Any, dialect: Dialect) -> None:
        self.statement = str(compiled)
        self._order: Sequence[str] | None = compiled.positiontup
        self._fixed = {name: bind.value for name, bind in compiled.binds.items()}
        self._encoders = {
            name: encode
            for name, bind in compiled.binds.items()
            if name != _KEYS and (encode := bind.type.dialect_impl(dialect).bind_processor(dialect))
        }

    def parameters(self, values: dict[str, Any]) -> Any:
        """The values as the driver takes them; they are changed."""
        if self._fixed.keys() != values.keys():
            values = {**self._fixed, **values}
        for name, encode in self._encoders.items():
            values[name] = encode(values[name])
        return values if self._order is None else [values[name] for name in self._order]


class _Plan:
    """A query as one kind of database takes it."""

    def __init__(self, query: Select[Any], key: ColumnElement[str] | None, dialect: Dialect) -> None:
        columns = list(query.selected_columns)
        # For every row it fetches the driver hands the interpreter to another thread, and waits for it.
        self._in_one_piece = False
        if key is None:
            self._encode_keys: Callable[[Any], Any] | None = None
        elif dialect.name == "sqlite":
            self._encode_keys = _as_json
            listed = func.json_each(bindparam(_KEYS, type_=Text())).table_valued("value")
            query = query.where(key.in_(select(listed.c.value)))
            self._in_one_piece = not any(isinstance(column.type, LargeBinary) for column in columns)
        else:
            self._encode_keys = list
            query = query.where(key == func.any(bindparam(_KEYS, type_=ARRAY(Text()))))
        if self._in_one_piece:
            found = query.subquery()
            query = select(func.json_group_array(func.json_array(*found.columns)))
        self._words = _Words(query.compile(dialect=dialect), dialect)
        row: Any = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024
        # Without the check of its length, which is Python and takes twice as long as the rest.
        self._make_row = partial(tuple.__new__, row)
        decoders = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        self._decoders = [(place, decode) for place, decode in enumerate(decoders) if decode is not None]

    def run(self, connection: Connection, values: dict[str, Any]) -> Sequence[Any]:
        """Ask the database."""
        if self._encode_keys is not None:
            values[_KEYS] = self._encode_keys(values[_KEYS])
        rows = drive(connection, self._words.statement, self._words.parameters(values)).fetchall()
        if self._in_one_piece:
            rows = orjson.loads(rows[0][0])
        for place, decode in self._decoders:
            after = place + 1
            rows = [
                row if row[place] is None else (*row[:place], decode(row[place]), *row[after:])
                for row in rows
            ]
        return list(map(self._make_row, rows))
