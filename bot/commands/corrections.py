"""Corrections: the card that waits for confirmation, made anew with the quantities that were said."""

from __future__ import annotations

import copy
from typing import Any

from bot.commands.ask import Ask, End, Reply, Say
from bot.commands.items import plan_of
from bot.commands.requests import answer_how_many, answer_what_for, show_request, waits
from bot.storage.cards import CardRow
from bot.understand import NOT_WANTED, Amount, Intent, Line


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
    first = intent.lines[0] if intent.lines else None
    if first is not None and len(intent.lines) == 1 and not first.word.text and first.quantity is not None:
        answered = await answer_how_many(ask, question, Amount(first.quantity, first.unit))
        if answered is not None:
            return answered
    if wish is None or wish.kind != "request" or "plan" not in wish.data:
        return None
    if wish.data.get("sent"):
        return [Say(ask.words("correction.sent"))]
    plan = copy.deepcopy(wish.data["plan"])
    for said in intent.lines:
        meant = _meant(plan["lines"], said)
        if len(meant) != 1:
            return [Say(ask.words("correction.which", example=_example(ask, plan)))]
        if said.quantity == NOT_WANTED:
            plan["lines"].remove(meant[0])
        else:
            meant[0] |= {"quantity": said.quantity, "unit": said.unit or meant[0]["unit"], "problem": None}
    plan["purpose"] = intent.purpose or plan["purpose"]
    if not plan["lines"]:
        return [End(wish, "cancelled"), Say(ask.words("toast.cancelled"))]
    return [End(wish, "corrected"), *await show_request(ask, plan)]


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
    plan["lines"] += more["lines"]
    plan["asides"] = [*plan.get("asides", []), *more["asides"]]
    for told in ("purpose", "reason"):
        plan[told] = plan.get(told) or more[told]
    ended: list[Reply] = [End(waiting, "corrected")] if waiting is wish else []
    return [*ended, *await show_request(ask, plan)]


def _meant(lines: list[dict[str, Any]], said: Line) -> list[dict[str, Any]]:
    """The lines of the card that a correction may be about."""
    if not said.word.text:
        return lines
    return [line for line in lines if line["item"] in said.word.candidates]


def _example(ask: Ask, plan: dict[str, Any]) -> str:
    line = plan["lines"][0]
    item = ask.company.items[line["item"]]
    name = ask.company.item_name(item.code, ask.words.language)
    return ask.words("correction.example", item=name, unit=line["unit"] or item.base_unit)
