"""Leases in the bot's database, which all replicas share."""

from __future__ import annotations

from bot.storage import leases
from services.kit.changes import Transaction
from services.kit.service import Runtime

TURN = "sender"
"""The lease of the replica that sends what is queued."""
TURN_SECONDS = 6.0
"""After so long without a sign of the replica that sends another one does."""


class StoredLeases:
    """What only one replica does at a time. All of it falls to one: who holds a product's only connection
    also is the one who sends."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._has_replicas = not runtime.database.is_sqlite

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Take a lease, or renew one's own, for so many seconds from now; False while another holds it."""

        def take(tx: Transaction) -> bool:
            first = name == TURN or not self._has_replicas or leases.hold(tx, TURN, holder, TURN_SECONDS)
            return first and leases.hold(tx, name, holder, seconds)

        return await self._runtime.writer.act(take)

    async def let_go(self, name: str, holder: str) -> None:
        """Give a lease back; without effect where another holds it."""
        await self._runtime.writer.act(lambda tx: leases.let_go(tx, name, holder))
