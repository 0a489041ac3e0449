"""What cards show now, as far as this process brought it there: calls that change nothing are saved."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final
from weakref import WeakValueDictionary

FRESH_SECONDS: Final = 10.0
"""For so long nobody else is taken to have changed a card: it is often renewed several times after a tap. A
later renewal always goes out."""
KEPT: Final = 2_000


class Turn:
    """The changes of one card: one at a time, and of those that wait only the newest."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self._newest = 0

    def take(self) -> int:
        """A number for a change; call it when the card has been drawn."""
        self._newest += 1
        return self._newest

    def is_newest(self, number: int) -> bool:
        """Whether nothing newer waits to be shown."""
        return number == self._newest


class Shown:
    """The newest cards and their parameters."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._newest: OrderedDict[str, tuple[float, dict[str, str]]] = OrderedDict()
        self._turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()

    def turn(self, card_id: str) -> Turn:
        """The changes of a card, for as long as anybody makes some."""
        turn = self._turns.get(card_id)
        if turn is None:
            turn = self._turns[card_id] = Turn()
        return turn

    def has(self, card_id: str, parameters: Mapping[str, str]) -> bool:
        """Whether everybody sees these parameters of a card."""
        moment, known = self._newest.get(card_id, (0.0, {}))
        if not known or self._clock() - moment > FRESH_SECONDS:
            return False
        return all(known.get(name) == value for name, value in parameters.items())

    def note(self, card_id: str, parameters: Mapping[str, str]) -> None:
        """Everybody sees these parameters now."""
        _, known = self._newest.pop(card_id, (0.0, {}))
        self._newest[card_id] = (self._clock(), {**known, **parameters})
        while len(self._newest) > KEPT:
            self._newest.popitem(last=False)

    def forget(self, card_id: str) -> None:
        """Somebody tapped, or it is not known what a call did."""
        self._newest.pop(card_id, None)
