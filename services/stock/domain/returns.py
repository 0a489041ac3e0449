"""Returns: goods that an approved document brings back, never more than expected nor what never went out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.kit.errors import InvalidField, NoSuch, RuleBroken
from services.stock.domain.items import Measure, Tracking
from services.stock.domain.ledger import Move
from services.stock.domain.reservations import NotApproved, OwnRequest
from services.stock.domain.shelf import Key


class ReturnState(StrEnum):
    """Where an expected return stands."""

    EXPECTED = "expected"
    RECEIVED = "received"
    WITHDRAWN = "withdrawn"


@dataclass(eq=False)
class NothingToReturn(RuleBroken):
    """The document expects nothing: all came back before, or it was withdrawn."""

    document: str
    state: str


@dataclass(eq=False)
class MoreThanExpected(RuleBroken):
    """More comes back than the line still expects; amounts in the unit named."""

    document: str
    line: str
    wanted: str
    expected: str
    unit: str


@dataclass(eq=False)
class ReturnWithoutIssue(RuleBroken):
    """The lot or serial did not go out to this department, or not as much of it."""

    item: str
    counterpart: str
    tracked: str


@dataclass(frozen=True, slots=True)
class Outstanding:
    """How much of a lot or serial a department still has, from the ledger; the last issued comes first."""

    lot: str
    serial: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Brought:
    """What somebody says came back: None means all that the line still expects."""

    line: int
    quantity: int | None = None
    lot: str = ""
    serial: str = ""


@dataclass(slots=True)
class ReturnLine:
    """A line of an expected return."""

    number: int
    measure: Measure
    warehouse: str
    expected: int
    returned: int = 0

    @property
    def open(self) -> int:
        """What has not come back yet."""
        return self.expected - self.returned


@dataclass(slots=True)
class ExpectedReturn:
    """Goods that a document will bring back once it is approved."""

    document: str
    state: ReturnState
    approved: bool
    movement: str
    counterpart: str
    requester: str
    created_at: datetime
    lines: list[ReturnLine]

    @property
    def tracked_items(self) -> set[str]:
        """The items whose lots or serials must be known."""
        return {line.measure.item for line in self.lines if line.measure.tracking is not Tracking.NONE}

    def approve(self) -> None:
        """Let the goods come back."""
        self.approved = True

    def withdraw(self) -> None:
        """Expect nothing any more."""
        if self.state is ReturnState.EXPECTED:
            self.state = ReturnState.WITHDRAWN

    def close(self) -> None:
        """Expect nothing any more because the keeper says so; raises NothingToReturn or NotApproved."""
        if self.state is not ReturnState.EXPECTED:
            raise NothingToReturn(self.document, self.state)
        if not self.approved:
            raise NotApproved(self.document)
        self.state = ReturnState.WITHDRAWN

    def receive(
        self,
        brought: Sequence[Brought],
        outstanding: Mapping[str, Sequence[Outstanding]],
        person: str,
    ) -> list[Move]:
        """The moves of what came back; nothing said means everything that is expected.

        Raises NotApproved, OwnRequest, NothingToReturn, MoreThanExpected, ReturnWithoutIssue, NoSuch or
        InvalidField.
        """
        if self.state is not ReturnState.EXPECTED:
            raise NothingToReturn(self.document, self.state)
        if not self.approved:
            raise NotApproved(self.document)
        if person and person == self.requester:
            raise OwnRequest(self.document, person)
        left = {item: {(o.lot, o.serial): o.quantity for o in found} for item, found in outstanding.items()}
        lines = {line.number: line for line in self.lines}
        moves: list[Move] = []
        for piece in brought or [Brought(line.number) for line in self.lines if line.open]:
            line = lines.get(piece.line)
            if line is None:
                raise NoSuch("line", f"{self.document} {piece.line}")
            moves += self._receive_piece(line, piece, left.get(line.measure.item, {}))
        if not moves:
            raise NothingToReturn(self.document, self.state)
        if not any(line.open for line in self.lines):
            self.state = ReturnState.RECEIVED
        return moves

    def _receive_piece(
        self, line: ReturnLine, piece: Brought, left: dict[tuple[str, str], int]
    ) -> list[Move]:
        measure = line.measure
        quantity = line.open if piece.quantity is None else piece.quantity
        if quantity > line.open or quantity <= 0:
            raise MoreThanExpected(
                self.document,
                str(line.number),
                measure.text(quantity),
                measure.text(line.open),
                measure.base_unit,
            )
        line.returned += quantity
        if measure.tracking is Tracking.NONE:
            if piece.lot or piece.serial:
                raise InvalidField("lines.lot", f"{measure.item} is not tracked by lot or serial")
            return [Move(Key(measure.item, line.warehouse), quantity, line.number, measure)]
        return [
            Move(Key(measure.item, line.warehouse, lot, serial), part, line.number, measure)
            for lot, serial, part in self._identify(measure, piece, quantity, left)
        ]

    def _identify(
        self, measure: Measure, piece: Brought, quantity: int, left: dict[tuple[str, str], int]
    ) -> list[tuple[str, str, int]]:
        """Which lots or serials come back: those named, else the last issued to the same department."""
        found: list[tuple[str, str, int]] = []
        for (lot, serial), out in left.items():
            if (piece.lot and lot != piece.lot) or (piece.serial and serial != piece.serial):
                continue
            part = min(out, quantity)
            if part > 0:
                found.append((lot, serial, part))
                quantity -= part
        if quantity:
            raise ReturnWithoutIssue(measure.item, self.counterpart, piece.serial or piece.lot)
        for lot, serial, part in found:
            left[(lot, serial)] -= part
        return found
