"""Items: what can be stocked, in which units it is counted, and which changes are allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

from services.kit.errors import InvalidField, InvalidInput, RuleBroken
from services.kit.quantity import (
    MAXIMUM_SCALE,
    MAXIMUM_SCALED,
    NotAnAmount,
    Quantity,
    parse_fraction,
    to_scale,
)
from services.kit.texts import plain_text
from services.stock.domain.texts import item_code, shown

MAXIMUM_PACKS = 20
MAXIMUM_ALIASES = 50
MAXIMUM_FACTOR = 1_000_000_000
MAXIMUM_SHELF_LIFE_DAYS = 36_500
_POWERS: tuple[int, ...] = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)


@dataclass(eq=False)
class NameMissing(InvalidInput):
    """An item needs a Chinese or an English name with a letter or digit in it."""

    code: str


@dataclass(eq=False)
class UnknownUnit(InvalidInput):
    """The item is neither counted in this unit nor has a pack of this name."""

    item: str
    unit: str
    known: str


@dataclass(eq=False)
class ItemArchived(RuleBroken):
    """The item can no longer be asked for."""

    item: str


@dataclass(eq=False)
class StockHasMoved(RuleBroken):
    """How an item is counted and tracked is fixed once stock of it has moved or is promised."""

    item: str
    field: str


class Tracking(StrEnum):
    """How single pieces of an item are told apart."""

    NONE = "none"
    LOT = "lot"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack holds numerator / denominator base units."""

    unit: str
    numerator: int
    denominator: int = 1


@dataclass(frozen=True)
class Measure:
    """How an item is counted: all that a movement needs to know of it."""

    item: str
    base_unit: str
    scale: int
    tracking: Tracking
    archived: bool = False
    packs: tuple[Pack, ...] = ()

    @cached_property
    def is_alike(self) -> bool:
        """Whether its pieces are all alike: told apart neither by lot nor by serial."""
        return self.tracking is Tracking.NONE

    @cached_property
    def _factors(self) -> Mapping[str, Fraction]:
        return {pack.unit: Fraction(pack.numerator, pack.denominator) for pack in self.packs}

    def base_quantity(self, amount: str, unit: str, field: str) -> int:
        """An amount in any unit of the item as a positive number of base units on the item's scale.

        Converted by the exact factor first and put on the scale once (reference §9). Raises NotAnAmount,
        UnknownUnit, TooFine with the two nearest amounts, or InvalidField for nothing and less than nothing.
        """
        in_base_units = not unit or unit == self.base_unit
        # Nearly every amount is a whole number of base units: no need for fractions.
        if in_base_units and len(amount) <= 9 and amount.isascii() and amount.isdigit():
            scaled = int(amount) * _POWERS[self.scale]
        else:
            factor = Fraction(1) if in_base_units else self._factors.get(unit)
            if factor is None:
                raise UnknownUnit(self.item, shown(unit), ", ".join([self.base_unit, *self._factors]))
            scaled = to_scale(parse_fraction(amount, field) * factor, self.scale, self.base_unit).scaled
        if scaled <= 0:
            raise InvalidField(field, "must be more than zero")
        if scaled > MAXIMUM_SCALED:
            raise NotAnAmount(field, shown(amount))
        return scaled

    def text(self, scaled: int) -> str:
        """A quantity on the item's scale as decimal text."""
        return str(Quantity(scaled, self.scale))


@dataclass(frozen=True, slots=True)
class Item:
    """A thing with one code, one base unit and a quantity scale."""

    code: str
    name: str
    name_en: str
    specification: str
    category: str
    base_unit: str
    scale: int
    packs: tuple[Pack, ...]
    aliases: tuple[str, ...]
    barcode: str
    tracking: Tracking
    shelf_life_days: int
    reference_cost_micros: int | None
    list_price_micros: int | None
    reorder_point: int | None
    archived: bool
    version: int = 1
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def measure(self) -> Measure:
        """How the item is counted."""
        return Measure(self.code, self.base_unit, self.scale, self.tracking, self.archived, self.packs)

    def same_content(self, other: Item) -> bool:
        """Whether two versions say the same about the item."""
        return self == replace(
            other, version=self.version, created_at=self.created_at, updated_at=self.updated_at
        )


