"""Changes of people: create, change, import, announce."""

from __future__ import annotations

from dataclasses import replace

from kuguan.approvals.v1 import events_pb2
from kuguan.approvals.v1.people_pb2 import (
    CreatePersonRequest,
    CreatePersonResponse,
    ImportPeopleRequest,
    ImportPeopleResponse,
    UpdatePersonRequest,
    UpdatePersonResponse,
)

from services.approvals.commands.rights import check_right
from services.approvals.domain import importing
from services.approvals.domain.people import ManagerCycle, OwnRights, Person, check_chain
from services.approvals.domain.wording import PERSON_ID, looked_up
from services.approvals.messages import people as messages
from services.approvals.storage import people, tasks
from services.kit.changes import Transaction, writes
from services.kit.errors import Duplicate, NoSuch, VersionChanged

WRITE = "people.write"
ANNOUNCED_AT_ONCE = 500


@writes(audited=True)
def create_person(tx: Transaction, request: CreatePersonRequest) -> CreatePersonResponse:
    """Create a person."""
    check_right(tx, WRITE)
    person = replace(messages.wanted_person(request.person).checked(), created_at=tx.now, updated_at=tx.now)
    if people.find_person(tx.connection, person.id) is not None:
        raise Duplicate("person", person.id)
    _check_manager(tx, person)
    _write(tx, [person], [])
    tx.audit("create_person", person.id, roles=",".join(sorted(person.roles)), manager=person.manager)
    return CreatePersonResponse(person=messages.person_message(person))


@writes(audited=True)
def update_person(tx: Transaction, request: UpdatePersonRequest) -> UpdatePersonResponse:
    """Change the fields of a person that the mask names."""
    check_right(tx, WRITE)
    wanted = messages.wanted_person(request.person)
    fields = messages.masked_fields(request.update_mask)
    before = people.find_person(tx.connection, looked_up(wanted.id, "person"))
    if before is None:
        raise NoSuch("person", wanted.id)
    if request.person.etag and request.person.etag != str(before.version):
        raise VersionChanged("person", before.id)
    after = before.changed(wanted, fields, tx.now)
    if after.same_as(before):
        return UpdatePersonResponse(person=messages.person_message(before))
    if tx.caller.person == after.id and after.changes_rights(before):
        raise OwnRights(after.id)
    if after.manager != before.manager:
        _check_manager(tx, after)
    _write(tx, [], [after])
    facts = {"fields": ",".join(sorted(fields)), "roles": ",".join(sorted(after.roles))}
    tx.audit("update_person", after.id, **facts, manager=after.manager, left=str(after.left))
    return UpdatePersonResponse(person=messages.person_message(after))


@writes(audited=True)
def import_people(tx: Transaction, request: ImportPeopleRequest) -> ImportPeopleResponse:
    """Import people: all rows or none, with a verdict for each; a dry run only tells the verdicts."""
    check_right(tx, WRITE)
    rows = messages.import_rows(request)
    named = {
        name for row in rows for name in (row.person.id, row.person.manager) if PERSON_ID.fullmatch(name)
    }
    known = people.load_people(tx.connection, named)
    managers = people.load_managers(tx.connection)
    results = importing.judge(rows, known, managers, tx.caller.person, tx.now)
    written = not request.dry_run and importing.all_taken(results)
    if written:
        taken = [result.person for result in results if result.person is not None]
        new = [person for person in taken if person.id not in known]
        _write(tx, new, [person for person in taken if person.id in known])
        tx.audit("import_people", tx.request_id, rows=str(len(rows)), created=str(len(new)))
    verdicts = [messages.verdict_message(result) for result in results]
    return ImportPeopleResponse(verdicts=verdicts, written=written)


def announce_people(tx: Transaction) -> int:
    """Tell everybody again as they are now, so that others can rebuild what they know; returns how many."""
    after, count = "", 0
    while page := people.list_people(tx.connection, after, "", ANNOUNCED_AT_ONCE):
        for person in page:
            tx.publish(events_pb2.PersonAnnounced(person=messages.person_message(person)), person.id)
        after, count = page[-1].id, count + len(page)
    return count


def _write(tx: Transaction, new: list[Person], changed: list[Person]) -> None:
    people.add_people(tx.connection, new, tx.request_id)
    people.update_people(tx.connection, changed)
    for person in new:
        tx.publish(events_pb2.PersonCreated(person=messages.person_message(person)), person.id)
    for person in changed:
        tx.publish(events_pb2.PersonUpdated(person=messages.person_message(person)), person.id)
    # Whose right ended must not keep a task; who got one may free a task that is stuck.
    tasks.look_soon(tx.connection, [person.id for person in changed], tx.now)


def _check_manager(tx: Transaction, person: Person) -> None:
    if not person.manager:
        return
    if person.manager == person.id:
        raise ManagerCycle(person.id, person.manager)
    if people.find_person(tx.connection, person.manager) is None:
        raise NoSuch("person", person.manager)
    above = people.managers_above(tx.connection, person.manager)
    check_chain(person.id, {**above, person.id: person.manager})
