"""The seven kinds of error, each with a stable reason and facts that every front can word."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any


class KuguanError(Exception):
    """Something that can happen and that the caller can act on.

    Subclasses are dataclasses: their fields are the facts of the error. The reason is the class name in
    capitals (``InsufficientStock`` -> ``INSUFFICIENT_STOCK``), stable across versions.
    """

    kind: str = "internal"

    @property
    def reason(self) -> str:
        """The stable word for programs, such as ``INSUFFICIENT_STOCK``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).upper()

    @property
    def facts(self) -> dict[str, str]:
        """What the error is about, as text, keyed by the names of the fields."""
        named: Iterable[Field[Any]] = fields(self) if is_dataclass(self) else ()
        return {field.name: str(getattr(self, field.name)) for field in named}

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.reason}({details})"


class InvalidInput(KuguanError):
    """The request can never succeed as it is."""

    kind = "invalid_input"


class NotFound(KuguanError):
    """What the request names is not there, or the caller may not know that it is."""

    kind = "not_found"


class AlreadyExists(KuguanError):
    """What the request would make is already there."""

    kind = "already_exists"


class RuleBroken(KuguanError):
    """The request is well-formed, but the state of things does not allow it now."""

    kind = "rule_broken"


class Conflict(KuguanError):
    """Somebody was faster: look again, then decide again."""

    kind = "conflict"


class Denied(KuguanError):
    """The caller may not do this."""

    kind = "denied"


class Overloaded(KuguanError):
    """Too much at once: try again after the time named in the facts."""

    kind = "overloaded"


KINDS: dict[str, type[KuguanError]] = {
    kind.kind: kind
    for kind in (InvalidInput, NotFound, AlreadyExists, RuleBroken, Conflict, Denied, Overloaded)
}


@dataclass(eq=False)
class InvalidField(InvalidInput):
    """A field of the request has a value it cannot have; ``problem`` says which rule it breaks."""

    field: str
    problem: str


@dataclass(eq=False)
class MessageUnreadable(InvalidInput):
    """The request's bytes are no message of the method: send what its contract describes. Size in bytes."""

    method: str
    size: int


class InternalFault(KuguanError):
    """A fault of ours: the log has the details, the caller gets none."""


@dataclass(eq=False)
class RequestIdReused(InvalidInput):
    """The request id was already used for a request with other content."""

    request_id: str


@dataclass(eq=False)
class NoSuch(NotFound):
    """There is no such thing, such as ``NoSuch("item", "BG-999")``."""

    thing: str
    name: str


@dataclass(eq=False)
class Duplicate(AlreadyExists):
    """There already is such a thing."""

    thing: str
    name: str


@dataclass(eq=False)
class VersionChanged(Conflict):
    """The thing changed since the caller saw it."""

    thing: str
    name: str


@dataclass(eq=False)
class NotSignedIn(Denied):
    """The call carries no valid token."""

    problem: str


@dataclass(eq=False)
class PermissionMissing(Denied):
    """The caller's token does not carry the permission the method needs."""

    permission: str


@dataclass(eq=False)
class TooBusy(Overloaded):
    """A bound was reached; ``limit`` names it."""

    limit: str
    retry_after_seconds: float


class RemoteError(KuguanError):
    """An error that another service answered, with the reason and facts it gave."""

    def __init__(self, kind: str, reason: str, facts: dict[str, str]) -> None:
        super().__init__(reason)
        self.kind = kind
        self._reason = reason
        self._facts = facts

    @property
    def reason(self) -> str:
        """The reason the other service gave."""
        return self._reason

    @property
    def facts(self) -> dict[str, str]:
        """The facts the other service gave."""
        return dict(self._facts)


class Unreachable(KuguanError):
    """The other side did not answer: the outcome is unknown, ask again with the same request id."""

    kind = "unreachable"
