"""Which items a sentence means: certain ones, or a card to choose from, or a word nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from bot.commands.ask import Ask, Reply, Say, Show, new_card
from bot.understand import Intent, ItemWord, Likeness


def plan_of(intent: Intent) -> dict[str, Any]:
    """The intent as data that a choice card can carry."""
    return {
        "command": intent.command.value,
        "words": [
            {**_word(word), **({"quantity": asked.quantity, "unit": asked.unit} if asked else {})}
            for word, asked in zip_longest(intent.items, intent.asked)
        ],
        "lines": [
            {
                **_word(line.word),
                "quantity": line.quantity,
                "unit": line.unit,
                "problem": line.problem.value if line.problem else None,
            }
            for line in intent.lines
        ],
        "warehouse": intent.warehouse,
        "purpose": intent.purpose,
        "reason": intent.reason,
        "period": intent.period,
        "whose": intent.whose,
        "asides": list(intent.asides),
    }


def planned(line: Mapping[str, str]) -> dict[str, Any]:
    """A line of a card as one of a plan."""
    word = {"text": "", "candidates": [line["item"]], "item": line["item"], "vague": False}
    return {**word, "quantity": line["quantity"], "unit": line["unit"], "problem": None}


def _word(word: ItemWord) -> dict[str, Any]:
    sure = word.likeness is Likeness.SURE
    item = word.item if sure else None
    return {"text": word.text, "candidates": list(word.candidates), "item": item, "vague": word.is_vague}


def unresolved(ask: Ask, plan: dict[str, Any], slot: str) -> list[Reply] | None:
    """What to say before the plan can be carried out; None when every item is certain."""
    words: Sequence[dict[str, Any]] = plan[slot]
    unknown = [word["text"] for word in words if word["item"] is None and not word["candidates"]]
    if len(unknown) == 1:
        return [Say(ask.words("item.unknown", word=unknown[0]))]
    if unknown:
        return [Say(ask.words("item.unknown_many", words=ask.words.join(unknown)))]
    for position, word in enumerate(words):
        if word["item"] is None:
            data = {"plan": plan, "slot": slot, "position": position, "word": word["text"]}
            data["vague"] = word.get("vague", False)
            return [Show(new_card(ask, "choice", "", {**data, "candidates": word["candidates"]}))]
    return None


def chosen(data: dict[str, Any], number: int) -> dict[str, Any]:
    """The plan of a choice card with the candidate of this number, from 1, in its place."""
    plan: dict[str, Any] = data["plan"]
    word = plan[data["slot"]][data["position"]]
    word["item"] = data["candidates"][number - 1]
    return plan
