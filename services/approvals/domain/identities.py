"""Chat identities: which user of which platform is which person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """A user of a chat platform; the three parts together are an opaque key, case kept."""

    platform: str
    tenant: str
    user_id: str
    person: str = ""
    created_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """The parts that name the user."""
        return self.platform, self.tenant, self.user_id
