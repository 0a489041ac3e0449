"""What the bot remembers about people: their language, what was explained to them, where they talk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from bot.storage.tables import CONTACTS, GUIDES, LANGUAGES
from services.kit.changes import Transaction


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


def language(connection: Connection, person: str) -> str | None:
    """The language a person chose; None if they never chose."""
    return connection.execute(select(LANGUAGES.c.language).where(LANGUAGES.c.person == person)).scalar()


def choose_language(tx: Transaction, person: str, language: str) -> None:
    """Remember the language a person wants from now on."""
    values = {"language": language, "chosen_at": tx.now}
    changed = tx.connection.execute(update(LANGUAGES).where(LANGUAGES.c.person == person).values(values))
    if changed.rowcount == 0:
        tx.connection.execute(insert(LANGUAGES), values | {"person": person})


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
    key = {"person": person, "platform": platform, "tenant": tenant}
    values = {
        "user_id": user_id,
        "address_kind": address_kind,
        "address": address,
        "contacted_at": tx.now,
    }
    where = [CONTACTS.c[name] == value for name, value in key.items()]
    if tx.connection.execute(update(CONTACTS).where(*where).values(values)).rowcount == 0:
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
    found = (
        select(CONTACTS)
        .where(CONTACTS.c.person == person)
        .order_by(CONTACTS.c.contacted_at.desc(), CONTACTS.c.platform, CONTACTS.c.tenant)
    )
    return [Contact(**row._mapping) for row in connection.execute(found)]


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
