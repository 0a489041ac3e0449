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


class Shown:
    """The newest cards and their parameters; one change of a card at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._newest: OrderedDict[str, tuple[float, dict[str, str]]] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, card_id: str) -> asyncio.Lock:
        """Held while a card is changed, so that what was drawn last is shown last."""
        lock = self._turns.get(card_id)
        if lock is None:
            lock = self._turns[card_id] = asyncio.Lock()
        return lock

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
