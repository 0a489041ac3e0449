"""Questions about stock: how much there is, and what runs low."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from kuguan.stock.v1.stock_pb2 import (
    Availability,
    BatchGetAvailabilityRequest,
    Figures,
    GetAvailabilityRequest,
    ListAvailabilityRequest,
    ListLowStockRequest,
    LotFigures,
)

from bot.commands.ask import Ask, Reply, Say, Show, new_card
from bot.commands.items import plan_of, unresolved
from bot.company import factor, units_of
from bot.storage.cards import CardRow
from bot.understand import Intent
from services.kit.quantity import decimal_text, parse_fraction, to_scale
from services.kit.wire import date_value

_LOW_ITEMS = 20
_LOTS = 8
_LISTED = 15
_FINEST = 6
"""Decimal places of the finest quantity."""


async def query_stock(ask: Ask, intent: Intent) -> list[Reply]:
    """A sheet with the figures of one item place by place, or of several items line by line."""
    return await show_stock(ask, plan_of(intent))


async def show_stock(ask: Ask, plan: dict[str, Any]) -> list[Reply]:
    """The sheet for a plan whose items are certain; else what is missing."""
    asked = unresolved(ask, plan, "words")
    if asked is not None:
        return asked
    codes = [word["item"] for word in plan["words"]]
    warehouse = plan["warehouse"] or ""
    if not codes:
        return await show_place(ask, warehouse, "", 0)
    if len(codes) == 1:
        return [Show(await _one(ask, plan["words"][0], warehouse))]
    request = BatchGetAvailabilityRequest(items=codes, warehouse=warehouse)
    answer = await ask.voice.read(ask.voice.services.stock.BatchGetAvailability, request)
    lines = []
    for word, found in zip(plan["words"], answer.availabilities, strict=True):
        figures, enough = _figures(ask, found.total, found.unit), _enough(ask, word, found)
        name = ask.company.item_name(found.item, ask.words.language)
        lines.append([name, f"{enough} · {figures}" if enough else figures])
    return [Show(new_card(ask, "sheet", "", {"title": ask.words("stock.items_title"), "lines": lines}))]


def _enough(ask: Ask, word: dict[str, Any], found: Availability) -> str | None:
    """Whether so much can be had now as is asked about; None where no amount was said that can be told."""
    item = ask.company.items.get(found.item)
    unit = word.get("unit") or ""
    per_unit = factor(item, unit) if item else None
    if not word.get("quantity") or per_unit is None:
        return None
    wanted = parse_fraction(word["quantity"]) * per_unit
    short = wanted - parse_fraction(found.total.available.value or "0")
    said = ask.words.amount(word["quantity"], unit or found.unit)
    if short <= 0:
        return ask.words("stock.enough", said=said)
    exact = to_scale(short, _FINEST, found.unit)
    lacking = ask.words.amount(decimal_text(exact.scaled, exact.scale), found.unit)
    return ask.words("stock.not_enough", said=said, short=lacking)


async def show_place(ask: Ask, warehouse: str, page: str, shown: int) -> list[Reply]:
    """A page of what lies in a warehouse, or in all of them, with a button for the next; ``shown`` so far."""
    request = ListAvailabilityRequest(page_size=_LISTED, page_token=page, warehouse=warehouse)
    answer = await ask.voice.read(ask.voice.services.stock.ListAvailability, request)
    place = ask.company.warehouse_name(warehouse, ask.words.language)
    if not answer.availabilities:
        return [Say(ask.words("stock.empty_place" if warehouse else "stock.empty", warehouse=place))]
    last, count = shown + len(answer.availabilities), answer.item_count
    facts = {"count": count, "first": shown + 1, "last": last, "left": max(count - last, 0)}
    whole = "stock.all_last" if shown else "stock.all_one_page"
    data: dict[str, Any] = {
        "title": ask.words("stock.place_title" if warehouse else "stock.all_title", warehouse=place),
        "subtitle": ask.words("stock.all_some" if answer.next_page_token else whole, **facts),
        "lines": [
            [ask.company.item_name(found.item, ask.words.language), _figures(ask, found.total, found.unit)]
            for found in answer.availabilities
        ],
    }
    if answer.next_page_token:
        data["more"] = {"warehouse": warehouse, "page": answer.next_page_token, "shown": last}
    return [Show(new_card(ask, "sheet", "", data))]


async def _one(ask: Ask, word: dict[str, Any], warehouse: str) -> CardRow:
    code = word["item"]
    request = GetAvailabilityRequest(item=code, warehouse=warehouse, include_lots=True)
    answer = await ask.voice.read(ask.voice.services.stock.GetAvailability, request)
    found: Availability = answer.availability
    item = ask.company.items.get(code)
    title = ask.words("stock.title", item=ask.company.item_name(code, ask.words.language))
    data: dict[str, Any] = {
        "title": title,
        "subtitle": " · ".join(part for part in (code, item.specification if item else "") if part),
        "groups": [],
        "lines": [],
    }
    enough = _enough(ask, word, found)
    if enough is not None:
        data["lines"].append([ask.words("stock.is_it_enough"), enough])
    for place in found.places:
        name = ask.company.warehouse_name(place.warehouse, ask.words.language)
        figures = _figures(ask, place.figures, found.unit)
        if not place.lots:
            data["lines"].append([name, figures])
            continue
        rows = [[_lot_name(ask, lot), _lot(ask, lot, found.unit)] for lot in place.lots[:_LOTS]]
        data["groups"].append({"title": name, "lines": [[ask.words("label.total"), figures], *rows]})
    if not found.places:
        data["lines"].append([ask.words("label.total"), ask.words("stock.none")])
    elif len(found.places) > 1:
        data["lines"].append([ask.words("label.total"), _figures(ask, found.total, found.unit)])
    packs = _in_packs(ask, found)
    if packs is not None:
        data["lines"].append([ask.words("stock.in_packs"), packs])
    return new_card(ask, "sheet", "", data)


def _in_packs(ask: Ask, found: Availability) -> str | None:
    """What is available in the item's largest whole pack and the rest; None where it fills none."""
    item = ask.company.items.get(found.item)
    packs = [(factor(item, unit) or Fraction(0), unit) for unit in units_of(item)[1:]] if item else []
    whole = [(per_pack, unit) for per_pack, unit in packs if per_pack.denominator == 1 and per_pack > 1]
    if not whole:
        return None
    per_pack, unit = max(whole)
    count, rest = divmod(parse_fraction(found.total.available.value or "0"), per_pack)
    if count < 1:
        return None
    said = [ask.words.amount(str(count), unit)]
    if rest:
        exact = to_scale(rest, _FINEST, found.unit)
        said.append(ask.words.amount(decimal_text(exact.scaled, exact.scale), found.unit))
    return " ".join(said)


