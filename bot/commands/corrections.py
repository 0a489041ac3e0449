"""Corrections: the card that waits for confirmation, made anew with the quantities that were said."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bot.commands.ask import Ask, End, Reply, Say
from bot.commands.items import plan_of
from bot.commands.requests import answer_how_many, answer_what_for, show_request, waits
from bot.company import factor
from bot.storage.cards import CardRow
from bot.understand import NOT_WANTED, Amount, Change, Intent, Line
from services.kit.quantity import decimal_text, parse_fraction, to_scale

_FINEST = 6
"""Decimal places of the finest quantity."""


async def nothing_to_correct(ask: Ask, intent: Intent) -> list[Reply]:
    """What is said where no card waits: a sentence alone changes no order."""
    return [Say(ask.words("correction.nothing"))]


async def correct_request(
    ask: Ask, intent: Intent, question: CardRow | None, wish: CardRow | None
) -> list[Reply] | None:
    """A new card in place of the wish that waits, or the answer to the question; None where neither does.

    Nothing is guessed: where several lines may be meant, the answer says so and the card stays as it is.
    """
    if intent.purpose is not None:
        answered = await answer_what_for(ask, question, intent.purpose)
        if answered is not None:
            return answered
    first = intent.lines[0] if len(intent.lines) == 1 else None
    if first is not None and first.change is None and not first.word.text and first.quantity is not None:
        answered = await answer_how_many(ask, question, Amount(first.quantity, first.unit))
        if answered is not None:
            return answered
    if wish is None or wish.kind != "request" or "plan" not in wish.data:
        return None
    if wish.data.get("sent"):
        return [Say(ask.words("correction.sent"))]
    plan = copy.deepcopy(wish.data["plan"])
    for said in intent.lines:
        refused = _put_right(ask, plan, said)
        if refused is not None:
            return [Say(refused)]
    plan["purpose"] = intent.purpose or plan["purpose"]
    if not plan["lines"]:
        return [End(wish, "cancelled"), Say(ask.words("toast.cancelled"))]
    return [End(wish, "corrected"), *await show_request(ask, plan)]


def _put_right(ask: Ask, plan: dict[str, Any], said: Line) -> str | None:
    """Change the one line of the plan that is meant; else why none was."""
    meant = _meant(plan["lines"], said)
    if len(meant) != 1:
        return ask.words("correction.which", example=_example(ask, plan))
    (line,) = meant
    held: dict[str, Any] | None
    held = {"quantity": said.quantity, "unit": said.unit or line["unit"], "problem": None}
    if said.change is not None:
        held = _changed(ask, line, said.quantity or "0", said.unit, said.change)
    if held is None:
        return _not_by_so_much(ask, line, said)
    if held["quantity"] == NOT_WANTED:
        plan["lines"].remove(line)
    line |= held
    return None


async def add_to_request(
    ask: Ask, intent: Intent, question: CardRow | None, wish: CardRow | None
) -> list[Reply] | None:
    """A new card in place of the wish that was shown last, with what is wanted as well; or the question
    again that waits. None where nothing of the kind waits, and the words are a request of their own."""
    waiting = wish if question is None or not waits(question) else question
    if waiting is None or "plan" not in waiting.data or waiting.data.get("sent"):
        return None
    plan, more = copy.deepcopy(waiting.data["plan"]), plan_of(intent)
    if plan["command"] != more["command"] or more["warehouse"] not in (None, plan["warehouse"]):
        return None
    plan["lines"] = _with_more(ask, plan["lines"], more["lines"])
    plan["asides"] = [*plan.get("asides", []), *more["asides"]]
    for told in ("purpose", "reason"):
        plan[told] = plan.get(told) or more[told]
    ended: list[Reply] = [End(waiting, "corrected")] if waiting is wish else []
    return [*ended, *await show_request(ask, plan)]


def _changed(
    ask: Ask, line: Mapping[str, Any], quantity: str, unit: str | None, change: Change
) -> dict[str, Any] | None:
    """What a line holds after a difference: in its own unit where it comes out even, NOT_WANTED where nothing
    is left. None where more is taken off than stands there, or where the two cannot be added up."""
    item = ask.company.items[line["item"]]
    per_unit, per_said = factor(item, line["unit"] or ""), factor(item, unit or line["unit"] or "")
    if line["quantity"] is None or per_unit is None or per_said is None:
        return None
    much = parse_fraction(quantity) * per_said
    base = parse_fraction(line["quantity"]) * per_unit + (much if change is Change.MORE else -much)
    if base < 0:
        return None
    is_even = (base / per_unit).denominator == 1
    exact = to_scale(base / per_unit if is_even else base, _FINEST, item.base_unit)
    left = decimal_text(exact.scaled, exact.scale)
    return {"quantity": left, "unit": line["unit"] if is_even else item.base_unit, "problem": None}


def _with_more(ask: Ask, lines: list[dict[str, Any]], more: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with more goods: of the same item the one line holds more, so that it can be put right."""
    lines = [dict(line) for line in lines]
    for one in more:
        same = [line for line in lines if one["item"] is not None and line["item"] == one["item"]]
        held = (
            _changed(ask, same[0], one["quantity"], one["unit"], Change.MORE)
            if len(same) == 1 and one["quantity"] is not None
            else None
        )
        if held is None:
            lines.append(one)
        else:
            same[0].update(held)
    return lines


def _meant(lines: list[dict[str, Any]], said: Line) -> list[dict[str, Any]]:
    """The lines of the card that a correction may be about."""
    if not said.word.text:
        return lines
    return [line for line in lines if line["item"] in said.word.candidates]


def _not_by_so_much(ask: Ask, line: Mapping[str, Any], said: Line) -> str:
    """Why a difference does not come out."""
    item = ask.company.items[line["item"]]
    unit = line["unit"] or item.base_unit
    return ask.words(
        "correction.not_by_so_much",
        item=ask.company.item_name(item.code, ask.words.language),
        stands=ask.words.amount(line["quantity"] or "0", unit),
        said=ask.words.amount(said.quantity or "0", said.unit or unit),
    )


def _example(ask: Ask, plan: dict[str, Any]) -> str:
    line = plan["lines"][0]
    item = ask.company.items[line["item"]]
    name = ask.company.item_name(item.code, ask.words.language)
    return ask.words("correction.example", item=name, unit=line["unit"] or item.base_unit)
