"""Questions about what moved: an item's newest ledger entries, or those of a time with their totals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kuguan.stock.v1.stock_pb2 import Entry, ListEntriesRequest, MovementTotal, SumEntriesRequest

from bot.commands.ask import Ask, Reply, Say, Show, new_card
from bot.commands.days import midnight
from bot.commands.items import plan_of, unresolved
from bot.commands.periods import Period, period_of
from bot.understand import Intent

_ENTRIES = 15


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
    said = plan.get("period") or ""
    period = period_of(said, datetime.now(ask.words.zone).date()) if said else None
    if said and period is None:
        return [Say(ask.words("history.which_time", said=said))]
    return [await _history(ask, word["item"], plan["warehouse"] or "", period) for word in plan["words"]]


async def _history(ask: Ask, item: str, warehouse: str, period: Period | None) -> Reply:
    """The newest entries of one item; of a time also what its movements come to, kind by kind."""
    name = ask.company.item_name(item, ask.words.language)
    request = ListEntriesRequest(item=item, warehouse=warehouse, page_size=_ENTRIES)
    if period is not None:
        request.start_time.CopyFrom(midnight(period.first, ask.words.zone))
        request.end_time.CopyFrom(midnight(period.last + timedelta(days=1), ask.words.zone))
    answer = await ask.voice.read(ask.voice.services.stock.ListEntries, request)
    if period is None:
        if not answer.entries:
            return Say(ask.words("history.none", item=name))
        data: dict[str, Any] = {"title": ask.words("history.title", item=name)}
        data["lines"] = [_entry(ask, entry) for entry in answer.entries]
        return Show(new_card(ask, "sheet", "", data))
    days = _days(ask, period)
    if not answer.entries:
        return Say(ask.words("history.none_in", item=name, period=days))
    asked = SumEntriesRequest(
        item=item, warehouse=warehouse, start_time=request.start_time, end_time=request.end_time
    )
    sums = await ask.voice.read(ask.voice.services.stock.SumEntries, asked)
    heading = "history.newest" if answer.next_page_token else "history.each"
    each = {
        "title": ask.words(heading, count=len(answer.entries)),
        "lines": [_entry(ask, entry) for entry in answer.entries],
    }
    data = {
        "title": ask.words("history.title_in", item=name),
        "subtitle": days,
        "lines": [_total(ask, total, sums.unit) for total in sums.totals],
        "groups": [each],
    }
    return Show(new_card(ask, "sheet", "", data))


def _days(ask: Ask, period: Period) -> str:
    if period.first == period.last:
        return period.first.isoformat()
    return ask.words("history.days", first=period.first.isoformat(), last=period.last.isoformat())


def _total(ask: Ask, total: MovementTotal, unit: str) -> list[str]:
    said = ask.words(
        "history.total" if total.document_count > 1 else "history.total_of_one",
        quantity=ask.words.amount(_signed(total.quantity.value), unit),
        count=total.document_count,
    )
    return [_movement(ask, total.movement), said]


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
