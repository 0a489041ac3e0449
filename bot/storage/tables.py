"""The tables of the bot: what it heard, showed, has still to say and knows from the services' events."""

from __future__ import annotations

import json
import re
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    types,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.elements import ColumnElement

from services.kit.tables import RowNumber, UtcTime

METADATA = MetaData()

# Halves of a character: JSON can spell them, but no database and no page can hold them as UTF-8.
_HALVES = re.compile("[\ud800-\udfff]")


class Document(types.TypeDecorator[dict[str, Any]]):
    """A JSON object as readable text; half characters that somebody sent become U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: dict[str, Any] | None, dialect: Dialect) -> str | None:
        """From an object to text."""
        return None if value is None else _text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, Any] | None:
        """From text to an object."""
        if value is None:
            return None
        data = json.loads(value)
        assert isinstance(data, dict)
        return data


def stored_form(value: dict[str, Any]) -> dict[str, Any]:
    """The object as it will come back from the database."""
    data = json.loads(_text(value))
    assert isinstance(data, dict)
    return data


def _text(value: dict[str, Any]) -> str:
    return _HALVES.sub("\ufffd", json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _partial(name: str, where: ColumnElement[bool], *columns: Column[Any]) -> Index:
    """An index of the few rows that still wait, however many are done."""
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


# What chat products delivered, kept before it is answered (R17).
RECEIVED = Table(
    "received",
    METADATA,
    Column("platform", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("dedupe_key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("address_kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("body", Document, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("finished_at", UtcTime),
    CheckConstraint("kind IN ('text', 'click', 'enter', 'image')", name="received_kind"),
    CheckConstraint("state IN ('new', 'done', 'refused', 'parked')", name="received_state"),
    # Every answered event ends, and says when (I17).
    CheckConstraint("(state = 'new') = (finished_at IS NULL)", name="received_finished"),
)
_partial("received_unfinished", RECEIVED.c.state == "new", RECEIVED.c.received_at)
Index("received_old", RECEIVED.c.state, RECEIVED.c.finished_at)

# Every copy of every card that was shown, so that taps are understood and copies brought up to date.
CARDS = Table(
    "cards",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("data", Document, nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("reference", Document),
    Column("version", BigInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("shown", Text, nullable=False, server_default=""),
    CheckConstraint("version >= 1", name="cards_version"),
)
Index("cards_subject", CARDS.c.subject)
Index("cards_person", CARDS.c.person, CARDS.c.created_at)
_partial("cards_open", CARDS.c.state == "open", CARDS.c.created_at)

# What the bot has still to say, in order for each person (R20).
DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("sequence", RowNumber, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", Document, nullable=False),
    Column("cause", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    UniqueConstraint("key", name="deliveries_key"),
    CheckConstraint("state IN ('waiting', 'sent', 'given_up')", name="deliveries_state"),
    CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="deliveries_ended"),
)
_partial("deliveries_waiting", DELIVERIES.c.state == "waiting", DELIVERIES.c.person, DELIVERIES.c.sequence)
_partial("deliveries_open", DELIVERIES.c.state == "waiting", DELIVERIES.c.cause)
Index("deliveries_old", DELIVERIES.c.ended_at)

# Resources of the services as their events told; each change has a later moment than all before.
PROJECTIONS = Table(
    "projections",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)
Index("projections_updated", PROJECTIONS.c.updated_at)

LANGUAGES = Table(
    "languages",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("language", Text, nullable=False),
    Column("chosen_at", UtcTime, nullable=False),
)

# In which language people wrote last, as long as they choose none.
SPOKEN = Table(
    "spoken",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("language", Text, nullable=False),
    Column("spoken_at", UtcTime, nullable=False),
)

# Where people asked to be told first: names of products with blanks between, in their order.
FIRST_CHATS = Table(
    "first_chats",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("platforms", Text, nullable=False),
    Column("chosen_at", UtcTime, nullable=False),
)

# Which first-time explanations a person has seen.
GUIDES = Table(
    "guides",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("seen_at", UtcTime, nullable=False),
)

# Where each person last talked to the bot, on each product.
CONTACTS = Table(
    "contacts",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("platform", Text, primary_key=True),
    Column("tenant", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("address_kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("contacted_at", UtcTime, nullable=False),
)

# One-time sign-in links; the token itself is known to nobody but who got it.
LINKS = Table(
    "links",
    METADATA,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)
Index("links_ends", LINKS.c.ends_at)

# One-time codes that join a chat account and a person; only a digest is kept. A code stands for the account
# it was said in or for the person who asked for it; the other side names it within its time.
CODES = Table(
    "codes",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    CheckConstraint("(person = '') <> (user_id = '')", name="codes_one_side"),
)
Index("codes_account", CODES.c.platform, CODES.c.tenant, CODES.c.user_id)
Index("codes_person", CODES.c.person)
Index("codes_ends", CODES.c.ends_at)

# What only one replica does at a time, such as holding a product's single connection.
LEASES = Table(
    "chat_leases",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
)

# What is counted over a period, such as the calls of a product in a month.
COUNTS = Table(
    "chat_counts",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("used", BigInteger, nullable=False),
)

# Pictures that came with messages.
ATTACHMENTS = Table(
    "attachments",
    METADATA,
    Column("cause", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("kept_at", UtcTime, nullable=False),
)
Index("attachments_kept", ATTACHMENTS.c.kept_at)

# The local conversation, one per person.
MESSAGES = Table(
    "messages",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("content", Document, nullable=False),
    Column("card", Text),
    Column("kept_at", UtcTime, nullable=False),
    UniqueConstraint("person", "revision", name="messages_revision"),
    UniqueConstraint("person", "key", name="messages_key"),
    CheckConstraint("sequence >= 1 AND revision >= sequence", name="messages_places"),
)
_partial("messages_card", MESSAGES.c.card.is_not(None), MESSAGES.c.person, MESSAGES.c.card)
Index("messages_kept", MESSAGES.c.kept_at)

# The last place and the last revision given in each conversation.
HEADS = Table(
    "heads",
    METADATA,
    Column("person", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
)