def checked(item: Item) -> Item:
    """The item with its texts in their proper spelling; raises InvalidField for the first wrong field."""
    item_code(item.code, "code")
    name, name_en = plain_text(item.name, "name", 200), plain_text(item.name_en, "name_en", 200)
    if not any(map(str.isalnum, name + name_en)):
        raise NameMissing(item.code)
    if not 0 <= item.scale <= MAXIMUM_SCALE:
        raise InvalidField("quantity_scale", f"0 to {MAXIMUM_SCALE} decimal places")
    if not 0 <= item.shelf_life_days <= MAXIMUM_SHELF_LIFE_DAYS:
        raise InvalidField("shelf_life_days", f"0 to {MAXIMUM_SHELF_LIFE_DAYS} days")
    if item.tracking is Tracking.SERIAL and item.scale:
        raise InvalidField("quantity_scale", "what has serial numbers is counted in whole pieces")
    for field in ("reference_cost_micros", "list_price_micros"):
        if (getattr(item, field) or 0) < 0:
            raise InvalidField(field.removesuffix("_micros"), "must not be negative")
    if item.reorder_point is not None and not 0 <= item.reorder_point <= MAXIMUM_SCALED:
        raise InvalidField("reorder_point", "must not be negative")
    base_unit = plain_text(item.base_unit, "base_unit", 20, required=True)
    spelled: dict[str, Any] = {
        "name": name,
        "name_en": name_en,
        "specification": plain_text(item.specification, "specification", 200),
        "category": plain_text(item.category, "category", 80),
        "base_unit": base_unit,
        "barcode": _barcode(item.barcode),
        "packs": _packs(item.packs, base_unit),
        "aliases": _aliases(item.aliases),
    }
    return respelled(item, spelled)


def respelled(item: Item, fields: Mapping[str, Any]) -> Item:
    """The item with some fields as given; the very same item if nothing differs, as for most rows."""
    changes = {name: value for name, value in fields.items() if value != getattr(item, name)}
    return replace(item, **changes) if changes else item


def changed(old: Item, new: Item, now: datetime, *, moved: bool) -> Item:
    """The next version of an item; raises StockHasMoved for a change that would falsify what is recorded."""
    if moved:
        for field, before, after in (
            ("base_unit", old.base_unit, new.base_unit),
            ("quantity_scale", old.scale, new.scale),
            ("tracking", old.tracking, new.tracking),
        ):
            if before != after:
                raise StockHasMoved(old.code, field)
    return replace(new, version=old.version + 1, created_at=old.created_at, updated_at=now)


def _barcode(text: str) -> str:
    if not text:
        return text
    barcode = plain_text(text, "barcode", 60)
    if not barcode.isascii() or " " in barcode:
        raise InvalidField("barcode", "ASCII letters, digits and signs without blanks")
    return barcode


def _packs(packs: tuple[Pack, ...], base_unit: str) -> tuple[Pack, ...]:
    if not packs:
        return packs
    if len(packs) > MAXIMUM_PACKS:
        raise InvalidField("packs", f"at most {MAXIMUM_PACKS}")
    kept: dict[str, Pack] = {}
    for pack in packs:
        unit = plain_text(pack.unit, "packs.unit", 20, required=True)
        if unit == base_unit or unit in kept:
            raise InvalidField("packs.unit", f"{unit} is there twice")
        if not (0 < pack.numerator <= MAXIMUM_FACTOR and 0 < pack.denominator <= MAXIMUM_FACTOR):
            raise InvalidField("packs", f"numerator and denominator are from 1 to {MAXIMUM_FACTOR}")
        kept[unit] = replace(pack, unit=unit)
    return tuple(kept.values())


def _aliases(aliases: tuple[str, ...]) -> tuple[str, ...]:
    if not aliases:
        return aliases
    if len(aliases) > MAXIMUM_ALIASES:
        raise InvalidField("aliases", f"at most {MAXIMUM_ALIASES}")
    cleaned = (plain_text(alias, "aliases", 80, required=True) for alias in aliases)
    return tuple(dict.fromkeys(cleaned))
