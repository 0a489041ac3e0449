"""What the bot remembers about people: language, what was explained, where they talk and want to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from bot.storage.tables import CONTACTS, FIRST_CHATS, GUIDES, LANGUAGES, SPOKEN
from services.kit.bulk import Change, Prepared
from services.kit.changes import Transaction

_language = Prepared(select(LANGUAGES.c.language).where(LANGUAGES.c.person == bindparam("name")))
_spoken = Prepared(select(SPOKEN.c.language).where(SPOKEN.c.person == bindparam("name")))
_first = Prepared(select(FIRST_CHATS.c.platforms).where(FIRST_CHATS.c.person == bindparam("name")))
_contacts = Prepared(
    select(CONTACTS)
    .where(CONTACTS.c.person == bindparam("name"))
    .order_by(CONTACTS.c.contacted_at.desc(), CONTACTS.c.platform, CONTACTS.c.tenant)
)


_touch = Change(
    update(CONTACTS).where(
        CONTACTS.c.person == bindparam("whose"),
        CONTACTS.c.platform == bindparam("on"),
        CONTACTS.c.tenant == bindparam("at"),
    ),
    ["user_id", "address_kind", "address", "contacted_at"],
)


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a person talked to the bot, as which account."""

    person: str
    platform: str
    tenant: str
    user_id: str
    address_kind: str
    address: str
    contacted_at: datetime


def chosen_language(connection: Connection, person: str) -> str | None:
    """The language a person chose; None if they never chose."""
    found = _language(connection, name=person)
    return found[0].language if found else None


def spoken_language(connection: Connection, person: str) -> str | None:
    """The language a person wrote in last; None if that told nothing so far."""
    found = _spoken(connection, name=person)
    return found[0].language if found else None


def language(connection: Connection, person: str) -> str | None:
    """The language a person chose, else the one they wrote in last; None where neither is known."""
    return chosen_language(connection, person) or spoken_language(connection, person)


def choose_language(tx: Transaction, person: str, language: str) -> None:
    """Remember the language a person wants from now on."""
    _keep(tx, LANGUAGES, person, {"language": language, "chosen_at": tx.now})


def note_spoken(tx: Transaction, person: str, language: str) -> None:
    """Remember the language a person writes in."""
    _keep(tx, SPOKEN, person, {"language": language, "spoken_at": tx.now})


def _keep(tx: Transaction, table: Table, person: str, values: dict[str, Any]) -> None:
    changed = tx.connection.execute(update(table).where(table.c.person == person).values(values))
    if changed.rowcount == 0:
        tx.connection.execute(insert(table), values | {"person": person})


def seen_guide(connection: Connection, person: str, kind: str) -> bool:
    """Whether a person has seen an explanation."""
    where = (GUIDES.c.person == person, GUIDES.c.kind == kind)
    return connection.execute(select(GUIDES.c.kind).where(*where)).first() is not None


def mark_guide(tx: Transaction, person: str, kind: str) -> None:
    """Remember that a person has seen an explanation; the first time counts."""
    if not seen_guide(tx.connection, person, kind):
        tx.connection.execute(insert(GUIDES), {"person": person, "kind": kind, "seen_at": tx.now})


def touch_contact(
    tx: Transaction,
    person: str,
    platform: str,
    tenant: str,
    user_id: str,
    address_kind: str,
    address: str,
) -> None:
    """Remember that a person just talked to the bot there."""
    values = {
        "user_id": user_id,
        "address_kind": address_kind,
        "address": address,
        "contacted_at": tx.now,
    }
    if _touch(tx.connection, whose=person, on=platform, at=tenant, **values) == 0:
        key = {"person": person, "platform": platform, "tenant": tenant}
        tx.connection.execute(insert(CONTACTS), key | values)


def know_contact(tx: Transaction, contact: Contact) -> None:
    """A chat account stands for a person from now on; where they have talked already that stays."""
    key = (CONTACTS.c.person == contact.person, CONTACTS.c.platform == contact.platform)
    known = select(CONTACTS.c.user_id).where(*key, CONTACTS.c.tenant == contact.tenant)
    if tx.connection.execute(known).first() is None:
        tx.connection.execute(insert(CONTACTS), {name: getattr(contact, name) for name in Contact.__slots__})


def forget_contact(tx: Transaction, platform: str, tenant: str, user_id: str) -> None:
    """A chat account stands for nobody any more."""
    where = (CONTACTS.c.platform == platform, CONTACTS.c.tenant == tenant, CONTACTS.c.user_id == user_id)
    tx.connection.execute(delete(CONTACTS).where(*where))


def contacts(connection: Connection, person: str) -> list[Contact]:
    """Where a person can be written to, the place they used last first."""
    return [Contact(**row._asdict()) for row in _contacts(connection, name=person)]


def first_chats(connection: Connection, person: str) -> list[str]:
    """The products on which a person asked to be told first, in their order; empty if they never did."""
    found = _first(connection, name=person)
    return found[0].platforms.split() if found else []


def choose_first_chats(tx: Transaction, person: str, platforms: Sequence[str]) -> None:
    """Remember where a person wants to be told first from now on; nothing = where they talked last."""
    tx.connection.execute(delete(FIRST_CHATS).where(FIRST_CHATS.c.person == person))
    if platforms:
        row = {"person": person, "platforms": " ".join(platforms), "chosen_at": tx.now}
        tx.connection.execute(insert(FIRST_CHATS), row)


def last_contact(connection: Connection, person: str) -> Contact | None:
    """Where a person talked to the bot last; None if they never did."""
    newest = (
        select(CONTACTS)
        .where(CONTACTS.c.person == person)
        .order_by(CONTACTS.c.contacted_at.desc(), CONTACTS.c.platform, CONTACTS.c.tenant)
        .limit(1)
    )
    row = connection.execute(newest).first()
    return None if row is None else Contact(**row._mapping)
