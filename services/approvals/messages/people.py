"""People, identities and delegations as other programs see them."""

from __future__ import annotations

from collections.abc import Collection

from google.protobuf.field_mask_pb2 import FieldMask
from kuguan.approvals.v1 import people_pb2
from kuguan.type.v1 import imports_pb2

from services.approvals.domain.delegations import Delegation
from services.approvals.domain.importing import Row, RowResult
from services.approvals.domain.people import CHANGEABLE, Person
from services.kit import wire
from services.kit.errors import InvalidField

MAXIMUM_ROLES = 20


def person_message(person: Person) -> people_pb2.Person:
    """The person as other programs see them."""
    return people_pb2.Person(
        id=person.id,
        name=person.name,
        name_en=person.name_en,
        department=person.department,
        roles=sorted(person.roles),
        manager=person.manager,
        language=person.language,
        left=person.left,
        etag=str(person.version),
        create_time=wire.timestamp(person.created_at),
        update_time=wire.timestamp(person.updated_at),
    )


def wanted_person(message: people_pb2.Person) -> Person:
    """The person a caller describes, not checked yet; version and times are the service's."""
    if len(message.roles) > MAXIMUM_ROLES:
        raise InvalidField("person.roles", f"at most {MAXIMUM_ROLES}")
    return Person(
        id=message.id,
        name=message.name,
        name_en=message.name_en,
        department=message.department,
        roles=frozenset(message.roles),
        manager=message.manager,
        language=message.language or "zh",
        left=message.left,
    )


def masked_fields(mask: FieldMask) -> Collection[str]:
    """The fields a mask names; raises InvalidField for one that cannot change."""
    if list(mask.paths) == ["*"]:
        return CHANGEABLE
    if not mask.paths:
        raise InvalidField("update_mask", "is needed; * means all that can change")
    for path in mask.paths:
        if path not in CHANGEABLE:
            raise InvalidField("update_mask", f"not a field that can change: {path[:40]}")
    return frozenset(mask.paths)


def import_rows(request: people_pb2.ImportPeopleRequest) -> list[Row]:
    """The rows of an import."""
    return [Row(row.row, wanted_person(row.person)) for row in request.rows]


_VERDICTS = {
    "taken": imports_pb2.VERDICT_TAKEN,
    "mended": imports_pb2.VERDICT_MENDED,
    "unchanged": imports_pb2.VERDICT_UNCHANGED,
    "refused": imports_pb2.VERDICT_REFUSED,
}


def verdict_message(result: RowResult) -> imports_pb2.RowVerdict:
    """What happened to a row of an import."""
    return imports_pb2.RowVerdict(
        row=result.row, verdict=_VERDICTS[result.verdict], reason=result.reason, facts=result.facts
    )


def delegation_message(delegation: Delegation) -> people_pb2.Delegation:
    """The delegation as other programs see it."""
    return people_pb2.Delegation(
        name=delegation.name,
        from_person=delegation.from_person,
        to_person=delegation.to_person,
        start_time=wire.timestamp(delegation.start),
        end_time=wire.timestamp(delegation.end),
        kinds=sorted(delegation.kinds),
        ended=delegation.ended_at is not None,
    )
