"""Where a person is reached: chats they named first, then those they used last, and the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.chat.platform import Address, AddressKind, Channel
from bot.desk import Desk, local_identity
from bot.storage import preferences

Way = tuple[Channel, Address]


def place(platform: str, first: Sequence[str]) -> int:
    """How early a platform is tried: those that were named first, in their order, then all others alike."""
    return first.index(platform) if platform in first else len(first)


class Ways:
    """The ways to people over the channels of this bot."""

    def __init__(self, desk: Desk, channels: Mapping[str, Channel]) -> None:
        self._desk = desk
        self._channels = channels

    def channel(self, platform: str) -> Channel | None:
        """The channel of a platform, None where this bot no longer has it."""
        return self._channels.get(platform)

    async def to(self, person: str) -> list[Way]:
        """A person's direct chats in the order to try; the page, which always takes a message, is last."""
        contacts, first = await self._desk.runtime.reader.look(
            lambda connection: (
                preferences.contacts(connection, person),
                preferences.first_chats(connection, person),
            )
        )
        ways = [
            (self._channels[one.platform], Address(AddressKind(one.address_kind), one.address))
            for one in contacts
            if one.platform in self._channels
        ]
        platform, _, user = local_identity(person)
        page = (self._channels[platform], Address.direct(user))
        if not any(channel.name == platform for channel, _ in ways):
            ways.append(page)
        return sorted(ways, key=lambda way: place(way[0].name, first))

    def at(self, place: Mapping[str, Any]) -> list[Way]:
        """One place that was named, such as the group somebody asked in."""
        channel = self._channels.get(place["platform"])
        address = Address(AddressKind(place["address_kind"]), place["address"])
        return [] if channel is None else [(channel, address)]
