"""What the common journey needs of each chat product's fake: somebody who talks, taps and looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class ShownCard:
    """A card as a person sees it now. ``key`` finds it again in the fake, ``text`` is every word on it,
    ``buttons`` are those that can be tapped, from action to label."""

    key: str
    title: str
    text: str
    buttons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """One message in a person's chat: words, or a card."""

    text: str = ""
    card: ShownCard | None = None


class FakeChat(Protocol):
    """A chat product on this machine."""

    @property
    def platform(self) -> str:
        """The platform's name in identities."""
        ...

    @property
    def tenant(self) -> str:
        """The tenant's name in identities."""
        ...

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which the bot finds this fake; known once it has started."""
        ...

    async def start(self, folder: Path) -> None:
        """Listen; secrets are written into files in the folder."""
        ...

    async def stop(self) -> None:
        """Stop listening."""
        ...

    async def bot_is_at(self, url: str) -> None:
        """Where to send callbacks; products that the bot connects to wait here until it has connected."""
        ...

    async def say(self, user: str, text: str, group: str = "") -> None:
        """A person writes to the bot, or mentions it in a group."""
        ...

    async def send_picture(self, user: str, data: bytes) -> None:
        """A person sends the bot a picture."""
        ...

    async def enter(self, user: str) -> None:
        """A person opens the chat with the bot."""
        ...

    async def tap(self, user: str, card: ShownCard, action: str) -> str:
        """A person taps a button; returns the passing word that is shown, if any."""
        ...

    def seen(self, user: str, group: str = "") -> Sequence[Shown]:
        """Everything the bot has shown to a person (or in a group), oldest first, as it looks now."""
        ...
