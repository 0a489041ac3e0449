"""Programs that may ask for tokens: their secrets, what they may do, how often a wrong secret is heard."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.kit.errors import Denied, InvalidInput, NotFound

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAME = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
MAXIMUM_SECRET = 200


@dataclass(eq=False)
class ClientsFileWrong(InvalidInput):
    """The file of clients is not as it must be."""

    problem: str


@dataclass(eq=False)
class CredentialRefused(Denied):
    """The client is not known, or its secret is wrong; which of the two is not told."""

    client: str


@dataclass(eq=False)
class MayNotVouch(Denied):
    """The client cannot ask for other people's tokens."""

    client: str


@dataclass(eq=False)
class IdentityUnknown(NotFound):
    """The chat identity is bound to nobody."""

    platform: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Client:
    """A program. Its secret is 32 random bytes, so a plain SHA-256 of it cannot be searched for; a slow,
    salted hash protects guessable passwords and would only let callers keep the service busy."""

    name: str
    secret_sha256: str
    permissions: frozenset[str]
    may_vouch: bool


class Clients:
    """The clients of this system."""

    def __init__(self, clients: Mapping[str, Client]) -> None:
        self._clients = dict(clients)

    def check(self, name: str, secret: str) -> Client:
        """The client with this secret; raises CredentialRefused, in the same time whatever is wrong."""
        client = self._clients.get(name)
        given = hashlib.sha256(secret[: MAXIMUM_SECRET + 1].encode("utf-8", "surrogatepass")).hexdigest()
        expected = client.secret_sha256 if client is not None else "0" * 64
        if not hmac.compare_digest(given, expected) or client is None:
            raise CredentialRefused(name[:40])
        return client

    def check_vouching(self, name: str, secret: str) -> Client:
        """The client with this secret if it may vouch for people; raises CredentialRefused or MayNotVouch."""
        client = self.check(name, secret)
        if not client.may_vouch:
            raise MayNotVouch(client.name)
        return client

    def knows(self, name: str, secret: str) -> bool:
        """Whether the credential is right."""
        try:
            self.check(name, secret)
        except CredentialRefused:
            return False
        return True


def read_clients(text: str) -> Clients:
    """The clients of a JSON list of ``client``, ``secret_sha256``, ``permissions`` and ``may_vouch``.

    Raises ClientsFileWrong; what is wrong is named, no secret or hash is.
    """
    try:
        rows = json.loads(text)
    except ValueError:
        raise ClientsFileWrong("not JSON") from None
    if not isinstance(rows, list):
        raise ClientsFileWrong("not a list")
    clients: dict[str, Client] = {}
    for number, row in enumerate(rows, 1):
        client = _client(row, number)
        if client.name in clients:
            raise ClientsFileWrong(f"client {client.name} is there twice")
        clients[client.name] = client
    return Clients(clients)


def _client(row: object, number: int) -> Client:
    wrong = ClientsFileWrong(f"entry {number} needs client, secret_sha256, permissions and may_vouch")
    if not isinstance(row, dict) or set(row) != {"client", "secret_sha256", "permissions", "may_vouch"}:
        raise wrong
    name, digest, permissions, vouches = (
        row["client"],
        row["secret_sha256"],
        row["permissions"],
        row["may_vouch"],
    )
    texts = isinstance(name, str) and isinstance(digest, str) and isinstance(vouches, bool)
    if not texts or not isinstance(permissions, list) or not all(isinstance(one, str) for one in permissions):
        raise wrong
    if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest):
        raise wrong
    # A program decides nothing, whatever its entry says: decisions are people's (R26).
    return Client(name, digest, frozenset(permissions) - {"approvals.decide"}, vouches)


class FailureBound:
    """How many wrong credentials are heard, and thus audited: some in a burst, then at a slow rate."""

    def __init__(self, burst: int, seconds_for_one: int) -> None:
        self._burst_seconds = burst * seconds_for_one
        self._seconds_for_one = seconds_for_one
        self._busy_until = 0

    def hear(self, now_seconds: int) -> int:
        """Count a failure; returns 0, or after how many seconds the next one would be heard."""
        starts = max(self._busy_until, now_seconds)
        wait = starts + self._seconds_for_one - now_seconds - self._burst_seconds
        if wait > 0:
            return wait
        self._busy_until = starts + self._seconds_for_one
        return 0
