"""Brings open cards to their true state after a start: what happened while the bot was away is not lost.

Every change of an order queues the renewal of its cards, so this finds little; it is there for the copy whose
update was lost between two processes, and for answers to clicks that never reached the screen.
"""

from __future__ import annotations

import asyncio
from functools import partial
from uuid import uuid4

from bot.chat.local import PLATFORM as LOCAL_PLATFORM
from bot.desk import Desk
from bot.outages import until_there
from bot.sending import Sender
from bot.storage import cards, deliveries
from services.kit.changes import Transaction

AT_ONCE = 50
PAUSE_SECONDS = 1.0


class Reconciler:
    """Walks the open cards of work chats once after a start."""

    def __init__(self, desk: Desk, sender: Sender) -> None:
        self._desk = desk
        self._sender = sender
        self._round = uuid4().hex

    async def run(self) -> None:
        """Walk, a bounded number of cards at a time, then rest for good."""
        after = ""
        while True:
            step = partial(self._queue, after)
            after = await until_there("reconciling", partial(self._desk.runtime.writer.act, step))
            if not after:
                break
            self._sender.wake()
            await asyncio.sleep(PAUSE_SECONDS)
        await asyncio.Event().wait()

    def _queue(self, after: str, tx: Transaction) -> str:
        """Queue the next renewals; returns the last card's id, nothing at the end."""
        rows = cards.open_elsewhere(tx.connection, LOCAL_PLATFORM, after, AT_ONCE)
        for row in rows:
            deliveries.queue(tx, f"reconcile-{self._round}-{row.id}", row.person, "renew", {"card": row.id})
        return rows[-1].id if rows else ""
