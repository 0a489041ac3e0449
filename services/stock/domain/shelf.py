"""The shelf: balances in memory during one change, with the only operations that may change them.

A command loads the balances it may touch, decides on them with plain Python, and saves what changed.
Every operation either does all of what it promises or raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from services.kit.errors import RuleBroken
from services.kit.quantity import MAXIMUM_SCALED

NEVER = date.max
# Lots and serials that one document may take: what is told about it must fit into one event.
MAXIMUM_PICKS = 300


class Key(NamedTuple):
    """What the ledger counts: an item in a warehouse, told apart by lot and serial where it is tracked."""

    item: str
    warehouse: str
    lot: str = ""
    serial: str = ""


class Place(NamedTuple):
    """An item in a warehouse, over its lots and serials."""

    item: str
    warehouse: str


class Pick(NamedTuple):
    """How much of a key is promised, or taken."""

    key: Key
    quantity: int
    expiry: date | None = None


@dataclass(eq=False)
class TooMuchInOnePlace(RuleBroken):
    """More than the ledger can count in one place."""

    item: str
    warehouse: str


@dataclass(slots=True)
class Balance:
    """One key's figures. available = on_hand - held - reserved, and never below zero."""

    key: Key
    on_hand: int = 0
    held: int = 0
    reserved: int = 0
    expiry: date | None = None
    received: int = 0
    """When goods first came here, in microseconds since 1970."""
    received_document: str = ""
    on_hand_before: int = 0
    reserved_before: int = 0
    is_new: bool = False

    @property
    def free(self) -> int:
        """What could be promised if the lot has not expired."""
        return self.on_hand - self.held - self.reserved

    @property
    def picking_order(self) -> tuple[date, int, str, str]:
        """FEFO: expiry, then receipt, then code; what never expires comes last (reference §8)."""
        return self.expiry or NEVER, self.received, self.key.lot, self.key.serial


def expired(expiry: date | None, today: date) -> bool:
    """Usable through the end of the expiry date in the warehouse's time zone (reference §8)."""
    return expiry is not None and today > expiry


class Shelf:
    """The balances of some places, as loaded, and what became of them."""

    def __init__(self, balances: Iterable[Balance], today: Mapping[str, date]) -> None:
        self._today = today
        self._balances: dict[Key, Balance] = {}
        # Goods that are all alike have one balance in a place.
        self._alike: dict[tuple[str, str], Balance] = {}
        # Others: usable balances of each place in picking order, and how much of them is free in all.
        self._usable: dict[tuple[str, str], list[Balance]] = {}
        self._available: dict[tuple[str, str], int] = {}
        for balance in balances:
            key = item, warehouse, lot, serial = balance.key
            self._balances[key] = balance
            if not (lot or serial):
                self._alike[item, warehouse] = balance
            elif balance.expiry is None or not expired(balance.expiry, today[warehouse]):
                place = (item, warehouse)
                self._usable.setdefault(place, []).append(balance)
                self._available[place] = self._available.get(place, 0) + balance.free
        for usable in self._usable.values():
            if len(usable) > 1:
                usable.sort(key=lambda balance: balance.picking_order)

    def available(self, item: str, warehouse: str) -> int:
        """What can be promised now."""
        place = (item, warehouse)
        alike = self._alike.get(place)
        return self._available.get(place, 0) if alike is None else alike.free

    def find(self, key: Key) -> Balance | None:
        """The balance of a key, if there is one."""
        return self._balances.get(key)

    def is_expired(self, key: Key) -> bool:
        """Whether the key's lot may no longer be used."""
        balance = self._balances.get(key)
        return balance is not None and expired(balance.expiry, self._today[key.warehouse])

    def knows(self, item: str, warehouse: str) -> bool:
        """Whether there is such a warehouse; where the item lies nobody need look it up."""
        return (item, warehouse) in self._alike or warehouse in self._today

    def promise_alike(self, item: str, warehouse: str, wanted: int) -> bool:
        """Promise all that is wanted of goods without lot or serial, or nothing; returns whether it was
        there."""
        balance = self._alike.get((item, warehouse))
        if balance is None or balance.free < wanted:
            return False
        balance.reserved += wanted
        return True

    def promise(self, item: str, warehouse: str, wanted: int, at_most: int = MAXIMUM_PICKS) -> list[Pick]:
        """Promise as much of what is wanted as is available, in picking order, in so many picks at most."""
        picks: list[Pick] = []
        place = (item, warehouse)
        alike = self._alike.get(place)
        if alike is not None:
            taken = min(wanted, alike.free)
            if taken <= 0 or at_most <= 0:
                return picks
            alike.reserved += taken
            return [Pick(alike.key, taken)]
        for balance in self._usable.get(place, ()):
            if wanted <= 0 or len(picks) >= at_most:
                break
            taken = min(wanted, balance.free)
            if taken > 0:
                balance.reserved += taken
                self._available[place] -= taken
                wanted -= taken
                picks.append(Pick(balance.key, taken, balance.expiry))
        return picks

    def give_back(self, picks: Iterable[Pick]) -> None:
        """End promises; what is usable is available again."""
        for key, quantity, _ in picks:
            balance = self._balances[key]
            assert 0 < quantity <= balance.reserved, f"{key} has less reserved than is given back"
            balance.reserved -= quantity
            self._add_available(balance, quantity)

    def issue(self, picks: Iterable[Pick]) -> None:
        """Take promised goods away."""
        for key, quantity, _ in picks:
            balance = self._balances[key]
            assert 0 < quantity <= balance.reserved, f"{key} has less reserved than is issued"
            balance.reserved -= quantity
            balance.on_hand -= quantity

    def receive(self, pick: Pick, now: int, document: str) -> Balance:
        """Put goods there at a time in microseconds since 1970; raises TooMuchInOnePlace."""
        key = pick.key
        balance = self._balances.get(key)
        if balance is None:
            balance = Balance(key, expiry=pick.expiry, received=now, received_document=document, is_new=True)
            self._balances[key] = balance
            if not (key.lot or key.serial):
                self._alike[key.item, key.warehouse] = balance
            elif not expired(pick.expiry, self._today[key.warehouse]):
                usable = self._usable.setdefault((key.item, key.warehouse), [])
                usable.append(balance)
                usable.sort(key=lambda other: other.picking_order)
        if balance.on_hand + pick.quantity > MAXIMUM_SCALED:
            raise TooMuchInOnePlace(key.item, key.warehouse)
        balance.on_hand += pick.quantity
        self._add_available(balance, pick.quantity)
        return balance

    def changes(self) -> Iterator[Balance]:
        """The balances that are not as they were loaded."""
        for balance in self._balances.values():
            if (
                balance.on_hand != balance.on_hand_before
                or balance.reserved != balance.reserved_before
                or balance.is_new
            ):
                yield balance

    def _add_available(self, balance: Balance, quantity: int) -> None:
        key = balance.key
        is_counted = bool(key.lot or key.serial)
        if is_counted and not expired(balance.expiry, self._today[key.warehouse]):
            place = (key.item, key.warehouse)
            self._available[place] = self._available.get(place, 0) + quantity
