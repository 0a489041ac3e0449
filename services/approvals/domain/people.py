"""People: who works here, who is whose manager, and who may decide at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.approvals.domain.roles import DECIDE, ROLES, permissions_of
from services.approvals.domain.wording import PERSON_ID, named
from services.kit.errors import Denied, InvalidField, RuleBroken
from services.kit.texts import plain_text

MAXIMUM_NAME = 80
LANGUAGES = frozenset({"zh", "en"})
CHANGEABLE = ("name", "name_en", "department", "roles", "manager", "language", "left")


@dataclass(eq=False)
class ManagerCycle(RuleBroken):
    """With this manager the person would be their own superior."""

    person: str
    manager: str


@dataclass(eq=False)
class OwnRights(Denied):
    """Nobody changes their own roles, manager or employment; another administrator does."""

    person: str


@dataclass(eq=False)
class PersonLeft(Denied):
    """Who has left cannot act."""

    person: str


@dataclass(eq=False)
class PersonNeeded(Denied):
    """Only a person can do this; the token stands for a program."""

    client: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here, or did."""

    id: str
    name: str
    name_en: str = ""
    department: str = ""
    roles: frozenset[str] = frozenset()
    manager: str = ""
    language: str = "zh"
    left: bool = False
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """What the person may do now: nothing after leaving."""
        return frozenset() if self.left else permissions_of(self.roles)

    @property
    def may_decide(self) -> bool:
        """Whether the person can be an approver at all: still here, and not an administrator."""
        return DECIDE in self.permissions

    def checked(self) -> Person:
        """The person with tidy texts; raises InvalidField naming the field that is wrong."""
        named(self.id, "person.id", PERSON_ID)
        unknown = sorted(self.roles - ROLES.keys())
        if unknown:
            raise InvalidField("person.roles", f"no such role: {unknown[0][:40]}")
        if self.language not in LANGUAGES:
            raise InvalidField("person.language", "zh or en")
        if self.manager:
            named(self.manager, "person.manager", PERSON_ID)
        return replace(
            self,
            name=plain_text(self.name, "person.name", MAXIMUM_NAME, required=True),
            name_en=plain_text(self.name_en, "person.name_en", MAXIMUM_NAME),
            department=plain_text(self.department, "person.department", MAXIMUM_NAME, required=True),
        )

    def same_as(self, other: Person) -> bool:
        """Whether both say the same about the person, whatever their versions and times."""
        return all(getattr(self, name) == getattr(other, name) for name in CHANGEABLE)

    def changed(self, wanted: Person, fields: Collection[str], now: datetime) -> Person:
        """The person with the named fields as in ``wanted`` and the next version."""
        values = {name: getattr(wanted, name) for name in fields}
        return replace(self, **values, version=self.version + 1, updated_at=now).checked()

    def changes_rights(self, other: Person) -> bool:
        """Whether the two differ in what the person may do or whom they answer to."""
        return (self.roles, self.manager, self.left) != (other.roles, other.manager, other.left)


@dataclass(frozen=True, slots=True)
class Directory:
    """The people a decision needs, with all their superiors, and who holds which role in the order of ids."""

    people: Mapping[str, Person] = field(default_factory=dict)
    holders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def may_decide(self, person: str) -> bool:
        """Whether there is such a person and they can be an approver at all."""
        known = self.people.get(person)
        return known is not None and known.may_decide

    def superiors(self, person: str) -> Iterator[str]:
        """The manager, the manager's manager and so on; ends at the top, and at a cycle if there were one."""
        seen = {person}
        known = self.people.get(person)
        while known is not None and known.manager and known.manager not in seen:
            seen.add(known.manager)
            yield known.manager
            known = self.people.get(known.manager)


def check_chain(person: str, managers: Mapping[str, str]) -> None:
    """Raises ManagerCycle if somebody above the person is the person again.

    ``managers`` maps each id to the manager's id; who is not in it is at the top.
    """
    seen = {person}
    above = managers.get(person, "")
    while above:
        if above in seen:
            raise ManagerCycle(person, managers.get(person, ""))
        seen.add(above)
        above = managers.get(above, "")


def in_cycles(managers: Mapping[str, str]) -> frozenset[str]:
    """Everybody who would be their own superior."""
    done: set[str] = set()
    found: set[str] = set()
    for start in managers:
        path: list[str] = []
        place: dict[str, int] = {}
        current = start
        while current and current not in done and current not in place:
            place[current] = len(path)
            path.append(current)
            current = managers.get(current, "")
        if current in place:
            found.update(path[place[current] :])
        done.update(path)
    return frozenset(found)
