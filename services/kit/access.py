"""Who acts: callers, the short-lived tokens that prove them, and the keys behind the tokens."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from services.kit.errors import NotSignedIn

AUDIENCE = "kuguan"
ALGORITHM = "EdDSA"
TOKEN_SECONDS = 600
# Clocks of two machines differ a little; a token must not be refused because its maker's clock is ahead.
CLOCK_SECONDS = 10
_REMEMBERED_TOKENS = 10_000
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, through which client, and what they may do."""

    person: str = ""
    department: str = ""
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    client: str = ""

    def may(self, permission: str) -> bool:
        """Whether the caller's token carries the permission."""
        return permission in self.permissions

    @property
    def name(self) -> str:
        """The person, or the client where no person acts."""
        return self.person or self.client


SYSTEM = Caller(client="system")
NOBODY = Caller()
current_caller: ContextVar[Caller] = ContextVar("current_caller", default=NOBODY)


class Signer:
    """Makes tokens; only approvals has one, because it owns people and roles."""

    def __init__(self, private_key_pem: str) -> None:
        key = load_pem_private_key(private_key_pem.encode(), password=None)
        assert isinstance(key, Ed25519PrivateKey), "the access key must be an Ed25519 key"
        self._key = key

    def token(self, caller: Caller, now: float) -> tuple[str, int]:
        """A token for the caller and the Unix time at which it ends."""
        ends = int(now) + TOKEN_SECONDS
        claims = {
            "sub": caller.name,
            "per": caller.person,
            "dep": caller.department,
            "rol": sorted(caller.roles),
            "prm": sorted(caller.permissions),
            "cli": caller.client,
            "aud": AUDIENCE,
            "iat": int(now),
            "exp": ends,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM), ends


class Verifier:
    """Checks tokens with public keys; each token is checked once, then remembered until it ends."""

    def __init__(self, public_keys_pem: str) -> None:
        keys = [load_pem_public_key(pem.encode()) for pem in _PEM.findall(public_keys_pem)]
        self._keys = [key for key in keys if isinstance(key, Ed25519PublicKey)]
        assert self._keys, "no Ed25519 public key to verify tokens with"
        self._known: dict[str, tuple[float, Caller]] = {}

    def caller(self, token: str) -> Caller:
        """The caller a token proves; raises NotSignedIn."""
        known = self._known.get(token)
        if known is not None:
            if known[0] > time.time():
                return known[1]
            del self._known[token]
        ends, caller = self._check(token)
        if len(self._known) >= _REMEMBERED_TOKENS:
            self._known.clear()
        self._known[token] = (ends, caller)
        return caller

    def _check(self, token: str) -> tuple[float, Caller]:
        problem = "the token is not valid"
        for key in self._keys:
            try:
                claims = jwt.decode(
                    token,
                    key,
                    algorithms=[ALGORITHM],
                    audience=AUDIENCE,
                    leeway=CLOCK_SECONDS,
                    options={"require": ["exp", "aud", "sub"]},
                )
            except jwt.ExpiredSignatureError:
                problem = "the token has expired"
            except jwt.PyJWTError:
                continue
            else:
                return float(claims["exp"]), Caller(
                    person=str(claims.get("per", "")),
                    department=str(claims.get("dep", "")),
                    roles=_texts(claims.get("rol")),
                    permissions=_texts(claims.get("prm")),
                    client=str(claims.get("cli", "")),
                )
        raise NotSignedIn(problem)


def digest_of_secret(secret: str) -> bytes:
    """What is kept of a random secret of 32 bytes or more: such a secret needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _texts(values: object) -> frozenset[str]:
    return frozenset(str(value) for value in values) if isinstance(values, Iterable) else frozenset()
