"""SQL of the expected returns."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, insert, select, update

from services.kit.errors import NoSuch
from services.stock.domain.returns import ExpectedReturn, ReturnLine, ReturnState
from services.stock.domain.texts import shown
from services.stock.storage import items
from services.stock.storage.tables import RETURN_LINES, RETURNS

_UPDATE_LINES = (
    update(RETURN_LINES)
    .where(RETURN_LINES.c.document == bindparam("name"), RETURN_LINES.c.line == bindparam("number"))
    .values(returned=bindparam("now_returned"))
)


def find(connection: Connection, document: str) -> ExpectedReturn | None:
    """The return that a document will bring, if it is one."""
    head = connection.execute(select(RETURNS).where(RETURNS.c.document == document)).first()
    if head is None:
        return None
    query = select(RETURN_LINES).where(RETURN_LINES.c.document == document).order_by(RETURN_LINES.c.line)
    rows = connection.execute(query).all()
    measures = items.measures(connection, {row.item for row in rows})
    lines = [
        ReturnLine(row.line, measures[row.item], row.warehouse, row.expected, row.returned) for row in rows
    ]
    return ExpectedReturn(
        document,
        ReturnState(head.state),
        head.approved,
        head.movement,
        head.counterpart,
        head.requester,
        head.created_at,
        lines,
    )


def get(connection: Connection, document: str) -> ExpectedReturn:
    """The return that a document will bring; raises NoSuch."""
    expected = find(connection, document)
    if expected is None:
        raise NoSuch("return", shown(document))
    return expected


def insert_one(connection: Connection, expected: ExpectedReturn) -> None:
    """Write a new expected return."""
    values = {
        "document": expected.document,
        "state": expected.state.value,
        "approved": expected.approved,
        "movement": expected.movement,
        "counterpart": expected.counterpart,
        "requester": expected.requester,
        "created_at": expected.created_at,
    }
    connection.execute(insert(RETURNS).values(values))
    rows = [
        {
            "document": expected.document,
            "line": line.number,
            "item": line.measure.item,
            "warehouse": line.warehouse,
            "expected": line.expected,
            "returned": line.returned,
        }
        for line in expected.lines
    ]
    connection.execute(insert(RETURN_LINES), rows)


def save(connection: Connection, expected: ExpectedReturn) -> None:
    """Write what became of an expected return."""
    change = update(RETURNS).where(RETURNS.c.document == expected.document)
    connection.execute(change.values(state=expected.state.value, approved=expected.approved))
    rows = [
        {"name": expected.document, "number": line.number, "now_returned": line.returned}
        for line in expected.lines
    ]
    connection.execute(_UPDATE_LINES, rows)
