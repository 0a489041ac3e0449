"""`kuguan events`: parked events looked at, tried again or given up; lost ones sent again; all announced."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.descriptor_pool import Default as default_pool
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from sqlalchemy import delete, select

from deploy.declarations import declarations
from deploy.errors import CommandFailed
from deploy.location import database_url
from deploy.streams import republish_mark
from deploy.verification import Opened, opened
from services.kit import audit, inbox, outbox
from services.kit.access import SYSTEM
from services.kit.changes import Transaction
from services.kit.database import Database
from services.kit.errors import InvalidField
from services.kit.heard import Heard
from services.kit.run import KIT_MIGRATIONS
from services.kit.tables import PARKED
from services.kit.texts import plain_text

Result = TypeVar("Result")

MAXIMUM_REASON = 200
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ParkedEvent:
    """An event that a part could not apply."""

    service: str
    event_id: str
    event_type: str
    aggregate: str
    sequence: int
    reason: str
    parked_at: datetime
    payload: bytes
    headers: Mapping[str, str]

    def content(self) -> dict[str, Any] | str:
        """The payload as JSON, or what is wrong with it."""
        try:
            kind = GetMessageClass(default_pool().FindMessageTypeByName(self.event_type))
            return MessageToDict(kind.FromString(self.payload), preserving_proto_field_name=True)
        except (KeyError, DecodeError) as error:
            return f"unreadable: {type(error).__name__} ({len(self.payload)} bytes)"

    def as_json(self, *, with_content: bool = False) -> dict[str, Any]:
        """The event for programs; its content only where asked for, because it may name people."""
        told: dict[str, Any] = {
            "part": self.service,
            "event": self.event_id,
            "type": self.event_type,
            "aggregate": self.aggregate,
            "sequence": self.sequence,
            "reason": self.reason,
            "parked_at": self.parked_at.isoformat(),
        }
        if with_content:
            told |= {"content": self.content(), "headers": dict(self.headers)}
        return told


def parked(data: Path) -> list[ParkedEvent]:
    """All parked events of all parts, the oldest first."""
    events: list[ParkedEvent] = []
    with opened(data, {}) as parts:
        for part in parts:
            with part.database.reading.begin() as connection:
                rows = connection.execute(select(PARKED).order_by(PARKED.c.parked_at)).all()
            events += [_parked_event(part.service.name, row) for row in rows]
    return events


def _parked_event(service: str, row: Any) -> ParkedEvent:
    return ParkedEvent(
        service=service,
        event_id=row.event_id,
        event_type=row.event_type,
        aggregate=row.aggregate,
        sequence=row.aggregate_sequence,
        reason=row.reason,
        parked_at=row.parked_at,
        payload=row.payload,
        headers=json.loads(row.headers),
    )


def show(data: Path, event_id: str) -> list[ParkedEvent]:
    """A parked event, once for each part that parked it; raises CommandFailed where there is none."""
    found = [event for event in parked(data) if event.event_id == event_id]
    if not found:
        raise CommandFailed(
            f"没有被搁置的事件 {event_id};用 kuguan events parked 查看。",
            f"No parked event {event_id}; list them with `kuguan events parked`.",
        )
    return found


def retry(data: Path) -> dict[str, tuple[int, int]]:
    """Try all parked events again; answers for each part with how many were applied and how many stay."""
    results: dict[str, tuple[int, int]] = {}
    with opened(data, {}) as parts:
        for part in parts:
            results[part.service.name] = change(part, _retry_of(part))
    return results


def dismiss(data: Path, event_id: str, reason: str) -> list[str]:
    """Give a parked event up for good: it counts as heard without effect, and the audit says why.

    Answers with the parts that had parked it. Raises CommandFailed where none has, or where an event before
    it is still to come, or the reason says nothing.
    """
    try:
        reason = plain_text(reason, "reason", MAXIMUM_REASON, required=True)
    except InvalidField as refusal:
        raise CommandFailed(
            f"请用不超过 {MAXIMUM_REASON} 字说明原因。",
            f"Say why, in at most {MAXIMUM_REASON} characters: {refusal.problem}.",
        ) from None
    waiting = {event.service: event for event in show(data, event_id)}
    with opened(data, {}) as parts:
        for part in parts:
            if part.service.name in waiting:
                change(part, _dismissal(part, waiting[part.service.name], reason))
    return list(waiting)


def _dismissal(part: Opened, parked: ParkedEvent, reason: str) -> Callable[[Transaction], None]:
    def act(tx: Transaction) -> None:
        row = tx.connection.execute(select(PARKED).where(PARKED.c.event_id == parked.event_id)).first()
        if row is None:
            return
        event = Heard(
            row.event_id, row.event_type, row.source, row.aggregate, row.aggregate_sequence, b"", {}
        )
        last = inbox.last_heard(tx.connection, event.source, event.aggregate)
        if event.event_type and event.sequence > last + 1:
            raise CommandFailed(
                f"{event.aggregate} 的第 {last + 1} 个事件还没有处理,先处理它。",
                f"Event {last + 1} of {event.aggregate} comes first: apply or dismiss that one.",
            )
        if event.event_type and event.sequence == last + 1:
            inbox.remember(tx, event)
        tx.connection.execute(delete(PARKED).where(PARKED.c.event_id == event.event_id))
        facts = {"type": event.event_type, "aggregate": event.aggregate, "why_parked": row.reason}
        tx.audit("dismiss_event", event.event_id, "done", reason=reason, **facts)

    return act


def _retry_of(part: Opened) -> Callable[[Transaction], tuple[int, int]]:
    return lambda tx: inbox.retry_parked(tx, part.service.reactions)


def republish(data: Path, since: datetime) -> dict[str, int]:
    """Send again what was announced since a moment; those who heard it already will notice."""
    results: dict[str, int] = {}
    with opened(data, {}) as parts:
        for part in parts:
            with part.database.group() as connection:
                results[part.service.name] = outbox.republish(connection, since)
    return results


def republish_everything(data: Path) -> int:
    """Send again all events that are still kept, for a broker that starts empty; answers with how many.

    Parts that have no database yet have told nothing.
    """
    count = 0
    for service in declarations():
        url = database_url(data, service.name)
        if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
            continue
        database = Database(url, service.name)
        try:
            # A start may be the first one of a newer version.
            database.migrate({"kit": KIT_MIGRATIONS, service.name: service.migrations})
            with database.group() as connection:
                count += outbox.republish(connection, _BEGINNING)
        finally:
            database.dispose()
    republish_mark(data).unlink(missing_ok=True)
    return count


def announce(data: Path, what: str) -> int:
    """Tell all resources of a kind again, so that others can rebuild what they know of them."""
    with opened(data, {}) as parts:
        for part in parts:
            command = part.service.announcements.get(what)
            if command is not None:
                return int(change(part, command))
        known = ", ".join(sorted(name for part in parts for name in part.service.announcements))
    raise CommandFailed(
        f"不能重新公布「{what}」;可以:{known}。", f"{what!r} cannot be announced; these can: {known}."
    )


def change(part: Opened, action: Callable[[Transaction], Result]) -> Result:
    """Run an action in a short transaction of its own, with its events and audit rows in the same commit."""
    with part.database.group() as connection:
        tx = Transaction(connection, datetime.now(UTC))
        tx.caller = SYSTEM
        result = action(tx)
        audit.append(connection, tx.records)
        outbox.append(connection, tx.events, tx.now)
        return result
