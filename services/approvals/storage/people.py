"""SQL of people: who works here, in which roles, and who is above whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from services.approvals.domain.people import Directory, Person
from services.approvals.domain.resolution import MAXIMUM_HOLDERS
from services.approvals.storage.tables import PEOPLE, PERSON_ROLES
from services.kit.bulk import Prepared
from services.kit.database import in_chunks
from services.kit.errors import VersionChanged

_by_id = Prepared(select(PEOPLE), PEOPLE.c.id)
_roles_of = Prepared(select(PERSON_ROLES.c.person, PERSON_ROLES.c.role), PERSON_ROLES.c.person)
_holders = Prepared(
    select(PERSON_ROLES.c.person)
    .join(PEOPLE, PEOPLE.c.id == PERSON_ROLES.c.person)
    .where(PERSON_ROLES.c.role == bindparam("wanted"), PEOPLE.c.has_left.is_(False))
    .order_by(PERSON_ROLES.c.person)
    .limit(MAXIMUM_HOLDERS + 1)
)


def find_person(connection: Connection, person: str) -> Person | None:
    """The person, None if there is none."""
    return load_people(connection, [person]).get(person)


def load_people(connection: Connection, ids: Collection[str]) -> dict[str, Person]:
    """The people of these ids, as far as there are any."""
    return _people(connection, _by_id(connection, sorted(ids)))


def list_people(connection: Connection, after: str, role: str, count: int) -> list[Person]:
    """People in the order of their ids, those who left included; only with the role if one is given."""
    query = select(PEOPLE).where(PEOPLE.c.id > after)
    if role:
        query = query.join(PERSON_ROLES, PERSON_ROLES.c.person == PEOPLE.c.id).where(
            PERSON_ROLES.c.role == role
        )
    rows = connection.execute(query.order_by(PEOPLE.c.id).limit(count)).all()
    return list(_people(connection, rows).values())


def list_departments(connection: Connection, after: str, count: int) -> list[str]:
    """The names of departments with anybody in them, in order."""
    query = select(PEOPLE.c.department).where(PEOPLE.c.department > after, PEOPLE.c.has_left.is_(False))
    return list(connection.scalars(query.distinct().order_by(PEOPLE.c.department).limit(count)))


def load_managers(connection: Connection) -> dict[str, str]:
    """Everybody's manager, of those who have one."""
    rows = connection.execute(select(PEOPLE.c.id, PEOPLE.c.manager).where(PEOPLE.c.manager != ""))
    return {row.id: row.manager for row in rows}


def managers_above(connection: Connection, person: str) -> dict[str, str]:
    """The managers of the person and of everybody above, of those who have one."""
    return {one.id: one.manager for one in _with_superiors(connection, [person]).values() if one.manager}


def load_directory(connection: Connection, ids: Iterable[str], roles: Iterable[str] = ()) -> Directory:
    """These people, the holders of these roles, and everybody above them.

    Of a role with more holders than may decide a step, just one more is loaded: enough to see that.
    """
    holders: dict[str, tuple[str, ...]] = {}
    for role in sorted(set(roles)):
        holders[role] = tuple(row.person for row in _holders(connection, wanted=role))
    wanted = set(ids).union(*holders.values())
    return Directory(_with_superiors(connection, wanted), holders)


def _with_superiors(connection: Connection, ids: Collection[str]) -> dict[str, Person]:
    found: list[Any] = []
    seen: set[str] = set()
    wanted = set(ids)
    # Level by level; a cycle, if there ever were one, ends it.
    while wanted:
        seen |= wanted
        level = _by_id(connection, sorted(wanted))
        found += level
        wanted = {row.manager for row in level if row.manager} - seen
    return _people(connection, found)


def add_people(connection: Connection, people: Sequence[Person], request_id: str) -> None:
    """Insert new people."""
    if people:
        connection.execute(insert(PEOPLE), [{**_row(person), "request_id": request_id} for person in people])
        _add_roles(connection, people)


def update_people(connection: Connection, people: Sequence[Person]) -> None:
    """Write people whose version rose by one; raises VersionChanged if somebody was faster."""
    if not people:
        return
    statement = (
        update(PEOPLE)
        .where(PEOPLE.c.id == bindparam("key"), PEOPLE.c.version == bindparam("seen"))
        .values({column: bindparam(column) for column in _row(people[0]) if column != "id"})
    )
    for person in people:
        row = _row(person)
        row.pop("id")
        written = connection.execute(statement, {**row, "key": person.id, "seen": person.version - 1})
        if written.rowcount != 1:
            raise VersionChanged("person", person.id)
    for chunk in in_chunks([person.id for person in people]):
        connection.execute(delete(PERSON_ROLES).where(PERSON_ROLES.c.person.in_(chunk)))
    _add_roles(connection, people)


def _add_roles(connection: Connection, people: Iterable[Person]) -> None:
    rows = [{"person": person.id, "role": role} for person in people for role in sorted(person.roles)]
    if rows:
        connection.execute(insert(PERSON_ROLES), rows)


def _row(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "name_en": person.name_en,
        "department": person.department,
        "manager": person.manager,
        "language": person.language,
        "has_left": person.left,
        "version": person.version,
        "created_at": person.created_at,
        "updated_at": person.updated_at,
    }


def _people(connection: Connection, rows: Sequence[Any]) -> dict[str, Person]:
    roles = _roles(connection, [row.id for row in rows])
    return {
        row.id: Person(
            id=row.id,
            name=row.name,
            name_en=row.name_en,
            department=row.department,
            roles=frozenset(roles.get(row.id, ())),
            manager=row.manager,
            language=row.language,
            left=row.has_left,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    }


def _roles(connection: Connection, ids: Sequence[str]) -> Mapping[str, list[str]]:
    roles: dict[str, list[str]] = {}
    for row in _roles_of(connection, ids):
        roles.setdefault(row.person, []).append(row.role)
    return roles
