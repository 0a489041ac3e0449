"""Live pushes to open pages: Server-Sent Events that can be cut anywhere and lose nothing.

A change only wakes a reader; the reader asks the conversation for everything after the last revision it has
sent. So there is nothing to overflow, and a reader that comes back goes on where it stopped.
"""

import asyncio
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from aiohttp.web import Request, StreamResponse

from bot.chat.conversation import Author, Conversation, Message
from bot.chat.encoding import message_to_json
from bot.chat.http import Refusal

BEAT: Final = 15.0
"""Seconds of silence after which a beat is sent. The page gives up on a stream after three."""
BATCH: Final = 50
STREAMS_LIMIT: Final = 500
STREAMS_PER_PERSON: Final = 16
AGAIN: Final = 15
"""Seconds after which a page that was not served may ask again."""
LIFE: Final = 1800.0
"""Seconds after which a stream ends and the page comes back, proving anew that it may."""


class Reader:
    """One open page: a flag that something changed, and which other conversations moved."""

    def __init__(self, person: str, others: Collection[str]) -> None:
        self.person = person
        self.others = frozenset(others) - {person}
        self.changed = asyncio.Event()
        self.heads: dict[str, int] = {}

    def hear(self, person: str, message: Message) -> None:
        """A conversation changed. Never blocks; at most one entry for each other person waits."""
        if person == self.person:
            self.changed.set()
        elif person in self.others and message.author is Author.BOT:
            self.heads[person] = max(message.sequence, self.heads.get(person, 0))
            self.changed.set()


class Live:
    """All open pages of this process."""

    def __init__(self, conversation: Conversation, beat: float = BEAT, look: float | None = None) -> None:
        """`look` is after how many seconds without a sign a page looks by itself, for what others wrote."""
        self._conversation = conversation
        self._beat = beat
        self._look = min(beat, look or beat)
        self._readers: set[Reader] = set()
        self._ended = False

    def stop(self) -> None:
        """End every stream soon."""
        self._ended = True
        for reader in self._readers:
            reader.changed.set()

    async def serve(
        self, request: Request, person: str, after: int | None, others: Collection[str]
    ) -> StreamResponse:
        """Send every change of the person's conversation after revision `after` (None = from now on) until
        the page goes. `others` are persons of whose new messages only the place is told."""
        mine = sum(1 for reader in self._readers if reader.person == person)
        if mine >= STREAMS_PER_PERSON:
            raise Refusal(429, "TOO_MANY_STREAMS", retry_after=AGAIN)
        if self._ended or len(self._readers) >= STREAMS_LIMIT:
            raise Refusal(503, "TOO_MANY_STREAMS", retry_after=AGAIN)
        reader = Reader(person, others)
        self._readers.add(reader)
        unsubscribe = self._conversation.subscribe(reader.hear)
        try:
            return await self._stream(request, reader, after)
        finally:
            unsubscribe()
            self._readers.discard(reader)

    async def _stream(self, request: Request, reader: Reader, after: int | None) -> StreamResponse:
        newest = await self._conversation.revision(reader.person)
        # A page that knows more than we do comes from another database: it starts over.
        cursor = newest if after is None or after > newest else after
        response = StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
                "X-Accel-Buffering": "no",
            }
        )
        await response.prepare(request)
        loop = asyncio.get_running_loop()
        end = loop.time() + LIFE
        try:
            await response.write(b"retry: 2000\n\n" + _event("ready", {"revision": newest}))
            last = loop.time()
            while not self._ended and loop.time() < end:
                reader.changed.clear()
                before = cursor
                cursor = await self._send_changes(response, reader, cursor)
                if cursor != before:
                    last = loop.time()
                try:
                    async with asyncio.timeout(self._look):
                        await reader.changed.wait()
                except TimeoutError:
                    if loop.time() - last >= self._beat:
                        await response.write(_event("beat", {}))
                        last = loop.time()
        except ConnectionError:
            return response  # the page went; it asks again for what it has not seen
        return response

    async def _send_changes(self, response: StreamResponse, reader: Reader, cursor: int) -> int:
        while True:
            messages = await self._conversation.since(reader.person, cursor, BATCH)
            for message in messages:
                cursor = message.revision
                await response.write(_event("message", message_to_json(message), cursor))
            if len(messages) < BATCH:
                break
        heads, reader.heads = reader.heads, {}
        if heads:
            await response.write(_event("heads", heads))
        return cursor


def _event(name: str, data: Mapping[str, Any], number: int | None = None) -> bytes:
    head = f"event: {name}\n" if number is None else f"event: {name}\nid: {number}\n"
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
