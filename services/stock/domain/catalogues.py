"""Imports of catalogues: a verdict for each row before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.kit.errors import InvalidInput, KuguanError
from services.stock.domain.items import Item, checked, respelled
from services.stock.domain.texts import tidy


@dataclass(eq=False)
class DuplicateCode(InvalidInput):
    """The code is taken by an item that differs, in the catalogue or in an earlier row."""

    code: str
    first_row: str


@dataclass(eq=False)
class DuplicateBarcode(InvalidInput):
    """The barcode is taken by another item, in the catalogue or in an earlier row."""

    barcode: str
    code: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was sent; what could not even be read carries its problem."""

    row: int
    item: Item | None
    problem: KuguanError | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a row: an item to write, nothing because it is known, or a refusal."""

    row: int
    item: Item | None = None
    mended: Mapping[str, str] = field(default_factory=dict)
    """The fields that were repaired, with what was sent."""
    refusal: KuguanError | None = None


@dataclass(frozen=True, slots=True)
class KnownItems:
    """The part of the catalogue that the rows could collide with."""

    items: Mapping[str, Item]
    barcodes: Mapping[str, str]
    """Barcode to item code."""


def mend(item: Item) -> tuple[Item, dict[str, str]]:
    """The item with blanks, case and invisible characters repaired, and what was sent where it changed."""
    better: dict[str, Any] = {
        "code": tidy(item.code, 40).upper(),
        "name": tidy(item.name, 200),
        "name_en": tidy(item.name_en, 200),
        "specification": tidy(item.specification, 200),
        "category": tidy(item.category, 80),
        "base_unit": tidy(item.base_unit, 20),
        "barcode": tidy(item.barcode, 60).replace(" ", ""),
        "aliases": tuple(filter(None, (tidy(alias, 80) for alias in item.aliases))),
        "packs": tuple(replace(pack, unit=tidy(pack.unit, 20)) for pack in item.packs),
    }
    mended = respelled(item, better)
    if mended is item:
        return item, {}
    sent = {name: getattr(item, name) for name in better}
    return mended, {name: _told(value) for name, value in sent.items() if value != better[name]}


def prepare(rows: Iterable[Row]) -> list[Judged]:
    """Everything that can be said about each row without looking at the catalogue or at other rows."""
    return [_prepared(row) for row in rows]


def judge(prepared: Sequence[Judged], known: KnownItems) -> list[Judged]:
    """The verdicts after comparing the rows with the catalogue and with each other, in their order."""
    codes: dict[str, tuple[str, Item]] = {code: ("", item) for code, item in known.items.items()}
    barcodes = dict(known.barcodes)
    verdicts: list[Judged] = []
    for row in prepared:
        item = row.item
        if item is None:
            verdicts.append(row)
            continue
        first = codes.get(item.code)
        if first is not None:
            refusal = None if first[1].same_content(item) else DuplicateCode(item.code, first[0])
            verdicts.append(Judged(row.row, refusal=refusal))
            continue
        owner = barcodes.setdefault(item.barcode, item.code) if item.barcode else item.code
        if owner != item.code:
            verdicts.append(Judged(row.row, refusal=DuplicateBarcode(item.barcode, owner)))
            continue
        codes[item.code] = (str(row.row), item)
        verdicts.append(row)
    return verdicts


def _prepared(row: Row) -> Judged:
    if row.problem is not None or row.item is None:
        return Judged(row.row, refusal=row.problem)
    try:
        item, sent = mend(row.item)
        return Judged(row.row, checked(item), sent)
    except KuguanError as refusal:
        return Judged(row.row, refusal=refusal)


def _told(sent: str | tuple[Any, ...]) -> str:
    text = sent if isinstance(sent, str) else ", ".join(str(getattr(part, "unit", part)) for part in sent)
    return text[:80]
