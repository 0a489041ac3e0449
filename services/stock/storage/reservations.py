"""SQL of the promises: reservations, their lines and what is allocated to each line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, and_, bindparam, delete, not_, or_, select

from services.kit.bulk import Bulk, Change, Prepared, inserting, write_all
from services.kit.errors import NoSuch
from services.kit.moments import microseconds
from services.stock.domain.reservations import LIVE, Line, Reservation, Sight, State
from services.stock.domain.shelf import Key, Pick, Shelf
from services.stock.domain.texts import shown
from services.stock.storage import balances, items
from services.stock.storage.tables import ALLOCATIONS, LOTS, RESERVATION_LINES, RESERVATIONS

_taken = Prepared(select(RESERVATIONS.c.document), RESERVATIONS.c.document)
# Whose promise it is belongs to the query: what is not in sight is not there (R22).
_IN_SIGHT = select(RESERVATIONS.c.document).where(
    RESERVATIONS.c.document == bindparam("document"),
    or_(
        RESERVATIONS.c.requester == bindparam("owner"),
        and_(RESERVATIONS.c.of_order, bindparam("all_orders", type_=Boolean())),
        and_(not_(RESERVATIONS.c.of_order), bindparam("all_outside", type_=Boolean())),
    ),
)
_heads = Prepared(select(RESERVATIONS), RESERVATIONS.c.document)
_lines = Prepared(
    select(RESERVATION_LINES).order_by(RESERVATION_LINES.c.document, RESERVATION_LINES.c.line),
    RESERVATION_LINES.c.document,
)
# In picking order, so that the hand-over card lists the lots as they are taken.
_allocations = Prepared(
    select(ALLOCATIONS, LOTS.c.expiry)
    .join(LOTS, and_(LOTS.c.item == ALLOCATIONS.c.item, LOTS.c.lot == ALLOCATIONS.c.lot), isouter=True)
    .order_by(
        LOTS.c.expiry.is_(None), LOTS.c.expiry, LOTS.c.created_at, ALLOCATIONS.c.lot, ALLOCATIONS.c.serial
    ),
    ALLOCATIONS.c.document,
)
_STATES = {state: state.value for state in State}
_insert_heads = inserting(RESERVATIONS)
_insert_lines = inserting(RESERVATION_LINES)
_insert_picks = inserting(ALLOCATIONS)
_change_heads = Bulk(
    "UPDATE reservations SET state = given.column2, approved = given.column3, expires_at = given.column4,"
    " approved_at = given.column5 FROM {rows} WHERE document = given.column1",
    ("TEXT", "TEXT", "BOOLEAN", "BIGINT", "BIGINT"),
)
_change_lines = Bulk(
    "UPDATE reservation_lines SET reserved = given.column3, issued = given.column4,"
    " waiting = given.column5 FROM {rows} WHERE document = given.column1 AND line = given.column2",
    ("TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT"),
)
_delete_picks = Change(delete(ALLOCATIONS).where(ALLOCATIONS.c.document == bindparam("name")))
_EXPIRED = (
    select(RESERVATIONS.c.document)
    .where(RESERVATIONS.c.state == State.HELD.value, RESERVATIONS.c.expires_at <= bindparam("now"))
    .order_by(RESERVATIONS.c.expires_at)
    .limit(bindparam("at_most"))
)


def taken(connection: Connection, documents: Iterable[str]) -> set[str]:
    """Which of the documents have a promise already."""
    return {document for (document,) in _taken(connection, documents)}


def insert_many(connection: Connection, made: Sequence[Reservation], shelf: Shelf) -> None:
    """Write new promises, and what became of the shelf that they were made on."""
    write_all(
        connection,
        *balances.changes(shelf),
        (_insert_heads, [_head(reservation) for reservation in made]),
        (_insert_lines, [_line_row(reservation, line) for reservation in made for line in reservation.lines]),
        (_insert_picks, [row for reservation in made for row in _picks(reservation)]),
    )


def save_many(connection: Connection, reservations: Sequence[Reservation]) -> None:
    """Write what became of promises that are stored already."""
    if not reservations:
        return
    _change_heads(connection, [_head_change(reservation) for reservation in reservations])
    _change_lines(connection, [_line_change(r, line) for r in reservations for line in r.lines])
    for reservation in reservations:
        _delete_picks(connection, name=reservation.document)
    _insert_picks(connection, [row for reservation in reservations for row in _picks(reservation)])


def find(connection: Connection, document: str) -> Reservation | None:
    """The promise of a document, if it has one."""
    found = load(connection, [document])
    return found[0] if found else None


def seen(connection: Connection, document: str, sight: Sight) -> Reservation:
    """The promise of a document if it is in sight; raises NoSuch, as for one that does not exist."""
    in_sight = {
        "document": document,
        "owner": sight.owner,
        "all_orders": sight.orders,
        "all_outside": sight.outside,
    }
    if connection.execute(_IN_SIGHT, in_sight).first() is None:
        raise NoSuch("reservation", shown(document))
    return load(connection, [document])[0]


def load(connection: Connection, documents: Sequence[str]) -> list[Reservation]:
    """The promises of some documents, in the order asked for; unknown ones are left out."""
    heads = _heads(connection, documents)
    if not heads:
        return []
    line_rows = _lines(connection, documents)
    pick_rows = _allocations(connection, documents)
    measures = items.measures(connection, {row.item for row in line_rows})
    picks: dict[tuple[str, int], list[Pick]] = {}
    for row in pick_rows:
        key = Key(row.item, row.warehouse, row.lot, row.serial)
        picks.setdefault((row.document, row.line), []).append(Pick(key, row.quantity, row.expiry))
    lines: dict[str, list[Line]] = {}
    for row in line_rows:
        pieces = picks.get((row.document, row.line), ())
        line = Line(row.line, measures[row.item], row.warehouse, row.wanted, row.issued, row.reserved, pieces)
        lines.setdefault(row.document, []).append(line)
    found = {row.document: _reservation(row, lines[row.document]) for row in heads}
    return [found[document] for document in documents if document in found]


def ran_out(connection: Connection, now: datetime, at_most: int) -> list[Reservation]:
    """Soft promises whose time has run out, the longest overdue first."""
    documents = connection.scalars(_EXPIRED, {"now": now, "at_most": at_most}).all()
    return load(connection, list(documents))


def waiting(
    connection: Connection, codes: Sequence[str], after: tuple[datetime, str] | None, at_most: int
) -> list[str]:
    """Approved documents that miss some of these items, the oldest approval first."""
    lines, heads = RESERVATION_LINES.c, RESERVATIONS.c
    query = (
        select(heads.document, heads.approved_at)
        .join(RESERVATION_LINES, lines.document == heads.document)
        .where(lines.waiting > 0, lines.item.in_(codes))
        .distinct()
        .order_by(heads.approved_at, heads.document)
        .limit(at_most)
    )
    if after is not None:
        moment, document = after
        query = query.where(
            or_(heads.approved_at > moment, and_(heads.approved_at == moment, heads.document > document))
        )
    return [row.document for row in connection.execute(query)]


def _head(reservation: Reservation) -> tuple[Any, ...]:
    """A row of RESERVATIONS."""
    return (
        reservation.document,
        _STATES[reservation.state],
        reservation.of_order,
        reservation.approved,
        reservation.movement,
        reservation.counterpart,
        reservation.requester,
        reservation.request_id,
        microseconds(reservation.expires_at) if reservation.expires_at else None,
        microseconds(reservation.approved_at) if reservation.approved_at else None,
        microseconds(reservation.created_at),
    )


def _line_row(reservation: Reservation, line: Line) -> tuple[Any, ...]:
    """A row of RESERVATION_LINES."""
    return (
        reservation.document,
        line.number,
        line.measure.item,
        line.warehouse,
        line.wanted,
        line.reserved,
        line.issued,
        _waiting(reservation, line),
    )


def _picks(reservation: Reservation) -> list[tuple[Any, ...]]:
    """Rows of ALLOCATIONS: of goods without lot and serial the line says all there is to say."""
    document = reservation.document
    return [
        (document, line.number, key.lot, key.serial, key.item, key.warehouse, quantity)
        for line in reservation.lines
        if not line.measure.is_alike
        for key, quantity, _ in line.picks
    ]


def _head_change(reservation: Reservation) -> tuple[Any, ...]:
    return (
        reservation.document,
        _STATES[reservation.state],
        reservation.approved,
        microseconds(reservation.expires_at) if reservation.expires_at else None,
        microseconds(reservation.approved_at) if reservation.approved_at else None,
    )


def _line_change(reservation: Reservation, line: Line) -> tuple[Any, ...]:
    return (
        reservation.document,
        line.number,
        line.reserved,
        line.issued,
        _waiting(reservation, line),
    )


def _waiting(reservation: Reservation, line: Line) -> int:
    queues = reservation.of_order and reservation.approved and reservation.state in LIVE
    return line.missing if queues else 0


def _reservation(row: Any, lines: list[Line]) -> Reservation:
    return Reservation(
        document=row.document,
        state=State(row.state),
        lines=lines,
        of_order=row.of_order,
        approved=row.approved,
        created_at=row.created_at,
        movement=row.movement,
        counterpart=row.counterpart,
        requester=row.requester,
        request_id=row.request_id,
        expires_at=row.expires_at,
        approved_at=row.approved_at,
    )
