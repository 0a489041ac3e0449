"""Column types that mean the same on both databases, and the tables every service has."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    types,
)
from sqlalchemy.engine import Dialect

from services.kit.moments import microseconds, moment_at

# SQLite gives row numbers only to a column whose type is exactly INTEGER.
RowNumber = BigInteger().with_variant(Integer(), "sqlite")

APPEND_ONLY = {"append_only": True}


class UtcTime(types.TypeDecorator[datetime]):
    """A moment, stored as whole microseconds since 1970 so that both databases compare it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """From a moment to microseconds."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """From microseconds to a moment in UTC."""
        return None if value is None else moment_at(int(value))


KIT = MetaData()

# What was answered to each write, for ever: a card may be tapped months later.
REQUESTS = Table(
    "requests",
    KIT,
    Column("request_id", Text, primary_key=True),
    Column("command", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("answered_at", UtcTime, nullable=False),
    info=APPEND_ONLY,
)

# The last sequence given to an event of each aggregate.
AGGREGATES = Table(
    "aggregates",
    KIT,
    Column("aggregate", Text, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
)

# Events to send, written in the commit of what they tell.
OUTBOX = Table(
    "outbox",
    KIT,
    Column("sequence", RowNumber, primary_key=True, autoincrement=True),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("aggregate", Text, nullable=False),
    Column("aggregate_sequence", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("trace", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("generation", Integer, nullable=False, server_default="0"),
    UniqueConstraint("event_id", name="outbox_event_id"),
)
Index(
    "outbox_unsent",
    OUTBOX.c.sequence,
    sqlite_where=OUTBOX.c.sent_at.is_(None),
    postgresql_where=OUTBOX.c.sent_at.is_(None),
)
Index("outbox_aggregate", OUTBOX.c.aggregate)
Index("outbox_sent", OUTBOX.c.sent_at)

# Events that were heard and applied.
INBOX = Table(
    "inbox",
    KIT,
    Column("event_id", Text, primary_key=True),
    Column("event_type", Text, nullable=False),
    Column("applied_at", UtcTime, nullable=False),
)
Index("inbox_applied", INBOX.c.applied_at)

# The last sequence heard of each aggregate of each announcing package.
HEARD = Table(
    "heard",
    KIT,
    Column("source", Text, primary_key=True),
    Column("aggregate", Text, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
)

# Events whose reaction failed and is tried again.
ATTEMPTS = Table(
    "attempts",
    KIT,
    Column("event_id", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("last_at", UtcTime, nullable=False),
)

# Events that could not be applied, with those of the same aggregate behind them.
PARKED = Table(
    "parked",
    KIT,
    Column("event_id", Text, primary_key=True),
    Column("event_type", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("aggregate", Text, nullable=False),
    Column("aggregate_sequence", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("headers", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("parked_at", UtcTime, nullable=False),
)
Index("parked_aggregate", PARKED.c.source, PARKED.c.aggregate)

# Who did what, when, through which client; each row carries the hash of the one before (R27).
AUDIT = Table(
    "audit",
    KIT,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("time", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    info=APPEND_ONLY,
)
Index("audit_subject", AUDIT.c.subject)
