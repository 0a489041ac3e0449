"""Changes: the transaction a command runs in, and how a plain function becomes a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, overload

from google.protobuf.message import Message
from sqlalchemy import Connection

from services.kit import audit, outbox
from services.kit.access import NOBODY, Caller
from services.kit.errors import InvalidInput, KuguanError
from services.kit.events import MAXIMUM_PAYLOAD_BYTES
from services.kit.ids import check_aggregate

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Prepared = TypeVar("Prepared")


@dataclass(eq=False)
class EventTooLarge(InvalidInput):
    """The change touches so much at once that it cannot be told in one event; sizes are in bytes."""

    event: str
    size: int
    maximum: int


class Transaction:
    """What a command gets: the connection, one moment, who asks, and where events and audit rows go."""

    __slots__ = ("caller", "connection", "events", "now", "records", "request_id", "topics", "trace")

    def __init__(self, connection: Connection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.caller: Caller = NOBODY
        self.request_id = ""
        self.trace = ""
        self.events: list[outbox.Event] = []
        self.records: list[audit.Record] = []
        self.topics: set[str] = set()

    def publish(self, event: Message, aggregate: str) -> None:
        """Announce what happened to an aggregate, in the same commit; the relay sends it afterwards.

        Raises EventTooLarge for what the broker would never take: it would block every event behind it.
        """
        size = event.ByteSize()
        if size > MAXIMUM_PAYLOAD_BYTES:
            raise EventTooLarge(event.DESCRIPTOR.name, size, MAXIMUM_PAYLOAD_BYTES)
        self.events.append(outbox.Event(event, check_aggregate(aggregate), self.trace))

    def audit(self, action: str, subject: str, outcome: str = "done", /, **facts: str) -> None:
        """Record who did what, in the same commit."""
        self.records.append(audit.Record.of(self.now, self.caller, action, subject, outcome, facts))

    def touch(self, topic: str) -> None:
        """Wake whoever listens for a topic after the commit; once too often does no harm."""
        self.topics.add(topic)

    def mark(self) -> tuple[int, int]:
        """Where events and audit rows stand now, to come back to with ``forget``."""
        return len(self.events), len(self.records)

    def forget(self, mark: tuple[int, int]) -> None:
        """Drop what was announced and recorded since the mark: its savepoint was rolled back."""
        del self.events[mark[0] :]
        del self.records[mark[1] :]


@dataclass(slots=True)
class Asked(Generic[Prepared]):
    """One of the requests that a group command decides together, as it prepared it."""

    request: Prepared
    caller: Caller
    trace: str


@dataclass(frozen=True)
class Command(Generic[Request, Response]):
    """A change that can be asked for: its function and what its answer looks like."""

    function: Callable[..., Any]
    response: type[Response]
    in_groups: bool = False
    audited: bool = False
    prepare: Callable[[Any, Caller], Any] = lambda request, caller: request
    """What becomes of a request before its turn, without the database and while others are being decided;
    what it refuses is refused at once."""

    @property
    def name(self) -> str:
        """The name of the function, such as ``create_order``."""
        return self.function.__name__

    def __call__(self, tx: Transaction, request: Any) -> Response:
        """Run it for a prepared request inside a transaction that is already open; a refusal is raised."""
        if not self.in_groups:
            answer = self.function(tx, request)
        else:
            (answer,) = self.function(tx, [Asked(request, tx.caller, tx.trace)])
        if isinstance(answer, KuguanError):
            raise answer
        assert isinstance(answer, self.response)
        return answer


Single = Callable[[Transaction, Request], Response]
Grouped = Callable[[Transaction, Sequence[Asked[Prepared]]], Sequence[Response | KuguanError]]


@overload
def writes(function: Single[Request, Response], /) -> Command[Request, Response]: ...
@overload
def writes(*, audited: bool) -> Callable[[Single[Request, Response]], Command[Request, Response]]: ...
def writes(function: Any = None, /, *, audited: bool = False) -> Any:
    """Make a command of ``function(tx, request) -> response``; audited ones record refused attempts too."""
    if function is None:
        return lambda wrapped: writes_with(wrapped, audited)
    return writes_with(function, audited)


def writes_with(function: Single[Request, Response], audited: bool) -> Command[Request, Response]:
    """A command whose answer's type is read from the function's annotations."""
    answer = inspect.get_annotations(function, eval_str=True)["return"]
    return Command(function, answer, audited=audited)


def writes_in_groups(
    response: type[Response], prepare: Callable[[Request, Caller], Prepared]
) -> Callable[[Grouped[Prepared, Response]], Command[Request, Response]]:
    """Make a hot command of ``function(tx, asked) -> answers``: one load, pure decisions, bulk writes.

    An error among the answers refuses its own request only and must have left no trace.
    """

    def make(function: Grouped[Prepared, Response]) -> Command[Request, Response]:
        return Command(function, response, in_groups=True, prepare=prepare)

    return make


@dataclass(frozen=True, slots=True)
class Told(Generic[Response]):
    """One of the events that a group reaction takes together."""

    message: Response
    trace: str


@dataclass(frozen=True)
class GroupReaction(Generic[Response]):
    """A reaction to events that came together; it can also be asked for one of them."""

    function: Callable[[Transaction, Sequence[Told[Response]]], None]

    def __call__(self, tx: Transaction, message: Response) -> None:
        """React to one event."""
        self.function(tx, [Told(message, tx.trace)])


def reacts_in_groups(
    function: Callable[[Transaction, Sequence[Told[Response]]], None],
) -> GroupReaction[Response]:
    """Make a hot reaction of ``function(tx, told)``: one load, pure decisions, bulk writes.

    The events come in their order; where one of them fails, each is tried by itself.
    """
    return GroupReaction(function)
