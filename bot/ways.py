"""Where a person is reached: the chat they used last, then the others that know them, then the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.chat.platform import Address, AddressKind, Channel
from bot.desk import Desk, local_identity
from bot.storage import preferences

Way = tuple[Channel, Address]


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
        contacts = await self._desk.runtime.reader.look(
            lambda connection: preferences.contacts(connection, person)
        )
        ways = [
            (self._channels[one.platform], Address(AddressKind(one.address_kind), one.address))
            for one in contacts
            if one.platform in self._channels
        ]
        platform, _, user = local_identity(person)
        page = (self._channels[platform], Address.direct(user))
        return ways if any(channel.name == platform for channel, _ in ways) else [*ways, page]

    def at(self, place: Mapping[str, Any]) -> list[Way]:
        """One place that was named, such as the group somebody asked in."""
        channel = self._channels.get(place["platform"])
        address = Address(AddressKind(place["address_kind"]), place["address"])
        return [] if channel is None else [(channel, address)]
