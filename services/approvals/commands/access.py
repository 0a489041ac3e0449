"""Tokens: a client proves itself and, if it may vouch, names the person who acts through it.

Every exchange is audited, granted or not; nothing of a secret is kept or logged. Wrong credentials are heard
at a bounded rate, right ones always.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic

from kuguan.approvals.v1.access_pb2 import (
    ClientCredential,
    ExchangeClientRequest,
    ExchangeClientResponse,
    ExchangeIdentityRequest,
    ExchangeIdentityResponse,
    Token,
)

from services.approvals.domain.clients import Clients, FailureBound, IdentityUnknown, read_clients
from services.approvals.domain.people import PersonLeft
from services.approvals.messages.identities import checked_key
from services.approvals.storage import identities, people
from services.kit import wire
from services.kit.access import Caller, Signer
from services.kit.changes import Transaction, writes
from services.kit.errors import TooBusy
from services.kit.settings import Settings

FAILURES_IN_A_BURST = 30
SECONDS_FOR_ONE_FAILURE = 2


class Exchange:
    """The desk at which credentials become tokens."""

    def __init__(self, clients: Clients, signer: Signer) -> None:
        self._clients = clients
        self._signer = signer
        self._failures = FailureBound(FAILURES_IN_A_BURST, SECONDS_FOR_ONE_FAILURE)
        self.for_identity = writes(audited=True)(self.exchange_identity)
        self.for_client = writes(audited=True)(self.exchange_client)

    @classmethod
    def of(cls, settings: Settings) -> Exchange:
        """KUGUAN_CLIENTS_FILE and KUGUAN_ACCESS_PRIVATE_KEY_FILE, by default among the embedded secrets."""
        clients = settings.secret_file("CLIENTS_FILE", settings.secrets / "clients.json")
        key = settings.secret_file("ACCESS_PRIVATE_KEY_FILE", settings.secrets / "access-private.pem")
        return cls(read_clients(clients.value), Signer(key.value))

    def admit(self, credential: ClientCredential) -> None:
        """Raises TooBusy for a wrong credential after too many; each that is heard leaves an audit row."""
        if self._clients.knows(credential.client, credential.secret):
            return
        wait = self._failures.hear(int(monotonic()))
        if wait:
            raise TooBusy("failed_exchanges", wait)

    def exchange_identity(
        self, tx: Transaction, request: ExchangeIdentityRequest
    ) -> ExchangeIdentityResponse:
        """A token of the person whom the vouching client names; raises CredentialRefused, MayNotVouch,
        IdentityUnknown or PersonLeft."""
        credential = request.credential
        client = self._clients.check_vouching(credential.client, credential.secret)
        key = checked_key(request.platform, request.tenant, request.user_id)
        identity = identities.find_identity(tx.connection, key)
        if identity is None:
            raise IdentityUnknown(request.platform, request.user_id)
        person = people.load_people(tx.connection, [identity.person])[identity.person]
        if person.left:
            raise PersonLeft(person.id)
        caller = Caller(person.id, person.department, person.roles, person.permissions, client.name)
        tx.audit("exchange_identity", person.id, client=client.name, platform=request.platform)
        return ExchangeIdentityResponse(token=self._token(caller, tx.now))

    def exchange_client(self, tx: Transaction, request: ExchangeClientRequest) -> ExchangeClientResponse:
        """A token of the client itself; raises CredentialRefused."""
        client = self._clients.check(request.credential.client, request.credential.secret)
        caller = Caller(permissions=client.permissions, client=client.name)
        tx.audit("exchange_client", client.name)
        return ExchangeClientResponse(token=self._token(caller, tx.now))

    def _token(self, caller: Caller, now: datetime) -> Token:
        value, ends = self._signer.token(caller, now.timestamp())
        expires = datetime.fromtimestamp(ends, UTC)
        return Token(value=value, expire_time=wire.timestamp(expires), person=caller.person)
