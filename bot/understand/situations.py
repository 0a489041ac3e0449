"""Situations: clauses that tell how things stand beside the one that asks: 胶带没了,再领两卷."""

import re
from dataclasses import replace

from bot.understand import grammar, quantities
from bot.understand.chinese import PAST
from bot.understand.heard import Heard
from bot.understand.intents import Command
from bot.understand.phrases import Phrases, Place, trim

_CLAUSE = re.compile(r"(?:[^,;。!?\n.\s]|(?<![了啦])[^\S\n]|(?<=\d)\.(?=\d))+")
_TELLS = re.compile(
    r"(?:了|啦)[吧呀啊呢]?\s*$|没(?:纸|水|电|货|油|墨|气)|缺(?!货吗)|不够|见底|只剩|用不上|用不完|没开封|(?:坏|碎|破|裂|断|丢|漏)了|坏的"
    r"|^\s*\S{0,4}有(?!没)\S{1,3}\s*$"
    r"|^\s*(?:(?:i |we )?(?:got|took|have|ordered) )?(?:too many|too much|out of|no more)\b"
    r"|^\s*(?:we|it|they|there|the|our|my|mine|i|one|some)\b.*(?:'re|'s|'m|\b(?:is|are|was|were|am|ran|has|have|had|broke|died|stopped)\b)"
)
"""How a clause ends or begins that asks for nothing."""
_COMPLAINS = re.compile(
    r"[没未不坏破裂断松漏错旧脏完]|(?:太|过期|故障|失灵)|了\s*$"
    r"|\b(?:not|no|too|is|are|was|were|isn'?t|aren'?t|do(?:es)?n'?t|didn'?t|won'?t|can'?t|cannot)\b|n't\b"
)
"""What the clause of a return holds that tells why goods come back."""
_RUNS_OUT = re.compile(r"[\s,]*(\S{1,8}?)(?:又|都|已经?|快)*(?:没|用完|用光|喝完|吃完|不够|坏|只剩|见底)")
_LACKS = re.compile(r"(?:没|缺|差)(?:有)?([^\s了没缺差]{1,6}?)(?:了|啦)?[\s。!]*$")
"""前台没水了, 会议室缺纸: what is lacking stands behind."""
_ENGLISH_GOODS = re.compile(
    r"\b(?:out of|no more|short of|low on|too many|too much|my|our|the)\s([a-z][a-z0-9' -]{1,30}?)"
    r"(?=\s*$|[,.;!]|\s(?:is|are|was|were|broke|died|ran|has|stopped|doesn't|don't|too)\b)"
)
"""What an English clause complains about: out of toner, my keyboard broke."""
_A_NEW_ONE = re.compile(
    r"\b(?:an?|another)\s(?:(?:new|fresh|replacement|spare|other)\s)*one\b|\banother\b(?=\s*(?:$|[,.!]))"
    r"|(?<=换)新的"
)
_TURN = re.compile(
    r"(?:坏|没\S{0,3}|破|碎|断|丢|用完|喝完|用光|不够用?|不多)了"
    r"(?=(?:我们?)?(?:想|需要|再|请|麻烦|帮我|帮忙|给我|快|赶紧)*(?:换|领|来|拿|要|申请|补|取|发|送)(?!了))"
)
"""Where what is wrong ends and what is wanted begins."""
_IS_QUESTION = re.compile(r"[吗?呢]|多少|几(?!乎)|什么|哪")
_SURPLUS = re.compile(
    r"(?:^|[,;。!\n])\s*(?P<why>[^\s,;。!\n\d]{0,8}?(?:剩下了?|剩了|剩余|多领了|领多了|多拿了|拿多了|多出来?了?|没用完|用剩))"
    r"的?(?=\s*[\d一两二三四五六七八九十半])"
)
"""In front of goods that come back: 会议剩下6瓶矿泉水,退回."""
_RETURNS = Phrases(
    grammar.STRONG_VERBS[Command.RETURN_TO_STOCK].words, grammar.WEAK_VERBS[Command.RETURN_TO_STOCK].words
)
_VERBS = Phrases(*(table.words for table in (*grammar.STRONG_VERBS.values(), *grammar.WEAK_VERBS.values())))


