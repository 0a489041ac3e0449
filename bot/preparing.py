"""Figures a card shows from the services, read with the token of the person it is for, before it is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from kuguan.orders.v1.orders_pb2 import Order
from kuguan.stock.v1.stock_pb2 import (
    Allocation,
    BatchGetAvailabilityRequest,
    GetReservationRequest,
    ReservedLine,
)

from bot.commands.ask import Ask
from bot.storage.cards import CardRow
from services.kit.wire import date_value

Preparing = Callable[[Ask, CardRow], Awaitable[CardRow]]


async def prepare(ask: Ask, row: CardRow) -> CardRow:
    """The row with the figures its drawing needs; most need none."""
    preparing = PREPARING.get(row.kind)
    return row if preparing is None else await preparing(ask, row)


async def _stock_situation(ask: Ask, row: CardRow) -> CardRow:
    """On hand and available of each line of the order, for whoever decides about it."""
    if ask.order is None:
        return row
    return replace(row, data={**row.data, "stock": await _figures(ask, ask.order)})


async def _figures(ask: Ask, order: Order) -> dict[str, dict[str, str]]:
    codes = list(dict.fromkeys(line.item for line in order.lines))
    request = BatchGetAvailabilityRequest(items=codes)
    answer = await ask.voice.read(ask.voice.services.stock.BatchGetAvailability, request)
    return {
        f"{found.item}@{place.warehouse}": {
            "on_hand": place.figures.on_hand.value or "0",
            "available": place.figures.available.value or "0",
        }
        for found in answer.availabilities
        for place in found.places
    }


async def _what_to_pick(ask: Ask, row: CardRow) -> CardRow:
    """Line by line what to hand over, with lots and serials; for a return what to take back."""
    order = ask.order
    if order is None:
        return row
    figures = await _figures(ask, order)
    if row.data.get("receiving"):
        lines = [
            _line(line.item, line.warehouse, line.base_quantity.value, line.base_unit, figures)
            for line in order.lines
        ]
    else:
        request = GetReservationRequest(document=order.name)
        answer = await ask.voice.read(ask.voice.services.stock.GetReservation, request)
        lines = [_reserved(line, figures) for line in answer.reservation.lines]
    return replace(row, data={**row.data, "lines": lines})


def _line(item: str, warehouse: str, quantity: str, unit: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    place = figures.get(f"{item}@{warehouse}", {})
    return {
        "item": item,
        "warehouse": warehouse,
        "quantity": quantity,
        "unit": unit,
        "on_hand": place.get("on_hand", "0"),
    }


def _reserved(line: ReservedLine, figures: Mapping[str, Any]) -> dict[str, Any]:
    picks = [_pick(one) for one in line.allocations if one.lot or one.serial]
    shown = _line(line.item, line.warehouse, line.reserved.value or "0", line.unit, figures)
    return {**shown, "picks": picks, "short": line.short.value}


def _pick(allocation: Allocation) -> dict[str, str]:
    day = date_value(allocation.expiry_date, "expiry_date")
    return {
        "lot": allocation.lot,
        "serial": allocation.serial,
        "quantity": allocation.quantity.value,
        "expiry": day.isoformat() if day else "",
    }


PREPARING: Mapping[str, Preparing] = {"approval": _stock_situation, "hand_over": _what_to_pick}
