"""Requests for goods: from a sentence to a confirm card that says in numbers what will happen.

The three kinds differ only in the entry of the request they fill and in the direction of the goods; both
are data here, and the rules behind them belong to the services.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from google.type.decimal_pb2 import Decimal
from kuguan.orders.v1.orders_pb2 import (
    CreateOrderLine,
    CreateOrderRequest,
    GetReturnableRequest,
    ReturnToStockEntry,
)
from kuguan.stock.v1.items_pb2 import Item
from kuguan.stock.v1.stock_pb2 import BatchGetAvailabilityRequest, PlaceFigures
from kuguan.type.v1.quantity_pb2 import Quantity

from bot.commands.ask import Ask, Reply, Say, Show, Wait, new_card
from bot.commands.items import plan_of, unresolved
from bot.company import factor, units_of
from bot.storage.cards import CardRow
from bot.understand import Amount, Command, Intent
from services.kit.ids import new_id
from services.kit.quantity import decimal_text, parse_fraction, times_micros, to_scale
from services.kit.wire import micros, money

WAITING = "waiting"
PATIENCE = timedelta(minutes=30)
"""So long an amount alone is taken as the answer to "how many?"."""

_PURPOSE_OPENER = re.compile(r"^(?:用途是?|用于|用来|for\b|the purpose is|purpose)\s*[::]?\s*", re.IGNORECASE)
_FINEST = 9
"""Decimal places of the finest quantity that can be said."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How a command asks for goods: the entry it fills, where the goods go, and its example."""

    field: str
    sign: str
    example: str
    needs_purpose: bool = False


ENTRIES: Mapping[str, Entry] = {
    Command.REQUEST_ISSUE.value: Entry("requisition", "-", "request.example_issue"),
    Command.RETURN_TO_STOCK.value: Entry("return_to_stock", "", "request.example_return"),
    Command.GIVE_SAMPLE.value: Entry("sample", "-", "request.example_sample", needs_purpose=True),
}


async def ask_for_goods(ask: Ask, intent: Intent) -> list[Reply]:
    """The confirm card of what was asked for; else what is missing."""
    return await show_request(ask, plan_of(intent))


async def show_request(ask: Ask, plan: dict[str, Any]) -> list[Reply]:
    """The confirm card of a plan, or the first thing that has to be said before there can be one."""
    entry = ENTRIES[plan["command"]]
    if not plan["lines"]:
        example = _example(ask, entry, None)
        return [Say(ask.words("request.items_missing", example=example))]
    plan = _without_unknown(plan)
    asked = unresolved(ask, plan, "lines")
    if asked is not None:
        return asked
    for position, line in enumerate(plan["lines"]):
        problem = _problem(ask, entry, line)
        if problem is not None:
            return [problem, Wait(_question(ask, plan, position))]
    if entry.needs_purpose and not plan["purpose"]:
        return [Say(ask.words("request.purpose_missing")), Wait(_question(ask, plan, None))]
    wanted, notes = _merged(ask, wanted_of(ask, plan))
    asides = plan.get("asides", [])
    if asides:
        notes.append(ask.words("request.aside", asides=ask.words.join(asides)))
    if plan.get("like"):
        notes.append(ask.words("request.like", order=plan["like"]))
    if plan.get("left_out"):
        notes.append(ask.words("request.left_out", words=ask.words.join(plan["left_out"])))
    row = await request_card(ask, entry.field, entry.sign, wanted, _purpose(ask, plan))
    row.data.update(notes=notes, plan=plan)
    return [Show(row, guide=entry.field)]


