"""Changes of delegations: people lend their own right to decide, for a time."""

from __future__ import annotations

from kuguan.approvals.v1.people_pb2 import (
    CreateDelegationRequest,
    CreateDelegationResponse,
    EndDelegationRequest,
    EndDelegationResponse,
)

from services.approvals.commands.rights import acting_person
from services.approvals.domain.delegations import MAXIMUM_OPEN, TooManyDelegations, delegate
from services.approvals.domain.refusals import NeverDecides
from services.approvals.domain.wording import looked_up
from services.approvals.messages import people as messages
from services.approvals.messages.rules import known_kinds
from services.approvals.storage import delegations, people, tasks
from services.kit import wire
from services.kit.changes import Transaction, writes
from services.kit.errors import InvalidField, NoSuch
from services.kit.ids import new_id


@writes(audited=True)
def create_delegation(tx: Transaction, request: CreateDelegationRequest) -> CreateDelegationResponse:
    """Let another person decide in the caller's place for a time."""
    caller = acting_person(tx)
    if not caller.may_decide:
        raise NeverDecides(caller.id)
    if not request.HasField("end_time"):
        raise InvalidField("end_time", "is needed")
    start = wire.moment(request.start_time, "start_time") if request.HasField("start_time") else None
    end = wire.moment(request.end_time, "end_time")
    if people.find_person(tx.connection, looked_up(request.to_person, "person")) is None:
        raise NoSuch("person", request.to_person)
    if delegations.count_open(tx.connection, caller.id, tx.now) >= MAXIMUM_OPEN:
        raise TooManyDelegations(caller.id, MAXIMUM_OPEN)
    directory = people.load_directory(tx.connection, [request.to_person])
    name = new_id(int(tx.now.timestamp() * 1000))
    delegation = delegate(
        name, caller.id, request.to_person, start, end, known_kinds(request.kinds, "kinds"), directory, tx.now
    )
    delegations.add_delegation(tx.connection, delegation, tx.request_id, tx.now)
    # Whoever may decide from then on is told by the timer that looks after tasks.
    tasks.look_at(tx.connection, caller.id, delegation.start)
    span = {"start": delegation.start.isoformat(), "end": delegation.end.isoformat()}
    tx.audit("create_delegation", name, to_person=delegation.to_person, **span)
    return CreateDelegationResponse(delegation=messages.delegation_message(delegation))


@writes(audited=True)
def end_delegation(tx: Transaction, request: EndDelegationRequest) -> EndDelegationResponse:
    """End one of the caller's delegations at once; one that is over stays as it is."""
    caller = acting_person(tx)
    before = delegations.find_delegation(tx.connection, looked_up(request.name, "delegation"), caller.id)
    if before is None:
        raise NoSuch("delegation", request.name)
    after = before.finish(tx.now)
    if after is not before:
        delegations.end_delegation(tx.connection, after)
        tasks.look_at(tx.connection, caller.id, tx.now)
        tx.audit("end_delegation", after.name, to_person=after.to_person)
    return EndDelegationResponse(delegation=messages.delegation_message(after))
