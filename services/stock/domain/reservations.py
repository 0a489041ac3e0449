"""Reservations: goods promised to a document, and every way a promise can go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.kit.errors import InvalidField, NoSuch, RuleBroken
from services.stock.domain.items import Measure
from services.stock.domain.shelf import MAXIMUM_PICKS, Key, Pick, Place, Shelf


class State(StrEnum):
    """Where a promise stands. HELD ends by itself at its time, RESERVED does not."""

    HELD = "held"
    RESERVED = "reserved"
    ISSUED = "issued"
    RELEASED = "released"
    EXPIRED = "expired"


LIVE = frozenset({State.HELD, State.RESERVED})


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose promises a caller may see: their own, and others where their work needs it (R22)."""

    owner: str
    """Who the caller is as the requester of a promise."""
    orders: bool = False
    """Whether promises of everybody's orders are in sight."""
    outside: bool = False
    """Whether promises that other programs and people asked for are in sight."""


@dataclass(eq=False)
class InsufficientStock(RuleBroken):
    """Less is available than was asked for; amounts in the unit named."""

    item: str
    warehouse: str
    wanted: str
    available: str
    unit: str


@dataclass(eq=False)
class TooManyPieces(RuleBroken):
    """The goods would have to be picked from more lots or serials than one document may take."""

    document: str
    limit: str


@dataclass(eq=False)
class NotApproved(RuleBroken):
    """The document may not be carried out before it is approved."""

    document: str


@dataclass(eq=False)
class NothingToIssue(RuleBroken):
    """Nothing is promised to the document now: it is short, was given back, or its time ran out."""

    document: str
    state: str


@dataclass(eq=False)
class AlreadyIssued(RuleBroken):
    """All of the document was handed over before."""

    document: str


@dataclass(eq=False)
class MoreThanPromised(RuleBroken):
    """More is to be handed over than is promised to the line; amounts in the unit named."""

    document: str
    line: str
    wanted: str
    promised: str
    unit: str


@dataclass(eq=False)
class LotExpired(RuleBroken):
    """The promised lot expired and no usable lot can take its place."""

    item: str
    warehouse: str
    lot: str
    expiry_date: str


@dataclass(eq=False)
class OwnRequest(RuleBroken):
    """Who asked for the goods may not hand them over or take them back alone."""

    document: str
    person: str


@dataclass(eq=False)
class PromiseEnded(RuleBroken):
    """The promise was handed over, given back or ran out before; nothing is left to give back."""

    document: str
    state: str


@dataclass(slots=True)
class Line:
    """A line of a promise. Of goods without lot or serial it says itself how much is promised; of others its
    pieces do, and their sum is what it says."""

    number: int
    measure: Measure
    warehouse: str
    wanted: int
    issued: int = 0
    reserved: int = 0
    """What is promised and not yet handed over."""
    pieces: Sequence[Pick] = ()

    @property
    def item(self) -> str:
        """The item's code."""
        return self.measure.item

    @property
    def place(self) -> Place:
        """Where the goods are."""
        return Place(self.measure.item, self.warehouse)

    @property
    def picks(self) -> Sequence[Pick]:
        """What is promised, in picking order."""
        if not self.measure.is_alike:
            return self.pieces
        return (Pick(Key(self.measure.item, self.warehouse), self.reserved),) if self.reserved else ()

    @picks.setter
    def picks(self, picks: Sequence[Pick]) -> None:
        self.reserved = sum(pick.quantity for pick in picks)
        if not self.measure.is_alike:
            self.pieces = picks

    @property
    def missing(self) -> int:
        """What is neither promised nor handed over."""
        return self.wanted - self.issued - self.reserved

    def fill(self, shelf: Shelf, at_most: int = MAXIMUM_PICKS) -> bool:
        """Promise what is missing as far as it is there; returns whether anything was."""
        found = shelf.promise(self.item, self.warehouse, self.missing, at_most)
        self.picks = merged(self.picks, found)
        return bool(found)

    def take(self, quantity: int) -> list[Pick]:
        """Remove the first picks worth a quantity from the promise and return them."""
        taken: list[Pick] = []
        left: list[Pick] = []
        for pick in self.picks:
            now = min(quantity, pick.quantity)
            quantity -= now
            if now:
                taken.append(pick._replace(quantity=now))
            if now < pick.quantity:
                left.append(pick._replace(quantity=pick.quantity - now))
        assert quantity == 0, "more taken than was promised"
        self.picks = left
        return taken

    def replace_expired(self, shelf: Shelf, needed: int) -> None:
        """Swap expired lots for usable ones; raises LotExpired if less than needed is then promised."""
        bad = [pick for pick in self.picks if shelf.is_expired(pick.key)]
        if not bad:
            return
        shelf.give_back(bad)
        self.picks = [pick for pick in self.picks if not shelf.is_expired(pick.key)]
        self.fill(shelf)
        if self.reserved < needed:
            first = bad[0]
            raise LotExpired(self.item, self.warehouse, first.key.lot, str(first.expiry))


