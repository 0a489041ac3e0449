"""Messages of several parts, such as a card and the text before it: a repeat goes on where it ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from bot.chat.errors import ChannelError
from bot.chat.pacing import Pace

REMEMBERED: Final = 1_000

Message = Mapping[str, Any]


class Parts:
    """Which parts of an unfinished sending have arrived; known only while this process runs."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._arrived: dict[str, int] = {}

    async def send(
        self, key: str, place: str, parts: Sequence[Message], post: Callable[[Message], Awaitable[Message]]
    ) -> Message:
        """Send the parts in turn, as far as they have not arrived yet; returns what the last one brought.

        The pace of the place is taken for all of them or none. Raises what pace and sending raise.
        """
        arrived = self._arrived.pop(key, 0)
        answer: Message = {}
        try:
            self._pace.take(place, len(parts) - arrived)
            for part in parts[arrived:]:
                answer = await post(part)
                arrived += 1
        except ChannelError:
            if arrived:
                self._arrived[key] = arrived
            if len(self._arrived) > REMEMBERED:
                del self._arrived[next(iter(self._arrived))]
            raise
        return answer
