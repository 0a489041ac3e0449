"""The local conversation in the bot's database: every change is committed before anybody hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, select, tuple_, update

from bot.chat.conversation import Author, Draft, Listener, Message, Unsubscribe
from bot.chat.encoding import content_from_json, content_to_json
from bot.chat.platform import Card
from bot.storage.tables import HEADS, MESSAGES, stored_form
from services.kit.bulk import Change, Prepared, adding
from services.kit.changes import Transaction
from services.kit.database import in_chunks
from services.kit.errors import RequestIdReused
from services.kit.reading import Reader
from services.kit.writing import Writer

KEEP_DAYS = 400
PRUNE_AT_ONCE = 5_000
_HIGHEST = 2**63 - 1


_since = Prepared(
    select(MESSAGES)
    .where(MESSAGES.c.person == bindparam("whose"), MESSAGES.c.revision > bindparam("after"))
    .order_by(MESSAGES.c.revision)
    .limit(bindparam("most"))
)
_known = Prepared(
    select(MESSAGES).where(MESSAGES.c.person == bindparam("whose"), MESSAGES.c.key == bindparam("named"))
)
_with_card = Prepared(
    select(MESSAGES)
    .where(MESSAGES.c.person == bindparam("whose"), MESSAGES.c.card == bindparam("shown"))
    .order_by(MESSAGES.c.sequence)
    .limit(1)
)
_head = Prepared(select(HEADS.c.sequence, HEADS.c.revision).where(HEADS.c.person == bindparam("whose")))
_add = adding(MESSAGES)
_show = Change(
    update(MESSAGES).where(
        MESSAGES.c.person == bindparam("whose"), MESSAGES.c.sequence == bindparam("place")
    ),
    ["content", "card", "revision"],
)
_begin = adding(HEADS)
_go_on = Change(update(HEADS).where(HEADS.c.person == bindparam("whose")), ["sequence", "revision"])


class StoredConversation:
    """`bot.chat.conversation.Conversation` over the bot's writer and readers."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader
        self._listeners: list[Listener] = []

    async def append(self, person: str, draft: Draft) -> Message:
        """Keep a message at the end. A known (person, key) returns the message kept before, unchanged.

        Raises RequestIdReused where a person's key comes with other words.
        """
        message, _ = await self._change(person, lambda tx: append(tx, person, draft))
        assert message is not None
        return message

    async def replace_card(self, person: str, card_id: str, card: Card) -> Message | None:
        """Show a card in the place of another; an equal card changes nothing, None where there is none."""
        message, _ = await self._change(person, lambda tx: replace_card(tx, person, card_id, card))
        return message

    async def since(self, person: str, revision: int, limit: int) -> Sequence[Message]:
        """Messages changed after a revision, oldest change first, each as it is now."""
        after = min(revision, _HIGHEST)
        return await self._reader.look(
            lambda connection: _messages(_since(connection, whose=person, after=after, most=limit))
        )

    async def before(self, person: str, sequence: int | None, limit: int) -> Sequence[Message]:
        """The last messages in front of a place (None = the newest), in reading order."""
        newest = select(MESSAGES).where(MESSAGES.c.person == person)
        if sequence is not None:
            newest = newest.where(MESSAGES.c.sequence < min(sequence, _HIGHEST))
        newest = newest.order_by(MESSAGES.c.sequence.desc()).limit(limit)
        return (await self._reader.look(lambda connection: _messages(connection.execute(newest))))[::-1]

    async def heads(self, persons: Sequence[str]) -> Mapping[str, int]:
        """Highest sequence of each person's conversation, 0 where there is none yet."""
        known = await self._reader.look(lambda connection: _heads(connection, persons))
        return {person: known.get(person, 0) for person in persons}

    async def revision(self, person: str) -> int:
        """Highest revision of the person's conversation, 0 when empty."""
        head = await self._reader.look(lambda connection: _head(connection, whose=person))
        return head[0].revision if head else 0

    def subscribe(self, listener: Listener) -> Unsubscribe:
        """Hear every change from now on."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def _change(
        self, person: str, change: Callable[[Transaction], tuple[Message | None, bool]]
    ) -> tuple[Message | None, bool]:
        future = self._writer.act(change)
        future.add_done_callback(lambda done: self._tell(person, done))
        # Who asked may go away; the change is committed and told all the same.
        return await asyncio.shield(future)

    def _tell(self, person: str, done: asyncio.Future[tuple[Message | None, bool]]) -> None:
        if done.cancelled() or done.exception() is not None:
            return
        message, changed = done.result()
        if message is not None and changed:
            for listener in list(self._listeners):
                listener(person, message)


def append(tx: Transaction, person: str, draft: Draft) -> tuple[Message, bool]:
    """Keep a message at the end of a conversation; returns it and whether it is new."""
    known = _known(tx.connection, whose=person, named=draft.key)
    content = stored_form(content_to_json(draft.content))
    if known:
        # What the bot shows is drawn anew for each try and may have changed; what a person says has not.
        if draft.author is Author.PERSON and known[0].content != content:
            raise RequestIdReused(draft.key)
        return _message(known[0]), False
    sequence, revision = _advance(tx.connection, person, 1)
    row = {
        "person": person,
        "sequence": sequence,
        "revision": revision,
        "key": draft.key,
        "author": draft.author.value,
        "content": content,
        "card": draft.content.id if isinstance(draft.content, Card) else None,
        "kept_at": tx.now,
    }
    _add(tx.connection, **row)
    # What is told is what is kept, also where the words could not be kept to the letter.
    kept = content_from_json(content)
    return Message(sequence, revision, draft.key, draft.author, kept, tx.now), True


def replace_card(tx: Transaction, person: str, card_id: str, card: Card) -> tuple[Message | None, bool]:
    """Put a card in the place of another; returns its message, and whether anything changed."""
    found = _with_card(tx.connection, whose=person, shown=card_id)
    if not found:
        return None, False
    known = found[0]
    content = stored_form(content_to_json(card))
    if known.content == content:
        return _message(known), False
    _, revision = _advance(tx.connection, person, 0)
    place = {"whose": person, "place": known.sequence}
    _show(tx.connection, **place, content=content, card=card.id, revision=revision)
    shown = content_from_json(content)
    return Message(known.sequence, revision, known.key, Author(known.author), shown, known.kept_at), True


def prune(tx: Transaction) -> int:
    """Forget messages of long ago, a bounded number at a time; places and revisions are never given again."""
    key = (MESSAGES.c.person, MESSAGES.c.sequence)
    old = select(*key).where(MESSAGES.c.kept_at < tx.now - timedelta(days=KEEP_DAYS)).limit(PRUNE_AT_ONCE)
    return tx.connection.execute(delete(MESSAGES).where(tuple_(*key).in_(old))).rowcount


def _advance(connection: Connection, person: str, messages: int) -> tuple[int, int]:
    """Take the next revision of a conversation, and the next place for a new message."""
    head = _head(connection, whose=person)
    if not head:
        _begin(connection, person=person, sequence=messages, revision=1)
        return messages, 1
    sequence, revision = head[0].sequence + messages, head[0].revision + 1
    _go_on(connection, whose=person, sequence=sequence, revision=revision)
    return sequence, revision


def _heads(connection: Connection, persons: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for chunk in in_chunks(persons):
        query = select(HEADS.c.person, HEADS.c.sequence).where(HEADS.c.person.in_(chunk))
        found.update((row.person, row.sequence) for row in connection.execute(query))
    return found


def _messages(rows: Any) -> list[Message]:
    return [_message(row) for row in rows]


def _message(row: Any) -> Message:
    return Message(
        sequence=row.sequence,
        revision=row.revision,
        key=row.key,
        author=Author(row.author),
        content=content_from_json(row.content),
        at=row.kept_at,
    )