@dataclass(slots=True)
class Reservation:
    """Goods promised to one document, with what its hand-over will say in the ledger."""

    document: str
    state: State
    lines: list[Line]
    of_order: bool
    approved: bool
    created_at: datetime
    movement: str
    counterpart: str = ""
    requester: str = ""
    request_id: str | None = None
    expires_at: datetime | None = None
    approved_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether goods are or may still be promised."""
        return self.state in LIVE

    @property
    def is_short(self) -> bool:
        """Whether a live promise misses something."""
        return self.is_live and any(line.missing for line in self.lines)

    @property
    def keys(self) -> set[Key]:
        """What is promised."""
        return {pick.key for line in self.lines for pick in line.picks}

    @property
    def places(self) -> set[Place]:
        """Where its lines look for goods."""
        return {line.place for line in self.lines}

    def fill(self, shelf: Shelf) -> bool:
        """Promise what is missing, line by line, as far as it is there; returns whether anything was."""
        filled = False
        for line in self.lines:
            if line.missing:
                filled |= line.fill(shelf, MAXIMUM_PICKS - len(self.keys))
        return filled

    def approve(self, shelf: Shelf, now: datetime) -> bool:
        """Make the promise hard and try what is missing again; a hold that ran out is promised anew.

        Returns whether it became hard now; what was approved, handed over or released before stays as it is.
        """
        if self.approved or self.state not in {State.HELD, State.RESERVED, State.EXPIRED}:
            return False
        self.state, self.expires_at = State.RESERVED, None
        self.approved, self.approved_at = True, now
        self.fill(shelf)
        return True

    def end(self, shelf: Shelf, state: State) -> bool:
        """Give everything back that is still promised; returns whether the promise was live."""
        assert state in {State.RELEASED, State.EXPIRED}
        if not self.is_live:
            return False
        for line in self.lines:
            shelf.give_back(line.picks)
            line.picks = ()
        self.state = state
        return True

    def release(self, shelf: Shelf) -> None:
        """Give everything back because its owner asks for it; raises PromiseEnded."""
        if not self.end(shelf, State.RELEASED):
            raise PromiseEnded(self.document, self.state)

    def issue(
        self, shelf: Shelf, asked: Mapping[int, int | None], person: str, now: datetime
    ) -> list[tuple[Line, Pick]]:
        """Hand over promised goods.

        ``asked`` is a quantity for each line, None for all of it, and empty for everything promised.

        Returns what was taken for each line. Raises NotApproved, OwnRequest, AlreadyIssued, NothingToIssue,
        MoreThanPromised or LotExpired.
        """
        self._check_issue(person, now)
        issued: list[tuple[Line, Pick]] = []
        for line, quantity in self._asked_lines(asked):
            needed = line.reserved if quantity is None else quantity
            line.replace_expired(shelf, needed)
            taken = line.take(needed)
            shelf.issue(taken)
            line.issued += needed
            issued += [(line, pick) for pick in taken]
        if not issued:
            raise NothingToIssue(self.document, self.state)
        if all(line.issued == line.wanted for line in self.lines):
            self.state = State.ISSUED
        return issued

    def _check_issue(self, person: str, now: datetime) -> None:
        if self.state is State.ISSUED:
            raise AlreadyIssued(self.document)
        if not self.is_live:
            raise NothingToIssue(self.document, self.state)
        if self.expires_at is not None and now >= self.expires_at and self.approved:
            raise NothingToIssue(self.document, State.EXPIRED)
        if not self.approved:
            raise NotApproved(self.document)
        if self.of_order and person and person == self.requester:
            raise OwnRequest(self.document, person)

    def _asked_lines(self, asked: Mapping[int, int | None]) -> list[tuple[Line, int | None]]:
        if not asked:
            return [(line, None) for line in self.lines if line.picks]
        lines = {line.number: line for line in self.lines}
        found: list[tuple[Line, int | None]] = []
        for number, quantity in asked.items():
            line = lines.get(number)
            if line is None:
                raise NoSuch("line", f"{self.document} {number}")
            if quantity is not None and quantity > line.reserved:
                raise MoreThanPromised(
                    self.document,
                    str(number),
                    line.measure.text(quantity),
                    line.measure.text(line.reserved),
                    line.measure.base_unit,
                )
            found.append((line, quantity))
        return found


def merged(first: Sequence[Pick], more: Sequence[Pick]) -> list[Pick]:
    """Two lists of picks with one pick for each key."""
    if not first:
        return list(more)
    picks = {pick.key: pick for pick in first}
    for pick in more:
        known = picks.get(pick.key)
        picks[pick.key] = pick if known is None else known._replace(quantity=known.quantity + pick.quantity)
    return list(picks.values())


def promise_all(document: str, lines: list[Line], shelf: Shelf) -> None:
    """Promise all lines or none: what they want is summed for each place before the check (reference §3).

    Raises InsufficientStock or TooManyPieces and leaves the shelf as it was.
    """
    first = lines[0]
    if len(lines) == 1 and first.measure.is_alike:
        # Most promises: one kind of goods that are all alike.
        if not shelf.promise_alike(first.measure.item, first.warehouse, first.wanted):
            _check_enough(first, first.wanted, shelf)
        first.reserved = first.wanted
        return
    wanted: dict[Place, int] = {}
    for line in lines:
        wanted[line.place] = wanted.get(line.place, 0) + line.wanted
    for line in lines:
        _check_enough(line, wanted[line.place], shelf)
    left = MAXIMUM_PICKS
    for line in lines:
        found = shelf.promise(line.measure.item, line.warehouse, line.wanted, left)
        line.picks = found
        left -= len(found)
    if left <= 0 and any(line.missing for line in lines):
        for line in lines:
            shelf.give_back(line.picks)
        raise TooManyPieces(document, str(MAXIMUM_PICKS))


def _check_enough(line: Line, wanted: int, shelf: Shelf) -> None:
    measure = line.measure
    available = shelf.available(measure.item, line.warehouse)
    if available < wanted:
        raise InsufficientStock(
            measure.item,
            line.warehouse,
            measure.text(wanted),
            measure.text(available),
            measure.base_unit,
        )


def check_line_numbers(numbers: Sequence[int]) -> None:
    """Line numbers are from 1 to 1,000,000 and each is used once; raises InvalidField."""
    if len(numbers) > 1 and len(set(numbers)) != len(numbers):
        raise InvalidField("lines.line", "each line number is used once")
    if min(numbers) < 1 or max(numbers) > 1_000_000:
        raise InvalidField("lines.line", "from 1 to 1,000,000")
