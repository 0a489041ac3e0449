"""Reads of people, roles, identities and delegations."""

from __future__ import annotations

from kuguan.approvals.v1 import people_pb2
from kuguan.approvals.v1.people_pb2 import (
    GetPersonRequest,
    GetPersonResponse,
    ListDelegationsRequest,
    ListDelegationsResponse,
    ListDepartmentsRequest,
    ListDepartmentsResponse,
    ListIdentitiesRequest,
    ListIdentitiesResponse,
    ListPeopleRequest,
    ListPeopleResponse,
    ListRolesRequest,
    ListRolesResponse,
)

from services.approvals.domain.people import PersonNeeded
from services.approvals.domain.roles import ROLES, permissions_of
from services.approvals.domain.wording import looked_up
from services.approvals.messages import identities as identity_messages
from services.approvals.messages import people as messages
from services.approvals.queries.paging import number, texts
from services.approvals.storage import delegations, identities, people
from services.kit import wire
from services.kit.errors import InvalidField, NoSuch
from services.kit.reading import View


def get_person(view: View, request: GetPersonRequest) -> GetPersonResponse:
    """One person."""
    person = people.find_person(view.connection, looked_up(request.id, "person"))
    if person is None:
        raise NoSuch("person", request.id)
    return GetPersonResponse(person=messages.person_message(person))


def list_people(view: View, request: ListPeopleRequest) -> ListPeopleResponse:
    """A page of people in the order of their ids."""
    if request.role and request.role not in ROLES:
        raise InvalidField("role", "no such role")
    size, query = wire.page_size(request.page_size), f"people\0{request.role}"
    (after,) = texts(wire.decode_page_token(request.page_token, query), 1)
    found = people.list_people(view.connection, after, request.role, size + 1)
    page, more = found[:size], len(found) > size
    return ListPeopleResponse(
        people=[messages.person_message(person) for person in page],
        next_page_token=wire.encode_page_token(query, [page[-1].id]) if more else "",
    )


def list_departments(view: View, request: ListDepartmentsRequest) -> ListDepartmentsResponse:
    """A page of the departments that somebody works in."""
    size, query = wire.page_size(request.page_size), "departments"
    (after,) = texts(wire.decode_page_token(request.page_token, query), 1)
    found = people.list_departments(view.connection, after, size + 1)
    page, more = found[:size], len(found) > size
    return ListDepartmentsResponse(
        departments=page, next_page_token=wire.encode_page_token(query, [page[-1]]) if more else ""
    )


def list_roles(view: View, request: ListRolesRequest) -> ListRolesResponse:
    """All roles and what each permits."""
    roles = [people_pb2.Role(name=role, permissions=sorted(permissions_of([role]))) for role in sorted(ROLES)]
    return ListRolesResponse(roles=roles)


def list_identities(view: View, request: ListIdentitiesRequest) -> ListIdentitiesResponse:
    """A page of a person's chat identities."""
    person = looked_up(request.person, "person")
    size, query = wire.page_size(request.page_size), f"identities\0{person}"
    platform, tenant, user_id = texts(wire.decode_page_token(request.page_token, query), 3)
    key = (platform, tenant, user_id)
    found = identities.list_identities(view.connection, person, key, size + 1)
    page, more = found[:size], len(found) > size
    return ListIdentitiesResponse(
        identities=[identity_messages.identity_message(identity) for identity in page],
        next_page_token=wire.encode_page_token(query, [*page[-1].key]) if more else "",
    )


def list_delegations(view: View, request: ListDelegationsRequest) -> ListDelegationsResponse:
    """A page of the delegations from or to the caller, newest first."""
    caller = view.caller.person
    if not caller:
        raise PersonNeeded(view.caller.client)
    size, query = wire.page_size(request.page_size), f"delegations\0{caller}"
    before = number(wire.decode_page_token(request.page_token, query))
    found = delegations.list_delegations(view.connection, caller, before, size + 1)
    page, more = found[:size], len(found) > size
    return ListDelegationsResponse(
        delegations=[messages.delegation_message(delegation) for _, delegation in page],
        next_page_token=wire.encode_page_token(query, [page[-1][0]]) if more else "",
    )
