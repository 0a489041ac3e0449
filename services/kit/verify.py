"""Checks the invariants of a service on its database, running or stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from services.kit import audit
from services.kit.database import Database
from services.kit.service import Check, Service
from services.kit.tables import AGGREGATES, HEARD, OUTBOX, PARKED

ROWS_SHOWN = 20


@dataclass(frozen=True)
class Finding:
    """What one check found: nothing, or what breaks the invariant."""

    service: str
    invariant: str
    title: str
    broken: tuple[str, ...]


def verify(database: Database, service: Service) -> list[Finding]:
    """Run all checks of a service and of the kit on one consistent view of its database."""
    with database.reading.begin() as connection:
        return findings(connection, service)


def findings(
    connection: Connection, service: Service, chain: Callable[[Connection], list[str]] = audit.broken_links
) -> list[Finding]:
    """Run all checks of a service and of the kit on a connection that sees one moment.

    ``chain`` looks at the audit chain; whoever checks again and again goes on from where it was.
    """
    return [
        Finding(service.name, check.invariant, check.title, tuple(check.find(connection)[:ROWS_SHOWN]))
        for check in (*service.checks, *kit_checks(chain))
    ]


def _sequences(connection: Connection) -> list[str]:
    """The last sequence of each aggregate must be that of its newest event, while that is kept."""
    newest = select(OUTBOX.c.aggregate, func.max(OUTBOX.c.aggregate_sequence).label("newest"))
    grouped = newest.group_by(OUTBOX.c.aggregate).subquery()
    joined = select(AGGREGATES.c.aggregate, AGGREGATES.c.last_sequence, grouped.c.newest).join(
        grouped, grouped.c.aggregate == AGGREGATES.c.aggregate, isouter=True
    )
    wrong = joined.where(grouped.c.newest.is_not(None), grouped.c.newest != AGGREGATES.c.last_sequence)
    return [
        f"aggregate {row.aggregate}: last sequence {row.last_sequence}, newest event {row.newest}"
        for row in connection.execute(wrong.limit(ROWS_SHOWN))
    ]


def _outbox_gaps(connection: Connection) -> list[str]:
    """Kept events of an aggregate have sequences without gap or repeat."""
    low, high = func.min(OUTBOX.c.aggregate_sequence), func.max(OUTBOX.c.aggregate_sequence)
    query = (
        select(OUTBOX.c.aggregate, low, high, func.count())
        .group_by(OUTBOX.c.aggregate)
        .having(high - low + 1 != func.count())
    )
    return [
        f"aggregate {row[0]}: {row[3]} events for sequences {row[1]} to {row[2]}"
        for row in connection.execute(query.limit(ROWS_SHOWN))
    ]


def _parked(connection: Connection) -> list[str]:
    rows = connection.execute(
        select(PARKED.c.event_type, PARKED.c.aggregate, PARKED.c.reason).limit(ROWS_SHOWN)
    )
    return [f"{row.event_type} of {row.aggregate} is parked: {row.reason}" for row in rows]


def _heard(connection: Connection) -> list[str]:
    rows = connection.execute(select(HEARD).where(HEARD.c.last_sequence < 1).limit(ROWS_SHOWN))
    return [f"{row.source} {row.aggregate}: heard up to {row.last_sequence}" for row in rows]


def kit_checks(chain: Callable[[Connection], list[str]]) -> tuple[Check, ...]:
    """What holds in every service; ``chain`` looks at the audit chain."""
    return (
        Check("I8", "the audit chain is unbroken", chain),
        Check("I14", "each aggregate's last sequence is that of its newest event", _sequences),
        Check("I16", "events of an aggregate have sequences without gaps", _outbox_gaps),
        Check("I16", "sequences heard start at one", _heard),
        Check("I15", "no event is parked", _parked),
    )


KIT_CHECKS = kit_checks(audit.broken_links)
