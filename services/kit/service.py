"""What a service is: data that says what it offers, hears, stores and runs on a timer."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import Connection, MetaData

from services.kit import observe
from services.kit.access import current_caller
from services.kit.changes import Command, Transaction
from services.kit.database import Database
from services.kit.errors import KuguanError
from services.kit.inbox import Reaction
from services.kit.reading import Query, Reader, Request, Response
from services.kit.settings import Settings
from services.kit.writing import Writer


@dataclass(frozen=True)
class Runtime:
    """What the rooms of a running service use: settings, writer and readers."""

    settings: Settings
    database: Database
    writer: Writer
    reader: Reader

    async def write(self, command: Command[Request, Response], request: Request) -> Response:
        """Ask for a change on behalf of the current caller; answered after its commit.

        The change goes on when the caller goes away: the writer never learns of it (R3).
        """
        if not observe.is_recording():
            place = observe.current_trace.get()
            return await self.writer.submit(command, request, current_caller.get(), place)
        with observe.span(f"write {command.name}") as place:
            return await self.writer.submit(command, request, current_caller.get(), place)

    async def write_many(
        self, command: Command[Request, Response], requests: Sequence[Request]
    ) -> list[bytes | KuguanError]:
        """Ask for many independent changes; each has its own refusal or, serialised, its own answer, in the
        order asked."""
        with observe.span(f"write {command.name}", requests=str(len(requests))) as place:
            return await self.writer.submit_many(command, requests, current_caller.get(), place)

    async def read(self, query: Query[Request, Response], request: Request) -> Response:
        """Answer a query for the current caller."""
        return await self.reader.ask(query, request, current_caller.get())


@dataclass(frozen=True)
class Api:
    """A gRPC service offered: how it is added to a server, and who answers."""

    add_to_server: Callable[[Any, Any], None]
    servicer: Any


@dataclass(frozen=True)
class Timer:
    """Something done again and again; the command tells how much it found to do.

    Where it found ``full`` of it there is more: then it is done again at once.
    """

    name: str
    every_seconds: float
    command: Callable[[Transaction], int]
    full: int = sys.maxsize


@dataclass(frozen=True)
class Check:
    """An invariant: ``find`` lists what breaks it, in words a person can act on."""

    invariant: str
    title: str
    find: Callable[[Connection], list[str]]


Background = Callable[[Runtime], Sequence[Callable[[], Awaitable[None]]]]


@dataclass(frozen=True)
class Service:
    """The declaration of a service."""

    name: str
    metadata: MetaData
    migrations: Path
    apis: Callable[[Runtime], Sequence[Api]] = lambda runtime: ()
    announces: str = ""
    hears: tuple[str, ...] = ()
    reactions: Mapping[str, Reaction] = field(default_factory=dict)
    timers: tuple[Timer, ...] = ()
    announcements: Mapping[str, Callable[[Transaction], int]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    background: Background = lambda runtime: ()
    at_start: Callable[[Runtime], Awaitable[None]] | None = None
    at_stop: Callable[[], Awaitable[None]] | None = None


def full_name(message: type[Message]) -> str:
    """An event's one name: its protobuf full name."""
    return str(message.DESCRIPTOR.full_name)