def take(heard: Heard) -> tuple[Heard, tuple[str, ...], tuple[Place, ...]]:
    """The sentence without the clauses that only tell, these as said, and the goods that they name.

    A clause stays where what is asked for would be lost with it: 多领了两本,想退.
    """
    clauses = [
        place for match in _CLAUSE.finditer(heard.text) if match[0].strip() for place in _halves(match)
    ]
    if len(clauses) < 2:
        return heard, (), ()
    verbs = _asking(heard, _VERBS)
    if not verbs:
        return heard, (), ()
    returns = bool(_asking(heard, _RETURNS))
    quiet = [place for place in clauses if not any(_within(verb, place) for verb in verbs)]
    told = [place for place in quiet if _tells(heard, place, returns=returns)]
    if not told or not any(_asks(heard, place) for place in clauses if place not in quiet):
        return heard, (), ()
    goods: list[Place] = []
    said: list[str] = []
    for start, end in told:
        goods += _named(heard, (start, end))
        said.append(heard.said(start, end).strip(" ,，.。"))
        kept = tuple(name for name in heard.names if name[1] <= start or end <= name[0])
        heard = replace(heard.without(start, end), names=kept)
    return (_with_one(heard) if goods else heard), tuple(said), tuple(goods)


def _halves(match: re.Match[str]) -> list[Place]:
    """A clause, or both of those that were said without a pause: 鼠标坏了想换个新的."""
    start, end = match.span()
    turn = _TURN.search(match.string, start, end)
    return [(start, end)] if turn is None else [(start, turn.end()), (turn.end(), end)]


def _with_one(heard: Heard) -> Heard:
    """The sentence with "a new one" as the number that it is: my keyboard broke, need a new one."""
    match = _A_NEW_ONE.search(heard.text)
    if match is None:
        return heard
    start, end = match.span()
    return replace(heard, text=f"{heard.text[:start]}{'1'.ljust(end - start)}{heard.text[end:]}")


def _named(heard: Heard, place: Place) -> list[Place]:
    """The goods that a clause names; of one character only where it opens the clause: 油没了."""
    start, end = place
    named = [name for name in heard.names if start <= name[0] and name[1] <= end]
    if named:
        return named
    opening = _RUNS_OUT.match(heard.text, start, end)
    found = [opening] if opening is not None else []
    for pattern in (_LACKS, _ENGLISH_GOODS):
        found += pattern.finditer(heard.text, start, end)
    return next(([match.span(1)] for match in found if heard.names_goods(*match.span(1))), [])


def take_surplus(heard: Heard) -> tuple[Heard, str | None]:
    """The sentence without the words in front of its goods that tell why they come back."""
    match = _SURPLUS.search(heard.text)
    if match is None or not _asking(heard, _RETURNS):
        return heard, None
    start, end = match.span("why")
    return heard.without(start, match.end()), heard.said(start, end)


def _tells(heard: Heard, place: Place, *, returns: bool) -> bool:
    start, end = place
    text = heard.text[start:end]
    left = trim(heard.text, place, grammar.POLITE)
    if (
        left[0] >= left[1]
        or heard.text[end:].lstrip().startswith("?")
        or grammar.CONDITIONAL.find(text)
        or _IS_QUESTION.search(text)
    ):
        return False
    named = any(start <= first and last <= end for first, last in heard.names)
    if _TELLS.search(text):
        return True
    return returns and not named and _COMPLAINS.search(text) is not None


def _asks(heard: Heard, place: Place) -> bool:
    """Whether a clause with a verb asks for a quantity or for goods by name."""
    start, end = place
    named = any(start <= first and last <= end for first, last in heard.names)
    return named or bool(quantities.find(heard, start, end)) or "新的" in heard.text[start:end]


def _within(one: Place, other: Place) -> bool:
    return other[0] <= one[0] and one[1] <= other[1]


def _asking(heard: Heard, table: Phrases) -> list[Place]:
    """The verbs of a sentence that are neither told as done nor a part of another word: 早上领的 tells."""
    found = table.find(heard.text, heard.names)
    others = grammar.NOT_VERBS.find(heard.text) if found else []
    return [
        (first, last)
        for first, last in found
        if not heard.text.startswith((*PAST, "的"), last)
        and not any(_within((first, last), other) for other in others if not heard.is_name(*other))
    ]
