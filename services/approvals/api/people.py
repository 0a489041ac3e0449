"""The gRPC methods of people: each asks one command or one query."""

from __future__ import annotations

from typing import Any

from kuguan.approvals.v1 import people_pb2, people_pb2_grpc

from services.approvals.commands import delegations, identities, people
from services.approvals.queries import people as people_queries
from services.kit.service import Runtime


class PeopleApi(people_pb2_grpc.PeopleServiceServicer):
    """The people of the company."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def GetPerson(
        self, request: people_pb2.GetPersonRequest, context: Any
    ) -> people_pb2.GetPersonResponse:
        """Gets one person."""
        return await self._runtime.read(people_queries.get_person, request)

    async def ListPeople(
        self, request: people_pb2.ListPeopleRequest, context: Any
    ) -> people_pb2.ListPeopleResponse:
        """Lists people in the order of their ids."""
        return await self._runtime.read(people_queries.list_people, request)

    async def CreatePerson(
        self, request: people_pb2.CreatePersonRequest, context: Any
    ) -> people_pb2.CreatePersonResponse:
        """Creates a person."""
        return await self._runtime.write(people.create_person, request)

    async def UpdatePerson(
        self, request: people_pb2.UpdatePersonRequest, context: Any
    ) -> people_pb2.UpdatePersonResponse:
        """Changes the fields of a person that the mask names."""
        return await self._runtime.write(people.update_person, request)

    async def ImportPeople(
        self, request: people_pb2.ImportPeopleRequest, context: Any
    ) -> people_pb2.ImportPeopleResponse:
        """Imports people: all rows or none."""
        return await self._runtime.write(people.import_people, request)

    async def ListDepartments(
        self, request: people_pb2.ListDepartmentsRequest, context: Any
    ) -> people_pb2.ListDepartmentsResponse:
        """Lists the departments people belong to."""
        return await self._runtime.read(people_queries.list_departments, request)

    async def ListRoles(
        self, request: people_pb2.ListRolesRequest, context: Any
    ) -> people_pb2.ListRolesResponse:
        """Lists the roles and what each permits."""
        return await self._runtime.read(people_queries.list_roles, request)

    async def BindIdentity(
        self, request: people_pb2.BindIdentityRequest, context: Any
    ) -> people_pb2.BindIdentityResponse:
        """Binds a chat identity to a person."""
        return await self._runtime.write(identities.bind_identity, request)

    async def UnbindIdentity(
        self, request: people_pb2.UnbindIdentityRequest, context: Any
    ) -> people_pb2.UnbindIdentityResponse:
        """Unbinds a chat identity at once."""
        return await self._runtime.write(identities.unbind_identity, request)

    async def ListIdentities(
        self, request: people_pb2.ListIdentitiesRequest, context: Any
    ) -> people_pb2.ListIdentitiesResponse:
        """Lists the chat identities of a person."""
        return await self._runtime.read(people_queries.list_identities, request)

    async def CreateDelegation(
        self, request: people_pb2.CreateDelegationRequest, context: Any
    ) -> people_pb2.CreateDelegationResponse:
        """Lets another person decide in the caller's place for a time."""
        return await self._runtime.write(delegations.create_delegation, request)

    async def EndDelegation(
        self, request: people_pb2.EndDelegationRequest, context: Any
    ) -> people_pb2.EndDelegationResponse:
        """Ends one of the caller's delegations at once."""
        return await self._runtime.write(delegations.end_delegation, request)

    async def ListDelegations(
        self, request: people_pb2.ListDelegationsRequest, context: Any
    ) -> people_pb2.ListDelegationsResponse:
        """Lists delegations from or to the caller."""
        return await self._runtime.read(people_queries.list_delegations, request)
