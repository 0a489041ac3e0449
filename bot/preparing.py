"""Figures a card shows from the services, read with the token of the person it is for.

They are read before a card is sent, and again when it is tapped or drawn anew while it waits: other goods of
the same item may have moved. What was carried out is shown as the ledger tells it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from kuguan.approvals.v1.approvals_pb2 import TaskState
from kuguan.orders.v1.orders_pb2 import Order
from kuguan.stock.v1.stock_pb2 import (
    Allocation,
    BatchGetAvailabilityRequest,
    Entry,
    GetReservationRequest,
    ListEntriesRequest,
    ReservedLine,
)

from bot.cards.facts import AT_WORK, PENDING, plus
from bot.commands.ask import Ask
from bot.storage.cards import CardRow
from services.kit.wire import date_value

_ENTRIES = 1000

Preparing = Callable[[Ask, CardRow], Awaitable[CardRow]]


async def prepare(ask: Ask, row: CardRow) -> CardRow:
    """The row with the figures its drawing needs, as they are now; most need none."""
    preparing = PREPARING.get(row.kind)
    return row if preparing is None else await preparing(ask, row)


async def _stock_situation(ask: Ask, row: CardRow) -> CardRow:
    """On hand and available of each line of the order, for whoever decides about it; kept once decided."""
    decided = ask.task is not None and ask.task.state != TaskState.TASK_STATE_OPEN
    if ask.order is None or ("stock" in row.data and (decided or ask.order.state not in PENDING)):
        return row
    stock = await _figures(ask, ask.order)
    for line in ask.order.lines:
        figures = stock.setdefault(f"{line.item}@{line.warehouse}", {"on_hand": "0", "available": "0"})
        figures["held_for_it"] = plus(figures.get("held_for_it", "0"), line.reserved.value or "0")
    return replace(row, data={**row.data, "stock": stock})


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
    """Line by line what to hand over, with lots and serials; for a return what to take back.

    Once the order is at work no more, what the ledger says about it, where goods moved.
    """
    order = ask.order
    if order is None or row.data.get("carried_out"):
        return row
    if order.state not in AT_WORK:
        wanted = ListEntriesRequest(document=order.name, page_size=_ENTRIES)
        moved = await ask.voice.read(ask.voice.services.stock.ListEntries, wanted)
        return carried_out(row, reversed(moved.entries))
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


def carried_out(row: CardRow, entries: Iterable[Entry]) -> CardRow:
    """The row with the true figures of what moved; ``entries`` of the ledger, oldest first.

    One line for each item and place of one hand-over: what was there before it, and all that it moved.
    """
    days = {
        (line["item"], pick["lot"], pick["serial"]): pick["expiry"]
        for line in row.data.get("lines", [])
        for pick in line.get("picks", [])
    }
    lines: dict[tuple[str, str, int], dict[str, Any]] = {}
    for entry in entries:
        quantity = entry.quantity.value
        taken = quantity.removeprefix("-")
        put_back = taken if quantity.startswith("-") else f"-{quantity}"
        key = (entry.item, entry.warehouse, entry.record_time.ToNanoseconds())
        if key not in lines:
            before = plus(entry.on_hand_after.value or "0", put_back)
            figures = {f"{entry.item}@{entry.warehouse}": {"on_hand": before}}
            lines[key] = _line(entry.item, entry.warehouse, "0", entry.unit, figures) | {"picks": []}
        line = lines[key]
        line["quantity"] = plus(line["quantity"], taken)
        if entry.lot or entry.serial:
            expiry = days.get((entry.item, entry.lot, entry.serial), "")
            line["picks"].append(
                {"lot": entry.lot, "serial": entry.serial, "quantity": taken, "expiry": expiry}
            )
    if not lines:
        return row
    return replace(row, data={**row.data, "lines": list(lines.values()), "carried_out": True})


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