def _figures(ask: Ask, figures: Figures, unit: str) -> str:
    held = bool(figures.held.value) and parse_fraction(figures.held.value) > 0
    return ask.words(
        "stock.place_held" if held else "stock.place",
        available=ask.words.amount(figures.available.value or "0", unit),
        on_hand=figures.on_hand.value or "0",
        reserved=figures.reserved.value or "0",
        held=figures.held.value or "0",
    )


def _lot_name(ask: Ask, lot: LotFigures) -> str:
    return (
        f"{ask.words('label.serial')} {lot.serial}" if lot.serial else f"{ask.words('label.lot')} {lot.lot}"
    )


def _lot(ask: Ask, lot: LotFigures, unit: str) -> str:
    quantity = ask.words.amount(lot.figures.on_hand.value or "0", unit)
    day = date_value(lot.expiry_date, "expiry_date")
    if day is None:
        return ask.words("stock.lot_plain", quantity=quantity)
    held, on_hand = lot.figures.held.value or "0", lot.figures.on_hand.value or "0"
    expired = parse_fraction(held) > 0 and parse_fraction(held) == parse_fraction(on_hand)
    return ask.words("stock.lot_expired" if expired else "stock.lot", quantity=quantity, day=day.isoformat())


async def low_stock(ask: Ask, intent: Intent) -> list[Reply]:
    """A sheet of the items at or below their reorder point."""
    request = ListLowStockRequest(page_size=_LOW_ITEMS)
    answer = await ask.voice.read(ask.voice.services.stock.ListLowStock, request)
    if not answer.items:
        return [Say(ask.words("low.none"))]
    lines = [
        [
            ask.company.item_name(low.item, ask.words.language),
            ask.words(
                "low.line",
                available=ask.words.amount(low.available.value, low.unit),
                point=ask.words.amount(low.reorder_point.value, low.unit),
            ),
        ]
        for low in answer.items
    ]
    subtitle = ask.words("low.more", count=_LOW_ITEMS) if answer.next_page_token else ""
    data = {"title": ask.words("low.title"), "subtitle": subtitle, "lines": lines}
    return [Show(new_card(ask, "sheet", "", data))]
