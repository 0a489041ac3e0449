"""An event as it came from the broker: its attributes, checked, and its message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.descriptor_pool import Default as default_pool
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from services.kit import observe
from services.kit.errors import InvalidInput
from services.kit.nats_library import Msg

# From 1 on, and small enough for the column that remembers it.
_SEQUENCE = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(eq=False)
class CannotRead(InvalidInput):
    """The event cannot be understood by this version; it is parked, never thrown away."""

    problem: str


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as it came from the broker."""

    event_id: str
    event_type: str
    source: str
    aggregate: str
    sequence: int
    payload: bytes
    headers: Mapping[str, str]

    @property
    def trace(self) -> str:
        """The trace in which it happened; empty if nobody follows it."""
        return observe.checked(self.headers.get(observe.TRACEPARENT, ""))

    @classmethod
    def of(cls, message: Msg) -> Heard:
        """Read the attributes; the subject, which the broker guards, must agree with them."""
        headers = message.headers or {}
        event_type, aggregate = headers.get("ce-type", ""), headers.get("ce-subject", "")
        sequence = headers.get("ce-sequence", "")
        well_formed = _SEQUENCE.fullmatch(sequence) and headers.get("ce-id")
        if not well_formed or message.subject != f"{event_type}.{aggregate}":
            return cls(
                headers.get("ce-id") or f"unreadable-{message.metadata.sequence.stream}",
                "",
                "",
                "",
                0,
                message.data,
                headers,
            )
        return cls(
            headers["ce-id"],
            event_type,
            event_type.rpartition(".")[0],
            aggregate,
            int(sequence),
            message.data,
            headers,
        )


def read(event: Heard) -> Message:
    """The event's message; raises CannotRead for an unknown type or a broken payload."""
    try:
        kind = GetMessageClass(default_pool().FindMessageTypeByName(event.event_type))
        return kind.FromString(event.payload)
    except (KeyError, DecodeError) as error:
        raise CannotRead(f"{type(error).__name__}: {event.event_type or 'no event type'}") from error
