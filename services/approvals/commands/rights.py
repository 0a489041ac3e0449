"""Who acts, checked again inside the transaction: a token may be older than the right it carries."""

from __future__ import annotations

from services.approvals.domain.people import Person, PersonLeft, PersonNeeded
from services.approvals.storage import people
from services.kit.changes import Transaction
from services.kit.errors import NoSuch, PermissionMissing


def acting_person(tx: Transaction) -> Person:
    """The person who acts; raises PersonNeeded for programs and PersonLeft for who has left."""
    if not tx.caller.person:
        raise PersonNeeded(tx.caller.client)
    person = people.find_person(tx.connection, tx.caller.person)
    if person is None:
        raise NoSuch("person", tx.caller.person)
    if person.left:
        raise PersonLeft(person.id)
    return person


def check_right(tx: Transaction, permission: str) -> None:
    """Raises PermissionMissing if the acting person lost the permission since the token was made.

    Programs have their permissions from the settings, which do not change while the service runs.
    """
    if tx.caller.person and permission not in acting_person(tx).permissions:
        raise PermissionMissing(permission)


def require_right(tx: Transaction, permission: str) -> None:
    """Raises PermissionMissing for who has no such permission: for methods that ask for more than their
    option says, depending on what is asked."""
    if not tx.caller.may(permission):
        raise PermissionMissing(permission)
    check_right(tx, permission)


def actor(tx: Transaction) -> str:
    """Who acts, as it is kept: a person's id, or ``client:`` and the program's name."""
    return tx.caller.person or f"client:{tx.caller.client}"
