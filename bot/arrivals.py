"""An event of a chat product as it is kept, and what is taken back out of it later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bot.chat.local import PLATFORM as LOCAL_PLATFORM
from bot.chat.platform import AddressKind, CardRef, ClickIn, Event, ImageIn, MessageRef, TextIn
from bot.storage import preferences
from bot.storage.received import Received
from services.kit.changes import Transaction

_NAME_LENGTH = 60


def kept(event: Event) -> Received:
    """The event as a row."""
    kind, body = _content(event)
    if event.sender.name:
        body["name"] = event.sender.name[:_NAME_LENGTH]
    return Received(
        platform=event.platform,
        tenant=event.tenant,
        dedupe_key=event.dedupe_key,
        kind=kind,
        sender=event.sender.user_id,
        address_kind=event.address.kind.value,
        address=event.address.id,
        door=event.door,
        body=body,
        received_at=datetime.now(UTC),
    )


def picture(row: Received) -> MessageRef:
    """What brings the picture of a row."""
    return MessageRef(row.platform, row.body["media"])


def card_reference(row: Received) -> CardRef | None:
    """What a click brought to find its card again, if anything."""
    data = row.body.get("reference")
    return None if data is None else CardRef(row.platform, data)


def place(row: Received) -> dict[str, Any]:
    """Where to answer: the page and the console share one conversation, elsewhere it is where was asked."""
    return {} if row.platform == LOCAL_PLATFORM else {"to": row.place}


def touch(tx: Transaction, row: Received, person: str) -> None:
    """Remember where the person talked last: their direct chat, also when they asked in a group."""
    direct = AddressKind.DIRECT.value
    address = row.address if row.address_kind == direct else row.sender
    preferences.touch_contact(tx, person, row.platform, row.tenant, row.sender, direct, address)


def _content(event: Event) -> tuple[str, dict[str, Any]]:
    if isinstance(event, TextIn):
        return "text", {"text": event.text}
    if isinstance(event, ImageIn):
        return "image", {"media": dict(event.media.data)}
    if isinstance(event, ClickIn):
        body: dict[str, Any] = {"card": event.card_id, "action": event.action}
        if event.text:
            body["text"] = event.text
        if event.card_ref is not None:
            body["reference"] = dict(event.card_ref.data)
        return "click", body
    return "enter", {}
