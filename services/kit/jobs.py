"""Jobs: what waits for the writer, and what a repeat of a request must have in common with the first time."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from services.kit.access import Caller
from services.kit.changes import Asked, Command, Transaction
from services.kit.errors import KuguanError
from services.kit.ids import check_request_id


@dataclass(slots=True)
class Job(Asked[Any]):
    """Something that waits for the writer: a command with its request, or a plain action without one."""

    started: float
    command: Command[Any, Any] | None = None
    action: Callable[[Transaction], Any] | None = None
    request_id: str = ""
    digest: bytes = b""
    result: Any = None
    stored: bytes = b""
    """The answer as it is kept for repeats of the request id."""

    @property
    def name(self) -> str:
        """The command's name."""
        return self.command.name if self.command else "action"

    @property
    def outcome(self) -> bytes | KuguanError:
        """The answer to a command as bytes, or its refusal."""
        if isinstance(self.result, KuguanError):
            return self.result
        return self.stored or bytes(self.result.SerializeToString())


@dataclass(frozen=True, slots=True)
class Parcel:
    """Jobs that were queued together, stay in one group, and are answered together."""

    jobs: list[Job]
    future: asyncio.Future[Any]
    all_answers: bool


def job_for(command: Command[Any, Any], request: Message, caller: Caller, trace: str) -> Job:
    """A job for a request; raises InvalidField for a request id that is none, and what its command refuses
    beforehand."""
    return _job(command, request, caller, trace, _seed(command, caller), time.perf_counter())


def jobs_for(
    command: Command[Any, Any], requests: Sequence[Message], caller: Caller, trace: str
) -> list[Job | KuguanError]:
    """Jobs for many requests, each of them or why there is none."""
    jobs: list[Job | KuguanError] = []
    seed, now = _seed(command, caller), time.perf_counter()
    for request in requests:
        try:
            jobs.append(_job(command, request, caller, trace, seed, now))
        except KuguanError as refused:
            jobs.append(refused)
    return jobs


def _job(
    command: Command[Any, Any], request: Message, caller: Caller, trace: str, seed: bytes, now: float
) -> Job:
    request_id = getattr(request, "request_id", None)
    if request_id is not None:
        check_request_id(request_id)
    job = Job(command.prepare(request, caller), caller, trace, now, command)
    if request_id is not None:
        job.request_id, job.digest = request_id, _digest(seed, request)
    return job


def _seed(command: Command[Any, Any], caller: Caller) -> bytes:
    return f"{command.name}\0{caller.name}\0".encode()


def _digest(seed: bytes, request: Message) -> bytes:
    """What a repeat must have in common with the first time: command, person and content."""
    body = request.SerializeToString(deterministic=True)
    return hashlib.blake2b(seed + body, digest_size=16).digest()
