"""Requests: sentences that move goods: issue, return to stock, sample or gift."""

import re
from collections.abc import Iterator
from itertools import islice

from bot.understand import explanations, grammar, lines, quantities
from bot.understand.chinese import PAST, RECIPIENT
from bot.understand.heard import Heard
from bot.understand.intents import Command, Intent, Likeness
from bot.understand.lines import SaidLine
from bot.understand.phrases import Phrases, Place, trim
from services.kit.words.spelling import fold

MOST_VERBS = 3
"""Verbs of one kind that are tried in a sentence; nobody says more."""

_RECIPIENT = re.compile("|".join(RECIPIENT))


def recognise(heard: Heard) -> Intent | None:
    """The request in a sentence with a verb; None when there is no verb of ours or its goods do not fit."""
    told = explanations.take(heard)
    for command, table in grammar.STRONG_VERBS.items():
        for verb in islice(_verbs(told[0], table), MOST_VERBS):
            intent = _with_verb(told, command, verb, is_strong=True)
            if intent is not None:
                return intent
    for command, table in grammar.WEAK_VERBS.items():
        for verb in islice(_verbs(told[0], table), MOST_VERBS):
            intent = _with_verb(told, command, verb, is_strong=False)
            if intent is not None:
                return intent
    return None


def recognise_bare(heard: Heard) -> Intent | None:
    """Goods without a verb: with quantities they are asked for, without they are asked about."""
    told, purpose, reason = explanations.take(heard)
    said = lines.read(told, grammar.BARE_FILLERS)
    if not said or not all(line.is_good for line in said):
        return None
    if any(line.word.is_vague and line.word.text.isascii() for line in said):
        return None
    if any(line.quantity and line.quantity.is_explicit for line in said):
        return _request(heard, Command.REQUEST_ISSUE, said, purpose, reason)
    if purpose or reason or any(line.quantity for line in said):
        return None
    return Intent(Command.QUERY_STOCK, tuple(line.word for line in said), warehouse=heard.warehouse)


def _verbs(heard: Heard, table: Phrases) -> Iterator[Place]:
    """Places of verbs that are asked for: not in a name or another word, not denied, not told as done."""
    others = [place for place in grammar.NOT_VERBS.find(heard.text) if not heard.is_name(*place)]
    for start, end in table.find(heard.text):
        inside_other = any(
            first <= start and end <= last and last - first > end - start for first, last in others
        )
        overlaps_other = any(first < end and start < last for first, last in others) and end - start == 1
        if inside_other or overlaps_other or heard.is_name(start, end):
            continue
        before = len(heard.text[:start].rstrip())
        denied = any(True for _ in grammar.NEGATIONS.starts(heard.text, before))
        told = heard.text.startswith(PAST, end) and "把" not in heard.text[:start]
        if not denied and not told:
            yield start, end


def _with_verb(
    told: tuple[Heard, str | None, str | None], command: Command, verb: Place, *, is_strong: bool
) -> Intent | None:
    heard, purpose, reason = told
    if command is Command.GIVE_SAMPLE and not is_strong and not grammar.CUSTOMER.find(heard.text):
        return None
    rest = _without_recipient(heard, verb[0]).without(*verb)
    fillers = grammar.SAMPLE_FILLERS if command is Command.GIVE_SAMPLE else grammar.ITEM_FILLERS
    said = lines.read(rest, fillers)
    if not said:
        start, end = trim(rest.text, (0, len(rest.text)), fillers)
        is_bare = is_strong and start >= end and len(heard.text.strip()) > 1
        return _request(heard, command, [], purpose, reason) if is_bare else None
    fits = _fits_strong(said) if is_strong else _fits_weak(said)
    if fits:
        return _request(heard, command, said, purpose, reason)
    alone = _without_opening(heard, verb)
    return None if alone is None else _with_verb((alone, purpose, reason), command, verb, is_strong=False)


def _without_opening(heard: Heard, verb: Place) -> Heard | None:
    """The sentence without a clause that leads up to the request: 明天开会,领2箱水. It must not change it."""
    comma = max(heard.text.rfind(sign, 0, verb[0]) for sign in ",，。;")
    opening = heard.text[: max(comma, 0)]
    if not opening.strip() or heard.is_name(0, comma) or grammar.CONDITIONS.find(opening):
        return None
    return None if quantities.find(heard, 0, comma) else heard.without(0, comma)


def _without_recipient(heard: Heard, verb: int) -> Heard:
    for match in _RECIPIENT.finditer(heard.text, 0, verb):
        if not heard.text[match.end() : verb].strip() and not heard.is_name(*match.span()):
            return heard.without(*match.span())
    return heard


def _fits_strong(said: list[SaidLine]) -> bool:
    """With 领用 an unknown word is an item that is missing from the list, if it was counted like goods."""
    return all(_is_goods(line) for line in said) and any(line.is_good or _is_counted(line) for line in said)


def _fits_weak(said: list[SaidLine]) -> bool:
    """我要 and "I need" go with anything; only a known item makes a request of it."""
    if any(line.word.is_vague and line.word.text.isascii() and not line.quantity for line in said):
        return False  # "need coffee", where fifty things are called coffee something
    return any(line.is_good for line in said) and all(
        line.is_good or (_is_counted(line) and _is_goods(line)) for line in said
    )


def _is_counted(line: SaidLine) -> bool:
    return line.quantity is not None and line.quantity.is_explicit


def _is_goods(line: SaidLine) -> bool:
    if line.word.likeness is not Likeness.NONE:
        return True
    unit = line.quantity.unit if line.quantity else None
    about = f"{unit or ''} {fold(line.word.text)}"
    return bool(line.word.text) and not grammar.NOT_GOODS.find(about)


def _request(
    heard: Heard, command: Command, said: list[SaidLine], purpose: str | None, reason: str | None
) -> Intent:
    own_units = heard.vocabulary.units
    return Intent(
        command,
        lines=tuple(line.as_line(own_units) for line in said),
        warehouse=heard.warehouse,
        purpose=purpose,
        reason=reason,
    )
