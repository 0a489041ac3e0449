"""Questions about what moved: an item's newest ledger entries, or those of a time with their totals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from kuguan.orders.v1.orders_pb2 import Order, OrderLine
from kuguan.stock.v1.stock_pb2 import Entry, GetMovementTotalsRequest, ListEntriesRequest

from bot.cards.order import amount_of, state_words
from bot.commands.ask import Ask, Reply, Say, Show, new_card
from bot.commands.days import midnight
from bot.commands.items import plan_of, unresolved
from bot.commands.orders import orders_of
from bot.commands.periods import Period, period_of
from bot.understand import ME, MY_DEPARTMENT, Intent
from services.kit.quantity import decimal_text, parse_fraction, to_scale

_ENTRIES = 15
_FINEST = 6
"""Decimal places of the finest quantity."""


async def stock_history(ask: Ask, intent: Intent) -> list[Reply]:
    """A sheet of the ledger entries of each item."""
    return await show_history(ask, plan_of(intent))


async def show_history(ask: Ask, plan: dict[str, Any]) -> list[Reply]:
    """The ledger of a plan whose items are certain; else what is missing."""
    asked = unresolved(ask, plan, "words")
    if asked is not None:
        return asked
    if not plan["words"]:
        return [Say(ask.words("request.items_missing", example=ask.words("example.stock")))]
    # Cards that were shown before periods were understood hold none.
    said, whose = plan.get("period") or "", plan.get("whose")
    period = period_of(said, datetime.now(ask.words.zone).date()) if said else None
    if said and period is None:
        return [Say(ask.words("history.which_time", said=said))]
    codes, warehouse = [word["item"] for word in plan["words"]], plan["warehouse"] or ""
    if whose == ME:
        known, are_all = await orders_of(ask)
        bound = "" if are_all else ask.words("history.only_newest", count=len(known))
        return [_own(ask, code, warehouse, period, known, bound) for code in codes]
    department = _department(ask, whose) if whose else ""
    if department is None:
        known_ones = ask.words.join(sorted(_departments(ask)))
        return [Say(ask.words("history.which_department", said=whose, departments=known_ones))]
    return [await _history(ask, code, warehouse, period, department) for code in codes]


def _departments(ask: Ask) -> set[str]:
    return {person.department for person in ask.company.people.values()}


def _department(ask: Ask, whose: str) -> str | None:
    """The department that is meant; None where there is none, or no one, of that name."""
    departments = _departments(ask)
    if whose == MY_DEPARTMENT:
        known = ask.company.people.get(ask.person)
        return known.department if known else None
    meant = {whose} & departments or {
        one for one in departments if one.startswith(whose.removesuffix("部门"))
    }
    return meant.pop() if len(meant) == 1 else None


async def _history(ask: Ask, item: str, warehouse: str, period: Period | None, department: str) -> Reply:
    """The newest entries of one item; of a time or a department also what they come to, kind by kind."""
    name = ask.company.item_name(item, ask.words.language)
    request = ListEntriesRequest(item=item, warehouse=warehouse, counterpart=department, page_size=_ENTRIES)
    asked = GetMovementTotalsRequest(item=item, warehouse=warehouse, counterpart=department)
    if period is not None:
        for bounded in (request, asked):
            bounded.start_time.CopyFrom(midnight(period.first, ask.words.zone))
            bounded.end_time.CopyFrom(midnight(period.last + timedelta(days=1), ask.words.zone))
    answer = await ask.voice.read(ask.voice.services.stock.ListEntries, request)
    within = " · ".join(filter(None, (department, _days(ask, period))))
    if not answer.entries:
        return Say(ask.words("history.none_in" if within else "history.none", item=name, period=within))
    entries = [_entry(ask, entry) for entry in answer.entries]
    if not within:
        data = {"title": ask.words("history.title", item=name), "lines": entries}
        return Show(new_card(ask, "sheet", "", data))
    sums = await ask.voice.read(ask.voice.services.stock.GetMovementTotals, asked)
    heading = "history.newest" if answer.next_page_token else "history.each"
    totals = [
        [
            _movement(ask, total.movement),
            _total(ask, _signed(total.quantity.value), sums.unit, total.document_count),
        ]
        for total in sums.totals
    ]
    return _sheet(ask, ask.words("history.title_in", item=name), within, totals, heading, entries)


def _sheet(
    ask: Ask, title: str, subtitle: str, totals: list[list[str]], heading: str, rows: list[list[str]]
) -> Reply:
    each = {"title": ask.words(heading, count=len(rows)), "lines": rows}
    data = {"title": title, "subtitle": subtitle, "lines": totals, "groups": [each]}
    return Show(new_card(ask, "sheet", "", data))


def _own(
    ask: Ask, item: str, warehouse: str, period: Period | None, orders: list[Order], bound: str
) -> Reply:
    """What the person asked for of one item, by the day they asked, and what of it was carried out; ``bound``
    tells where not all of their orders were looked through."""
    name, days = ask.company.item_name(item, ask.words.language), _days(ask, period)
    found = [
        (order, line)
        for order in orders
        for line in order.lines
        if line.item == item and warehouse in ("", line.warehouse) and _is_of(ask, order, period)
    ]
    if not found:
        key = "history.none_of_yours_in" if days else "history.none_of_yours"
        return Say(ask.words(key, item=name, period=days))
    rows = [
        [
            f"{ask.words.day_clock(order.create_time)} {order.name}",
            f"{amount_of(ask.facts, order, line)} · {state_words(ask.facts, order)}",
        ]
        for order, line in found
    ]
    heading = "history.newest" if len(rows) > _ENTRIES else "history.each"
    title = ask.words("history.title_own", item=name)
    within = ask.words("history.by_request", period=days) if days else ""
    subtitle = " · ".join(filter(None, (within, bound)))
    return _sheet(ask, title, subtitle, _carried_out(ask, found), heading, rows[:_ENTRIES])


def _is_of(ask: Ask, order: Order, period: Period | None) -> bool:
    day = order.create_time.ToDatetime(UTC).astimezone(ask.words.zone).date()
    return period is None or period.first <= day <= period.last


def _carried_out(ask: Ask, found: list[tuple[Order, OrderLine]]) -> list[list[str]]:
    """How much was handed over or taken back, kind by kind."""
    done: dict[str, list[Fraction]] = {}
    for order, line in found:
        done.setdefault(order.kind, []).append(parse_fraction(line.fulfilled.value or "0"))
    unit, totals = found[0][1].base_unit, []
    for kind, quantities in done.items():
        exact = to_scale(sum(quantities, Fraction()), _FINEST, unit)
        quantity = decimal_text(exact.scaled, exact.scale)
        totals.append([ask.facts.kind(kind), _total(ask, quantity, unit, sum(map(bool, quantities)))])
    return totals


def _days(ask: Ask, period: Period | None) -> str:
    if period is None:
        return ""
    if period.first == period.last:
        return period.first.isoformat()
    return ask.words("history.days", first=period.first.isoformat(), last=period.last.isoformat())


def _total(ask: Ask, quantity: str, unit: str, documents: int) -> str:
    key = "history.total_of_one" if documents == 1 else "history.total"
    return ask.words(key, quantity=ask.words.amount(quantity, unit), count=documents)


def _movement(ask: Ask, movement: str) -> str:
    key = f"movement.{movement}"
    return ask.words(key) if ask.words.has(key) else movement


def _signed(quantity: str) -> str:
    return quantity.replace("-", "−") if quantity.startswith("-") else f"+{quantity}"


def _entry(ask: Ask, entry: Entry) -> list[str]:
    said = ask.words(
        "history.line",
        quantity=ask.words.amount(_signed(entry.quantity.value), entry.unit),
        after=ask.words.amount(entry.on_hand_after.value or "0", entry.unit),
        document=entry.document,
        counterpart=entry.counterpart,
    )
    return [f"{ask.words.day_clock(entry.occur_time)} {_movement(ask, entry.movement)}", said.strip()]