def _without_unknown(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan without the lines that name nothing known, as long as others do: their words are told on the
    card, and nothing of the rest has to be said again."""
    known = [line for line in plan["lines"] if line["item"] is not None or line["candidates"]]
    if not known or len(known) == len(plan["lines"]):
        return plan
    unknown = [line["text"] for line in plan["lines"] if line not in known]
    return {**plan, "lines": known, "left_out": [*plan.get("left_out", []), *unknown]}


def _purpose(ask: Ask, plan: Mapping[str, Any]) -> str:
    """What is written on the order: what the goods are for or why, and what was said beside them."""
    purpose, reason = plan["purpose"] or plan.get("reason"), plan.get("reason")
    beside = [reason] if plan["purpose"] and reason else []
    asides = ask.words.join([*beside, *plan.get("asides", [])])
    if not asides:
        return purpose or ""
    if not purpose:
        return ask.words("request.purpose_aside", asides=asides)
    return ask.words("request.purpose_and_aside", purpose=purpose, asides=asides)


def question_of(person: str) -> str:
    """The id of the row that remembers what a person was asked last."""
    return f"question-{person}"


def _question(ask: Ask, plan: dict[str, Any], position: int | None) -> CardRow:
    """What is waited for: the quantity of a line, or the purpose where there is no position."""
    data: dict[str, Any] = {"title": "", "lines": [], "plan": plan, "position": position}
    return CardRow(
        id=question_of(ask.person), person=ask.person, kind="sheet", subject="", data=data, state=WAITING
    )


async def answer_how_many(ask: Ask, question: CardRow | None, amount: Amount) -> list[Reply] | None:
    """Go on with the request whose quantity was asked for; None where nothing was asked of late."""
    if question is None or not waits(question) or question.data["position"] is None:
        return None
    plan: dict[str, Any] = question.data["plan"]
    line = plan["lines"][question.data["position"]]
    unit = amount.unit_of(tuple(units_of(ask.company.items[line["item"]])))
    line |= {"quantity": amount.quantity, "unit": unit, "problem": None}
    return await show_request(ask, plan)


async def answer_what_for(ask: Ask, question: CardRow | None, text: str) -> list[Reply] | None:
    """Go on with the request whose purpose was asked for; None where nothing was asked of late."""
    if question is None or not waits(question) or question.data["position"] is not None:
        return None
    purpose = _PURPOSE_OPENER.sub("", text.strip(), count=1).strip(" 。.")
    return await show_request(ask, {**question.data["plan"], "purpose": purpose}) if purpose else None


def waits(question: CardRow) -> bool:
    """Whether what a person was asked may still be answered."""
    return question.state == WAITING and datetime.now(UTC) - question.updated_at <= PATIENCE


def _example(ask: Ask, entry: Entry, item: Item | None) -> str:
    known = item or next(iter(ask.company.items.values()), None)
    if known is None:
        return ask.words("example.stock")
    name = ask.company.item_name(known.code, ask.words.language)
    return ask.words(entry.example, item=name, unit=known.base_unit)


def _problem(ask: Ask, entry: Entry, line: Mapping[str, Any]) -> Say | None:
    """What keeps a line from being taken: a quantity that is missing or wrong, or a unit the item lacks."""
    item = ask.company.items[line["item"]]
    example = _example(ask, entry, item)
    if line["problem"] is not None:
        said = ask.words(f"problem.{line['problem']}")
        return Say(ask.words("request.quantity_problem", word=line["text"], problem=said, example=example))
    if line["quantity"] is None:
        return Say(ask.words("request.quantity_missing", example=example))
    per_unit = factor(item, line["unit"] or "")
    name = ask.company.item_name(item.code, ask.words.language)
    if per_unit is None:
        units = ask.words.join(_units(ask, item))
        return Say(ask.words("request.unit_unknown", item=name, unit=line["unit"], units=units))
    parts = parse_fraction(line["quantity"]) * per_unit * 10**item.quantity_scale
    if parts.denominator != 1:
        said = ask.words.amount(line["quantity"], line["unit"] or item.base_unit)
        step = ask.words.amount(decimal_text(1, item.quantity_scale), item.base_unit)
        return Say(ask.words("request.too_fine", item=name, said=said, step=step, example=example))
    return None


def _units(ask: Ask, item: Item) -> list[str]:
    base, *packs = units_of(item)
    said = [ask.words.unit(base)]
    for pack in packs:
        per_pack = to_scale(factor(item, pack) or parse_fraction("0"), 6, pack)
        shown = decimal_text(per_pack.scaled, per_pack.scale)
        said.append(
            ask.words(
                "request.unit_pack", pack=ask.words.unit(pack), factor=shown, base=ask.words.unit(base, shown)
            )
        )
    return said


def wanted_of(ask: Ask, plan: Mapping[str, Any]) -> list[dict[str, str]]:
    """What is wanted line by line, in the unit said and in base units; raises TooFine."""
    wanted = []
    for line in plan["lines"]:
        item = ask.company.items[line["item"]]
        unit = line["unit"] or item.base_unit
        per_unit = factor(item, unit)
        if unit not in units_of(item):
            unit = item.base_unit
        assert per_unit is not None, "units are checked before"
        base = to_scale(parse_fraction(line["quantity"]) * per_unit, item.quantity_scale, item.base_unit)
        wanted.append(
            {
                "item": item.code,
                "quantity": line["quantity"],
                "unit": unit,
                "base": str(base),
                "base_unit": item.base_unit,
                "warehouse": plan["warehouse"] or "",
            }
        )
    return wanted


def _merged(ask: Ask, wanted: Sequence[dict[str, str]]) -> tuple[list[dict[str, str]], list[str]]:
    """One line for each item, and what was added up in words; in base units where the units differ."""
    by_item: dict[str, list[dict[str, str]]] = {}
    for line in wanted:
        by_item.setdefault(line["item"], []).append(line)
    merged, notes = [], []
    for code, lines in by_item.items():
        whole = lines[0]
        if len(lines) > 1:
            base = _sum(line["base"] for line in lines)
            same = len({line["unit"] for line in lines}) == 1
            unit = whole["unit"] if same else whole["base_unit"]
            quantity = _sum(line["quantity"] for line in lines) if same else base
            whole = {**whole, "quantity": quantity, "unit": unit, "base": base}
            name = ask.company.item_name(code, ask.words.language)
            parts = " + ".join(ask.words.amount(line["quantity"], line["unit"]) for line in lines)
            total = ask.words.amount(quantity, unit)
            notes.append(ask.words("request.merged", item=name, parts=parts, total=total))
        merged.append(whole)
    return merged, notes


def _sum(amounts: Iterable[str]) -> str:
    total = to_scale(sum(map(parse_fraction, amounts), Fraction(0)), _FINEST, "")
    return decimal_text(total.scaled, total.scale)


async def request_card(
    ask: Ask, field: str, sign: str, wanted: Sequence[dict[str, str]], purpose: str
) -> CardRow:
    """A confirm card that carries the finished request with its id: the card is the only memory."""
    lines = await with_figures(ask, sign, wanted)
    request = CreateOrderRequest(
        request_id=new_id(),
        lines=[
            CreateOrderLine(
                item=line["item"],
                warehouse=line["warehouse"],
                quantity=Quantity(value=Decimal(value=line["quantity"]), unit=line["unit"]),
            )
            for line in lines
        ],
    )
    entry = getattr(request, field)
    entry.SetInParent()
    entry.purpose = purpose
    data = {"entry": field, "sign": sign, "lines": lines, "purpose": purpose, "amount": _amount(ask, lines)}
    return new_card(ask, "request", "", data, request.SerializeToString())


async def with_figures(ask: Ask, sign: str, wanted: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """The lines with the place chosen and its figures now: on hand, available, and what is short.

    Lines of one item and place are summed before anything is called enough. What comes back is bounded by
    what went out: what is more than that is short too.
    """
    codes = list(dict.fromkeys(line["item"] for line in wanted))
    request = BatchGetAvailabilityRequest(items=codes)
    answer = await ask.voice.read(ask.voice.services.stock.BatchGetAvailability, request)
    places = {found.item: list(found.places) for found in answer.availabilities}
    bounds = {} if sign else await _returnable(ask, codes)
    taken: dict[tuple[str, str], Any] = {}
    lines = []
    for line in wanted:
        code = line["item"]
        needed = parse_fraction(line["base"])
        place = _place(ask, places.get(code, []), line["warehouse"], needed if sign else None)
        key = (code, place.warehouse)
        bound = bounds.get(code)
        free = parse_fraction(place.figures.available.value or "0") if bound is None else bound
        available = free - taken.get(key, 0)
        on_hand = parse_fraction(place.figures.on_hand.value or "0") + (-1 if sign else 1) * taken.get(key, 0)
        short = max(needed - max(available, 0), 0) if sign or bound is not None else 0
        taken[key] = taken.get(key, 0) + needed
        figures = {"on_hand": on_hand, "available": max(available, 0), "short": short}
        lines.append(
            {
                **line,
                "warehouse": place.warehouse,
                "unrecorded": "" if sign or bound is not None else "yes",
                **{name: _text(one) for name, one in figures.items()},
            }
        )
    return lines


async def _returnable(ask: Ask, codes: Sequence[str]) -> dict[str, Fraction]:
    """How much of each item can be brought back at most; nothing of what only the keeper's count bounds."""
    request = GetReturnableRequest(items=codes, return_to_stock=ReturnToStockEntry())
    answer = await ask.voice.read(ask.voice.services.orders.GetReturnable, request)
    return {one.item: parse_fraction(one.outstanding.value or "0") for one in answer.items if one.bounded}


def _text(amount: Any) -> str:
    exact = to_scale(parse_fraction("0") + amount, 6, "")
    return decimal_text(exact.scaled, exact.scale)


def _place(ask: Ask, places: Sequence[PlaceFigures], warehouse: str, needed: Any) -> PlaceFigures:
    """The warehouse that was said; else the oldest with enough, else the one with most."""
    if warehouse:
        found = [place for place in places if place.warehouse == warehouse]
        return found[0] if found else PlaceFigures(warehouse=warehouse)
    order = ask.company.warehouses_in_order()
    if not places:
        return PlaceFigures(warehouse=order[0] if order else "")
    places = sorted(places, key=lambda place: order.index(place.warehouse) if place.warehouse in order else 0)
    if needed is not None:
        enough = [place for place in places if parse_fraction(place.figures.available.value or "0") >= needed]
        if enough:
            return enough[0]
    return max(places, key=lambda place: parse_fraction(place.figures.on_hand.value or "0"))


def _amount(ask: Ask, lines: Sequence[Mapping[str, str]]) -> str:
    """The reference amount of all lines, as approvals will see it."""
    total = 0
    for line in lines:
        item = ask.company.items[line["item"]]
        base = to_scale(parse_fraction(line["base"]), item.quantity_scale, item.base_unit)
        total += times_micros(base, micros(item.reference_cost, "reference_cost"))
    return ask.words.money(money(total))
