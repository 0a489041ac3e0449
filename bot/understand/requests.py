"""Requests: sentences that move goods: issue, return to stock, sample or gift."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from bot.understand import english, explanations, grammar, lines, quantities
from bot.understand.asides import Told
from bot.understand.chinese import PAST, RECIPIENT
from bot.understand.heard import Heard
from bot.understand.intents import Command, Intent, Likeness, Line, Problem
from bot.understand.lines import SaidLine
from bot.understand.phrases import Phrases, Place, trim
from services.kit.words.spelling import fold

MOST_VERBS = 3
"""Verbs of one kind that are tried in a sentence; nobody says more."""

_WHICH = re.compile("的(?!是|[话量人])")
"""Behind a verb it tells which goods are meant: 退多领的2包."""
_MORE = re.compile(
    r"[\s,。]*(?:(?:那|那就|哦|噢|对了|嗯|好的?|还有|麻烦|请|帮我|顺便)[\s,。]*)*"
    r"(?:再(?:给我|帮我)?(?:加|来|要|拿|领|给|添|补|多)?|另外|还要|还需要|还得|加上|加|外加|添|顺便)(?!班|急|油(?!\d))"
    r"|\s*(?:(?:oh|ok|please|can i|could i)[\s,]*)*(?:and|also|plus|add|another|(?:one|two|three|\d+) more)\b"
)
"""How a sentence begins that goes on with the one before: 再加两包A4纸, "and two folders"."""
_SLIP = re.compile(
    r"[\s,]*(?:哦不|噢不|啊不|呃不|额不|不对|不不|不是|no wait|wait no|sorry|i mean|no)[\s,是]+"
)
"""Between a quantity and the one that takes its place."""
_SWAPS = ("exchange", "swap", "replace")
_NO_GOODS = frozenset(("no", "not", "不", "不对", "不是", "又", "零", "between", "到", "到了"))
"""Words that change what stands around them, and are nothing that could be missing from the list."""
_ASKED = re.compile(r"[吗?][\s?。!]*$")
_MAY = re.compile(r"可以|可否|能|行|好|方便|成|\b(?:can|could|may|would|will|please)\b")
_RECIPIENT = re.compile(rf"(?:{'|'.join(RECIPIENT)})(?=\s*\Z)")
_SUBJECT = re.compile(english.SUBJECT)
_TITLED = re.compile(r"[\u4e00-\u9fffa-z]{1,4}(?:总|经理|先生|女士|小姐|老师|主任|处长|科长|厂长|老板)")
"""Somebody by their title alone, to whom something is given: 送张经理2箱可乐."""


def recognise(heard: Heard) -> Intent | None:
    """The request in a sentence with a verb; None when there is no verb of ours or its goods do not fit."""
    told = explanations.take(_without_slip(heard))
    for command, table in grammar.STRONG_VERBS.items():
        for verb in islice(_verbs(told.heard, table), MOST_VERBS):
            intent = _with_verb(told, command, verb, is_strong=True)
            if intent is not None:
                return intent
    for command, table in grammar.WEAK_VERBS.items():
        for verb in islice(_verbs(told.heard, table), MOST_VERBS):
            intent = _with_verb(told, command, verb, is_strong=False)
            if intent is not None:
                return intent
    return None


def _without_slip(heard: Heard) -> Heard:
    """领3包 哦不 5包A4纸: what was said first is taken back in the same breath."""
    slip = _SLIP.search(heard.text)
    if slip is None or heard.is_name(*slip.span()):
        return heard
    behind = quantities.find(heard, slip.end(), len(heard.text))
    before = [
        one
        for one in quantities.find(heard, 0, slip.start())
        if not heard.text[one.end : slip.start()].strip()
    ]
    if not behind or not before or heard.text[slip.end() : behind[0].start].strip():
        return heard
    return heard.without(before[-1].start, slip.end())


def recognise_bare(heard: Heard) -> Intent | None:
    """Goods without a verb: with quantities they are asked for, without they are asked about."""
    told = explanations.take(heard)
    said = lines.read(told.heard, grammar.BARE_FILLERS)
    if any(fold(line.word.text) in _NO_GOODS for line in said):
        return None
    counted = all(_is_counted(line) and _is_goods(line) for line in said)
    if not any(line.is_good for line in said) or not (counted or all(line.is_good for line in said)):
        return None
    if any(line.word.is_vague and line.word.text.isascii() for line in said):
        return None
    if any(line.quantity and (_is_measured(line) or told.is_per_head) for line in said):
        return _request(told, Command.REQUEST_ISSUE, said)
    if told.purpose or told.reason or told.asides or any(line.quantity for line in said):
        return None
    return Intent(Command.QUERY_STOCK, tuple(line.word for line in said), warehouse=heard.warehouse)


def _verbs(heard: Heard, table: Phrases) -> Iterator[Place]:
    """Places of verbs that are asked for: not in a name or another word, not denied, not told as done."""
    others = [place for place in grammar.NOT_VERBS.find(heard.text) if not heard.is_name(*place)]
    for start, end in table.find(heard.text, heard.names):
        inside_other = any(
            first <= start and end <= last and last - first > end - start for first, last in others
        )
        overlaps_other = any(first < end and start < last for first, last in others) and end - start == 1
        if inside_other or overlaps_other:
            continue
        before = len(heard.text[:start].rstrip())
        denied = any(True for _ in grammar.NEGATIONS.starts(heard.text, before))
        told = heard.text.startswith(PAST, end) and "把" not in heard.text[:start]
        told = told or _WHICH.match(heard.text, end) is not None
        if not denied and not told:
            yield start, end


def _with_verb(told: Told, command: Command, verb: Place, *, is_strong: bool) -> Intent | None:
    heard = told.heard
    if _asks_for_nothing(told, command, verb, is_strong=is_strong):
        return None
    recipient = _recipient(heard, verb[0])
    if recipient is not None:
        heard = heard.without(*recipient)
        told = replace(told, heard=heard, asides=(heard.said(*recipient), *told.asides))
    again = _verbs_again(heard, verb)
    if any(other is not command and Command.RETURN_TO_STOCK in (other, command) for other, _ in again):
        return Intent(Command.UNKNOWN, problem=Problem.SEVERAL_REQUESTS)
    if _goes_both_ways(heard, command, verb):
        return Intent(Command.UNKNOWN, problem=Problem.SEVERAL_REQUESTS)
    rest = heard.without(*verb)
    for place in (*(place for _, place in again), *_verbs_of_counts(rest, command)):
        rest = rest.without(*place)
    fillers = grammar.SAMPLE_FILLERS if command is Command.GIVE_SAMPLE else grammar.ITEM_FILLERS
    said = _of_told_goods(told, lines.read(rest, fillers))
    if any(fold(line.word.text) in _NO_GOODS for line in said):
        return None
    if not said:
        start, end = trim(rest.text, (0, len(rest.text)), fillers)
        is_bare = is_strong and start >= end and len(heard.text.strip()) > 1 and not _asks(heard)
        return _request(told, command, []) if is_bare else None
    fits = _fits_strong(said) if is_strong else _fits_weak(said)
    if _asks(heard):
        fits = fits and all(line.is_good for line in said)  # 领5包A4纸要审批吗 asks
    opening = _opening(heard, verb)
    if fits and (opening is None or not _is_among(said, heard.said(*opening))):
        return _request(told, command, said)
    if opening is None:
        return None
    said_first = heard.said(*opening)
    asides = (said_first, *(aside for aside in told.asides if aside not in said_first))
    alone = replace(told, heard=heard.without(*opening), asides=asides)
    return _with_verb(alone, command, verb, is_strong=False)


def _is_for_customer(told: Told) -> bool:
    return bool(grammar.CUSTOMER.find(told.heard.text)) or any(map(_TITLED.fullmatch, told.asides))


def _of_told_goods(told: Told, said: list[SaidLine]) -> list[SaidLine]:
    """胶带没了,再领两卷: a quantity alone is of the one thing that the other clause names."""
    goods = {told.heard.resolve(name) for name in told.goods}
    if len(said) != 1 or said[0].word.text or len(goods) != 1:
        return said
    return [replace(said[0], word=goods.pop())]


def _asks(heard: Heard) -> bool:
    """Whether a sentence asks something else than 可以吗."""
    return _ASKED.search(heard.text) is not None and _MAY.search(heard.text) is None


def _asks_for_nothing(told: Told, command: Command, verb: Place, *, is_strong: bool) -> bool:
    """Whether the verb is about something else: a gift to nobody, a condition, or goods put for others."""
    heard = told.heard
    if command is Command.GIVE_SAMPLE and not is_strong and not _is_for_customer(told):
        return True
    if grammar.CONDITIONAL.find(heard.text[: verb[0]]):
        return True
    if not told.purpose or heard.text[slice(*verb)] not in _SWAPS:
        return False
    # Exchange 2 mice for keyboards: what stands behind "for" is no purpose.
    return heard.resolve(told.purpose).likeness in (Likeness.SURE, Likeness.CHOICE)


def _goes_both_ways(heard: Heard, command: Command, verb: Place) -> bool:
    """退2个鼠标领1个键盘: whether a verb of the other direction stands right in front of goods as well."""
    is_return = command is Command.RETURN_TO_STOCK
    others = (Command.REQUEST_ISSUE,) if is_return else (Command.RETURN_TO_STOCK,)
    begins = {quantity.start for quantity in quantities.find(heard, 0, len(heard.text))}
    begins |= {start for start, _ in heard.names}

    def is_in_front_of_goods(end: int) -> bool:
        return end + len(heard.text[end:]) - len(heard.text[end:].lstrip(" ")) in begins

    if not is_in_front_of_goods(verb[1]):
        return False  # 还够领20个口罩吗 gives nothing back
    for other in others:
        for table in (grammar.STRONG_VERBS[other], grammar.WEAK_VERBS[other]):
            for start, end in _verbs(heard, table):
                if is_in_front_of_goods(end) and (end <= verb[0] or verb[1] <= start):
                    return True
    if not is_return:
        return False
    # 3 helmets please, returning 2 vests: counted goods in a clause of their own in front of the return.
    comma = max(heard.text.rfind(sign, 0, verb[0]) for sign in ",;。")
    if comma <= 0 or not any(quantity > verb[0] for quantity in begins):
        return False
    first = lines.read(heard.without(comma, len(heard.text)), grammar.ITEM_FILLERS)
    return any(line.is_good and line.quantity is not None for line in first)


def _verbs_again(heard: Heard, verb: Place) -> list[tuple[Command, Place]]:
    """The verbs that open further parts, as when every line of a list begins with 领."""
    others = [place for place in lines.parts(heard) if not place[0] <= verb[0] < place[1]]
    opened = {trim(heard.text, place, grammar.POLITE, heard.names)[0] for place in others}
    again = [
        (command, place)
        for tables in (grammar.STRONG_VERBS, grammar.WEAK_VERBS)
        for command, table in tables.items()
        for place in _verbs(heard, table)
        if place[0] in opened
    ]
    longest = {place[0]: max(end for _, (start, end) in again if start == place[0]) for _, place in again}
    return [(command, place) for command, place in again if longest[place[0]] == place[1]]


def _verbs_of_counts(rest: Heard, command: Command) -> list[Place]:
    """Further verbs in front of a quantity, as in 硒鼓来俩 墨盒来仨."""
    tables = (grammar.STRONG_VERBS[command], grammar.WEAK_VERBS[command])
    verbs = [place for table in tables for place in _verbs(rest, table)]
    counts = {quantity.start for quantity in quantities.find(rest, 0, len(rest.text))} if verbs else ()
    return [place for place in verbs if place[1] in counts]


def _opening(heard: Heard, verb: Place) -> Place | None:
    """The place of a clause that leads up to the request: 明天开会,领2箱水. It must not change it."""
    comma = max(heard.text.rfind(sign, 0, verb[0]) for sign in ",，。;")
    opening = heard.text[: max(comma, 0)]
    if not opening.strip() or heard.is_name(0, comma) or grammar.CONDITIONS.find(opening):
        return None
    return None if quantities.find(heard, 0, comma) else (0, comma)


def _is_among(said: list[SaidLine], opening: str) -> bool:
    """Whether what leads up to a request was taken for goods that nobody knows: 新员工入职,领键盘."""
    return any(line.word.text == opening and line.word.likeness is Likeness.NONE for line in said)


def _recipient(heard: Heard, verb: int) -> Place | None:
    pattern = _SUBJECT if heard.text.startswith(english.SUBJECT_OF, verb) else _RECIPIENT
    match = pattern.search(heard.text, 0, verb)
    while match is not None and _holds_goods(heard, match.span()):
        match = pattern.search(heard.text, match.start() + 1, verb)
    return match.span() if match is not None else None


def _holds_goods(heard: Heard, place: Place) -> bool:
    return heard.is_name(*place) or any(quantity.unit for quantity in quantities.find(heard, *place))


def _fits_strong(said: list[SaidLine]) -> bool:
    """With 领用 an unknown word is an item that is missing from the list, if it was counted like goods."""
    return all(_is_goods(line) for line in said) and any(line.is_good or _is_counted(line) for line in said)


def _fits_weak(said: list[SaidLine]) -> bool:
    """我要 and "I need" go with anything; only a known item makes a request of it."""
    if any(line.word.is_vague and line.word.text.isascii() and not line.quantity for line in said):
        return False  # "need coffee", where fifty things are called coffee something
    return any(line.is_good or (_is_counted(line) and line.word.candidates) for line in said) and all(
        line.is_good or (_is_counted(line) and _is_goods(line)) for line in said
    )


def _is_counted(line: SaidLine) -> bool:
    return line.quantity is not None and line.quantity.is_explicit


def _is_measured(line: SaidLine) -> bool:
    """Whether goods were counted: "a stapler" alone asks for nothing, "a box of staples" does."""
    return _is_counted(line) or (line.quantity is not None and line.quantity.unit is not None)


def _is_goods(line: SaidLine) -> bool:
    if line.word.likeness is not Likeness.NONE:
        return True
    unit = line.quantity.unit if line.quantity else None
    about = f"{unit or ''} {fold(line.word.text)}"
    return bool(line.word.text) and not grammar.NOT_GOODS.find(about)


def _request(told: Told, command: Command, said: list[SaidLine]) -> Intent:
    heard, asides, reason = told.heard, told.asides, told.reason
    if reason is None and told.situations:
        reason = ", ".join(told.situations)
    else:
        asides = (*told.situations, *asides)
    if heard.is_split:
        return Intent(Command.UNKNOWN, problem=Problem.SEVERAL_WAREHOUSES)
    warehouse = heard.warehouse
    if heard.destination is not None and command is not Command.RETURN_TO_STOCK:
        warehouse, asides = heard.source, (*asides, heard.destination_said)
    return Intent(
        command,
        lines=tuple(_line(told, line, is_alone=len(said) == 1) for line in said),
        warehouse=warehouse,
        purpose=told.purpose,
        reason=reason,
        asides=asides,
        is_more=_MORE.match(heard.sentence.text) is not None,
    )


def _line(told: Told, line: SaidLine, *, is_alone: bool) -> Line:
    """The line; an amount for each of an unknown number of people is none."""
    per_head = told.is_per_head or (is_alone and line.quantity is not None and line.quantity.is_each)
    if per_head and line.quantity is not None and line.problem is None:
        line = replace(line, problem=line.quantity.problem or Problem.PER_HEAD)
    return line.as_line(told.heard.vocabulary.units)
