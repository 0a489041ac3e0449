"""Opening stock 期初: what was there before the ledger began, once for each item and place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.kit.errors import InvalidField, InvalidInput, KuguanError
from services.kit.quantity import MAXIMUM_SCALED
from services.stock.domain.items import Measure, Tracking
from services.stock.domain.shelf import Key, Pick
from services.stock.domain.texts import OWN_DOCUMENT, shown, tracking_code


@dataclass(eq=False)
class UnknownItem(InvalidInput):
    """The catalogue has no such item."""

    item: str


@dataclass(eq=False)
class UnknownWarehouse(InvalidInput):
    """There is no such warehouse."""

    warehouse: str


@dataclass(eq=False)
class DuplicateRow(InvalidInput):
    """An earlier row of the same file is about the same item, place, lot and serial."""

    first_row: str


@dataclass(eq=False)
class AlreadyOpened(InvalidInput):
    """Opening stock was recorded here before."""

    document: str


@dataclass(eq=False)
class AlreadyMoved(InvalidInput):
    """Stock already moved here, so there is no opening any more."""

    document: str


@dataclass(eq=False)
class LotMissing(InvalidInput):
    """The item is tracked by lot, and the row names none."""

    item: str


@dataclass(eq=False)
class SerialMissing(InvalidInput):
    """The item is tracked by serial number, and the row names none."""

    item: str


@dataclass(eq=False)
class NotTracked(InvalidInput):
    """The row names a lot, serial number or expiry date that the item does not have."""

    item: str
    field: str


@dataclass(eq=False)
class SerialQuantity(InvalidInput):
    """A serial number stands for exactly one piece."""

    serial: str
    quantity: str


@dataclass(eq=False)
class SerialElsewhere(InvalidInput):
    """The serial number is on hand in another place or stands in another row."""

    serial: str
    warehouse: str


@dataclass(eq=False)
class LotExpiryDiffers(InvalidInput):
    """The same lot is known with another expiry date."""

    lot: str
    expiry_date: str


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """A row as it was sent; the amount is still text in some unit."""

    row: int
    item: str
    warehouse: str
    lot: str
    serial: str
    amount: str
    unit: str
    expiry: date | None
    unit_cost_micros: int | None
    problem: KuguanError | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is already there of the items that the rows name."""

    measures: Mapping[str, Measure]
    warehouses: frozenset[str]
    received: Mapping[Key, str]
    """Each key that ever moved, with the document that first brought it."""
    serial_places: Mapping[tuple[str, str], str]
    """Item and serial number of what is on hand, with its warehouse."""
    lot_expiries: Mapping[tuple[str, str], date | None]


@dataclass(frozen=True, slots=True)
class Opened:
    """A row that can be recorded."""

    row: int
    pick: Pick
    measure: Measure
    unit_cost_micros: int | None


@dataclass(slots=True)
class _Judge:
    known: Known
    seen: dict[Key, int] = field(default_factory=dict)
    serials: dict[tuple[str, str], str] = field(default_factory=dict)
    expiries: dict[tuple[str, str], date | None] = field(default_factory=dict)

    def judge(self, row: OpeningRow) -> Opened:
        if row.problem is not None:
            raise row.problem
        measure = self.known.measures.get(row.item)
        if measure is None:
            raise UnknownItem(shown(row.item))
        if row.warehouse not in self.known.warehouses:
            raise UnknownWarehouse(shown(row.warehouse))
        self._check_tracking(row, measure)
        quantity = measure.base_quantity(row.amount, row.unit, "quantity")
        key = Key(row.item, row.warehouse, row.lot, row.serial)
        if key in self.seen:
            raise DuplicateRow(str(self.seen[key]))
        document = self.known.received.get(key)
        if document is not None:
            raise (AlreadyOpened if is_opening(document) else AlreadyMoved)(document)
        if row.serial:
            self._check_serial(row, quantity)
        if row.lot:
            self._check_lot(row)
        self.seen[key] = row.row
        return Opened(row.row, Pick(key, quantity, row.expiry), measure, row.unit_cost_micros)

    def _check_tracking(self, row: OpeningRow, measure: Measure) -> None:
        by_lot, by_serial = measure.tracking is Tracking.LOT, measure.tracking is Tracking.SERIAL
        if by_lot and not row.lot:
            raise LotMissing(row.item)
        if by_serial and not row.serial:
            raise SerialMissing(row.item)
        for name, value, fits in (
            ("lot", row.lot, by_lot),
            ("serial", row.serial, by_serial),
            ("expiry_date", row.expiry, by_lot),
        ):
            if value and not fits:
                raise NotTracked(row.item, name)
        if row.lot:
            tracking_code(row.lot, "lot")
        if row.serial:
            tracking_code(row.serial, "serial")

    def _check_serial(self, row: OpeningRow, quantity: int) -> None:
        if quantity != 1:
            raise SerialQuantity(row.serial, row.amount)
        serial = (row.item, row.serial)
        elsewhere = self.known.serial_places.get(serial) or self.serials.get(serial)
        if elsewhere is not None:
            raise SerialElsewhere(row.serial, elsewhere)
        self.serials[serial] = row.warehouse

    def _check_lot(self, row: OpeningRow) -> None:
        lot = (row.item, row.lot)
        for expiries in (self.known.lot_expiries, self.expiries):
            if lot in expiries and expiries[lot] != row.expiry:
                raise LotExpiryDiffers(row.lot, str(expiries[lot] or ""))
        self.expiries[lot] = row.expiry


def is_opening(document: str) -> bool:
    """Whether a document is an opening document."""
    return document.startswith("QC") and OWN_DOCUMENT.fullmatch(document) is not None


def judge(rows: Sequence[OpeningRow], known: Known) -> list[Opened | KuguanError]:
    """The verdict on each row, in their order: what will be recorded, or why it cannot be."""
    court = _Judge(known)
    verdicts: list[Opened | KuguanError] = []
    for row in rows:
        try:
            verdicts.append(court.judge(row))
        except KuguanError as refusal:
            verdicts.append(refusal)
    return verdicts


def check_cost(micros: int | None) -> int | None:
    """What a base unit cost, if it can be true; raises InvalidField."""
    if micros is not None and not 0 <= micros <= MAXIMUM_SCALED:
        raise InvalidField("unit_cost", "must not be negative")
    return micros
