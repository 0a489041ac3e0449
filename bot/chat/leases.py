"""What only one replica of the bot may do at a time."""

from typing import Protocol


class Leases(Protocol):
    """Leases that all replicas share. The bot's database keeps them."""

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        """Take a lease, or renew one's own, for `seconds` from now; False while another holds it."""
        ...

    async def let_go(self, name: str, holder: str) -> None:
        """Give a lease back; without effect where another holds it."""
        ...
