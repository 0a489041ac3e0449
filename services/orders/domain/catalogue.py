"""What orders know about items: enough to turn what a person asked for into base units and money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from services.kit.quantity import MAXIMUM_SCALED, NotAnAmount, Quantity, to_scale
from services.orders.domain.errors import UnknownUnit


@dataclass(frozen=True, slots=True)
class Pack:
    """A unit that holds an exact number of base units."""

    unit: str
    factor: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueItem:
    """An item as stock last told it."""

    code: str
    name: str
    name_en: str
    category: str
    base_unit: str
    quantity_scale: int
    packs: tuple[Pack, ...]
    reference_cost_micros: int
    archived: bool
    tracked: bool
    """Whether its lots or serials are known one by one."""
    etag: str
    update_time: datetime

    def base_quantity(self, amount: Fraction, unit: str, line: int) -> Quantity:
        """Convert an amount in one of the item's units to base units: exactly, then onto its scale once.

        An empty unit means the base unit. Raises UnknownUnit, TooFine where the result does not come out
        whole on the item's scale, and NotAnAmount for more than stock can take.
        """
        quantity = to_scale(amount * self._factor(unit, line), self.quantity_scale, self.base_unit)
        if quantity.scaled > MAXIMUM_SCALED:
            raise NotAnAmount(f"lines[{line - 1}].quantity", str(quantity))
        return quantity

    def _factor(self, unit: str, line: int) -> Fraction:
        if unit in ("", self.base_unit):
            return Fraction(1)
        for pack in self.packs:
            if pack.unit == unit:
                return pack.factor
        units = ", ".join([self.base_unit, *(pack.unit for pack in self.packs)])
        raise UnknownUnit(line, self.code, unit[:40], units)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueWarehouse:
    """A warehouse as stock last told it."""

    code: str
    name: str
    name_en: str
