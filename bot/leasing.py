"""Leases in the bot's database, which all replicas share."""

from __future__ import annotations

from bot.storage import leases
from services.kit.service import Runtime


class StoredLeases:
    """What only one replica does at a time."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Take a lease, or renew one's own, for so many seconds from now; False while another holds it."""
        return await self._runtime.writer.act(lambda tx: leases.hold(tx, name, holder, seconds))

    async def let_go(self, name: str, holder: str) -> None:
        """Give a lease back; without effect where another holds it."""
        await self._runtime.writer.act(lambda tx: leases.let_go(tx, name, holder))
