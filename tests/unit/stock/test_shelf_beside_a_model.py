"""A state machine: whatever is asked in whatever order, the shelf agrees with a model a child could keep.

The model knows only sums: what came in and went out of each key, and what each document was promised.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.kit.errors import KuguanError
from services.stock.domain.reservations import InsufficientStock, Reservation, State
from services.stock.domain.shelf import Balance, Key, Pick, Shelf, expired
from services.stock.domain.wishes import Wish, WishLine, fulfil
from tests.unit.stock.goods import MILK, NOW, PAPER, TODAY, line, promise

MEASURES = {"BG-001": PAPER, "SP-001": MILK}
PLACES = [(item, warehouse) for item in MEASURES for warehouse in ("ZC", "LK")]
LOTS = {"A": TODAY, "B": TODAY + timedelta(days=2), "C": None}

places = st.sampled_from(PLACES)
amounts = st.integers(1, 12)


class StockRoom(RuleBasedStateMachine):
    """Everything that can happen to stock, one change after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.day: date = TODAY
        self.balances: dict[Key, Balance] = {}
        self.ledger: Counter[Key] = Counter()
        self.reservations: list[Reservation] = []
        self.count = 0

    def shelf(self) -> Shelf:
        """A fresh shelf, as a command would load it."""
        loaded = [
            Balance(
                key,
                known.on_hand,
                known.held,
                known.reserved,
                known.expiry,
                known.received,
                known.received_document,
                known.on_hand,
                known.reserved,
            )
            for key, known in self.balances.items()
        ]
        return Shelf(loaded, {"ZC": self.day, "LK": self.day})

    def save(self, shelf: Shelf) -> None:
        """Keep what changed, as a command would save it: only by its difference."""
        for change in shelf.changes():
            known = self.balances.setdefault(change.key, change)
            if known is not change:
                known.on_hand += change.on_hand - change.on_hand_before
                known.reserved += change.reserved - change.reserved_before

    def free_by_model(self, item: str, warehouse: str) -> int:
        """What is usable and not promised, from the model alone."""
        usable = {
            key: quantity
            for key, quantity in self.ledger.items()
            if key[:2] == (item, warehouse) and not expired(LOTS.get(key.lot), self.day)
        }
        promised = sum(
            pick.quantity
            for reservation in self.reservations
            for one in reservation.lines
            for pick in one.picks
            if pick.key in usable
        )
        return sum(usable.values()) - promised

    @rule(place=places, lot=st.sampled_from(sorted(LOTS)), quantity=amounts)
    def goods_arrive(self, place: tuple[str, str], lot: str, quantity: int) -> None:
        key = Key(*place, lot if place[0] == "SP-001" else "")
        shelf = self.shelf()
        shelf.receive(Pick(key, quantity, LOTS.get(key.lot)), self.count, "TL1")
        self.ledger[key] += quantity
        for waiting in self.reservations:
            if waiting.of_order and waiting.approved and waiting.is_live:
                waiting.fill(shelf)
        self.save(shelf)

    @rule(lines=st.lists(st.tuples(places, amounts), min_size=1, max_size=3))
    def an_outside_program_asks(self, lines: list[tuple[tuple[str, str], int]]) -> None:
        self.count += 1
        wish_lines = [
            WishLine(number, item, warehouse, str(quantity), "")
            for number, ((item, warehouse), quantity) in enumerate(lines, start=1)
        ]
        wanted: Counter[tuple[str, str]] = Counter()
        for place, quantity in lines:
            wanted[place] += quantity
        enough = all(self.free_by_model(*place) >= quantity for place, quantity in wanted.items())
        shelf = self.shelf()
        try:
            made = fulfil(
                Wish(f"d-{self.count}", "r", "client:shop", "shop", 0, wish_lines), MEASURES, shelf, NOW
            )
        except InsufficientStock:
            assert not enough
            assert list(shelf.changes()) == []
        else:
            assert enough
            self.reservations.append(made)
        self.save(shelf)

    @rule(place=places, quantity=amounts, approve=st.booleans())
    def an_order_comes(self, place: tuple[str, str], quantity: int, approve: bool) -> None:
        self.count += 1
        free = self.free_by_model(*place)
        shelf = self.shelf()
        made = promise(line(1, quantity, MEASURES[place[0]], place[1]), document=f"LY{self.count}")
        made.fill(shelf)
        assert made.lines[0].reserved == min(quantity, max(free, 0))
        if approve:
            made.approve(shelf, NOW)
        self.reservations.append(made)
        self.save(shelf)

    @precondition(lambda self: self.reservations)
    @rule(data=st.data(), state=st.sampled_from([State.RELEASED, State.EXPIRED]))
    def a_promise_ends(self, data: st.DataObject, state: State) -> None:
        shelf = self.shelf()
        data.draw(st.sampled_from(self.reservations)).end(shelf, state)
        self.save(shelf)

    @precondition(lambda self: self.reservations)
    @rule(data=st.data())
    def an_order_is_approved(self, data: st.DataObject) -> None:
        shelf = self.shelf()
        chosen = data.draw(st.sampled_from(self.reservations))
        if chosen.of_order:
            chosen.approve(shelf, NOW)
        self.save(shelf)

    @precondition(lambda self: self.reservations)
    @rule(data=st.data(), part=st.none() | amounts)
    def goods_leave(self, data: st.DataObject, part: int | None) -> None:
        chosen = data.draw(st.sampled_from(self.reservations))
        shelf = self.shelf()
        before = [(one.issued, list(one.picks)) for one in chosen.lines]
        try:
            issued = chosen.issue(shelf, {1: part} if part else {}, "zhaoliu", NOW)
        except KuguanError:
            # A refused command is rolled back as a whole.
            for one, (was_issued, picks) in zip(chosen.lines, before, strict=True):
                one.issued, one.picks = was_issued, picks
            return
        for one, pick in issued:
            assert not expired(pick.expiry, self.day)
            self.ledger[pick.key] -= pick.quantity
            assert one.issued <= one.wanted
        self.save(shelf)

    @precondition(lambda self: self.day < TODAY + timedelta(days=4))
    @rule()
    def a_day_passes(self) -> None:
        self.day += timedelta(days=1)

    @invariant()
    def balances_are_the_sums_of_the_ledger(self) -> None:
        for key, known in self.balances.items():
            assert known.on_hand == self.ledger[key]
        assert set(self.ledger) <= set(self.balances)

    @invariant()
    def reserved_is_the_sum_of_what_documents_are_promised(self) -> None:
        promised: Counter[Key] = Counter()
        for reservation in self.reservations:
            assert reservation.is_live or not reservation.keys
            for one in reservation.lines:
                assert one.missing >= 0
                for pick in one.picks:
                    promised[pick.key] += pick.quantity
        for key, known in self.balances.items():
            assert known.reserved == promised[key]

    @invariant()
    def nothing_is_below_zero(self) -> None:
        for known in self.balances.values():
            assert min(known.on_hand, known.held, known.reserved, known.free) >= 0

    @invariant()
    def what_is_available_is_what_the_model_says(self) -> None:
        shelf = self.shelf()
        for item, warehouse in PLACES:
            assert shelf.available(item, warehouse) == self.free_by_model(item, warehouse)


TestStockRoom = StockRoom.TestCase
TestStockRoom.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
