"""Quantities: amounts with their units at their places, told apart from the numbers inside names."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.understand import amounts, grammar, units
from bot.understand.amounts import Amount
from bot.understand.heard import Heard
from bot.understand.intents import Problem
from services.kit.words.spelling import is_han

_TIMES_BEFORE = re.compile(r"(?:(?<![a-z0-9])x|×|\*)\s*$")
_TIMES_BEHIND = re.compile(r"\s*(?:x(?![a-z0-9])|×|\*)\s*")
_ORDINAL_BEFORE = re.compile(r"[第统唯其]\Z")
_GLUED_BEFORE = re.compile(r"[a-z#/.-]\Z|第\Z|(?<![a-z])(?:no|any|every|some|this|that|which)\s\Z")
_LATIN_WORD_BEFORE = re.compile(r"(?<![a-z0-9#/.-])[a-z]{2,}\Z")
_SPECIFICATION_BEHIND = re.compile(
    r"[a-z%°\"']|-?[/x×*]\d|[号寸层级色类型孔码折倍角线相芯键页代期面点次能厘分]|抽(?!纸)|[枚张只]装|合一"
)
_SHORTEST_MODEL = 3
_DOZEN = re.compile(rf"\s?{units.DOZEN}(?![印包火气孔磨字卡折架扮])")
_HALF_BEHIND = re.compile(r"半(?=\s|$|的)")
_TIME_BEHIND = re.compile(r"月|小时|星期|礼拜|钟头|半小时|人(?!民)|半月")
_OF = re.compile(r"\s*(?:的|of(?![a-z]))?\s*")
_NUMERALS = tuple("十百千万0123456789")
_ABOUT_BEHIND = re.compile(r"左右|上下|以上|以下|以内|多(?![功用媒层头士色芯孔彩肉])")
_BA = re.compile(r"\s*把")
_LEADERLESS = "百千万亿拾佰仟"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount with its unit.

    `text` is None for "some" and wherever there is a problem. `is_explicit` is False for an article ("a
    stapler") and an implied one (来瓶水). `is_each`: it counts for every item ("staplers and mops, 2 each").
    `is_loose`: it may as well be part of a name, as 6204 or 0.5mm.
    """

    start: int
    end: int
    text: str | None
    unit: str | None = None
    problem: Problem | None = None
    is_explicit: bool = True
    is_each: bool = False
    is_loose: bool = False


def find(heard: Heard, start: int, end: int) -> list[Quantity]:
    """The quantities in one part of a sentence. Numbers in names, sizes and model numbers are none."""
    found: list[Quantity] = []
    vague = _some(heard, start, end)
    for amount in amounts.find(heard.outside_names[start:end]):
        placed = replace(amount, start=amount.start + start, end=amount.end + start)
        if heard.is_name(placed.start, placed.end) or (found and placed.start < found[-1].end):
            continue
        if any(some.start < placed.end and placed.start < some.end < placed.end for some in vague):
            vague = [some for some in vague if not placed.start <= some.start < placed.end]  # 一点五 is 1.5
        elif any(some.start < placed.end and placed.start < some.end for some in vague):
            continue
        quantity = _quantity(heard, placed, end)
        if quantity is not None:
            found.append(quantity)
    found += [some for some in vague if not any(_is_said_with(heard, q, some) for q in found)]
    found.sort(key=lambda quantity: quantity.start)
    firm = [quantity for quantity in found if not quantity.is_loose or _is_between_names(heard, quantity)]
    return firm or found


def _is_between_names(heard: Heard, quantity: Quantity) -> bool:
    """大米5kg 食用油2桶: what stands right behind one name and in front of the next is no size."""
    behind = len(heard.text) - len(heard.text[quantity.end :].lstrip())
    return any(last == quantity.start for _, last in heard.names) and any(
        first == behind for first, _ in heard.names
    )


def _is_said_with(heard: Heard, quantity: Quantity, some: Quantity) -> bool:
    """Whether "some" is part of a quantity, or stands right behind it: two more staplers."""
    overlaps = quantity.start < some.end and some.start < quantity.end
    between = heard.text[quantity.end : some.start]
    return overlaps or (
        quantity.end <= some.start and not between.strip() and heard.text[some.start].isascii()
    )


def _quantity(heard: Heard, amount: Amount, limit: int) -> Quantity | None:
    text = heard.text
    times = _TIMES_BEFORE.search(text, 0, amount.start)
    is_glued = times is None and amount.kind != "chinese" and _GLUED_BEFORE.search(text, 0, amount.start)
    if is_glued and not _follows_a_word(heard, amount, limit):
        return None
    if amount.kind == "article" and (_is_letter(text, amount) or _is_of_customer(text, amount)):
        return None
    if amount.kind == "chinese" and _is_inside_word(text, amount):
        return None
    start = times.start() if times else amount.start
    unit, end = _unit_at(heard, amount.end, limit)
    value, problem = amount.text, amount.problem
    dozen = _DOZEN.match(text, amount.end, limit)
    if dozen and not heard.is_name(*dozen.span()):
        unit, end = None, dozen.end()
        value = None if value is None else amounts.plain(Decimal(value) * 12)
    elif unit is None:
        if _is_part_of_a_word(heard, amount, limit, is_marked=times is not None):
            return None
        behind = _TIMES_BEHIND.match(text, end, limit)
        end = behind.end() if behind else end
    elif _TIME_BEHIND.match(text, end):
        return None
    if unit is not None and value is not None and _is_half(heard, end):
        value, end = amounts.plain(Decimal(value) + Decimal("0.5")), end + 1
    each = next(grammar.EACH.starts(text, len(text[:start].rstrip())), None)
    each_end = next(grammar.EACH.ends(text, end + 1 if text[end : end + 1] == " " else end), None)
    about = _ABOUT_BEHIND.match(text, end, limit)
    if about is not None:
        problem, end = problem or Problem.APPROXIMATE, about.end()
    glued = amount.kind == "digits" and (text[end : end + 1].isalnum() or _is_model(text, amount))
    return Quantity(
        start if each is None else each,
        each_end or _OF.match(text, end, limit).end(),  # type: ignore[union-attr]  # it matches nothing as well
        value,
        unit,
        problem,
        is_explicit=amount.kind != "article",
        is_each=each is not None or each_end is not None,
        is_loose=times is None and ((unit is None and glued) or (unit is not None and units.is_metric(unit))),
    )


def _unit_at(heard: Heard, place: int, limit: int) -> tuple[str | None, int]:
    """The longest unit word behind an amount, unless a known name begins there: 5瓶装水 is five 瓶装水."""
    text = heard.text
    # More than one space where something between them was read already: two more packs.
    start = len(text) - len(text[place:].lstrip(" "))
    for table in (heard.vocabulary.unit_phrases, units.WORDS):
        for end in table.ends(text, start):
            if end <= limit and not heard.is_name(start, end):
                return text[start:end], end
    return None, place


def _is_model(text: str, amount: Amount) -> bool:
    """Whether a number without a unit stands right behind a word as models do: 铝材4040."""
    return amount.end - amount.start >= _SHORTEST_MODEL and text[amount.start - 1 : amount.start] > "\u3400"


def _follows_a_word(heard: Heard, amount: Amount, limit: int) -> bool:
    """Whether a number with a measure word is glued to the Latin letters of a name: dsj3个, laptop2台."""
    word = _LATIN_WORD_BEFORE.search(heard.text, 0, amount.start)
    unit, _ = _unit_at(heard, amount.end, limit)
    return word is not None and unit is not None and not unit.isascii() and heard.names_goods(*word.span())


def _is_letter(text: str, amount: Amount) -> bool:
    """老A剪刀, A类: an A beside a Chinese character counts nothing."""
    beside = (text[amount.start - 1 : amount.start], text[amount.end : amount.end + 1])
    return any(is_han(character) for character in beside if character)


def _is_of_customer(text: str, amount: Amount) -> bool:
    """Whether goods go to "a customer"."""
    return next(grammar.CUSTOMER.ends(text, amount.end + 1), None) is not None


def _is_inside_word(text: str, amount: Amount) -> bool:
    """第一, 统一, 千斤顶, 万用表: numerals that count nothing."""
    return text[amount.start] in _LEADERLESS or _ORDINAL_BEFORE.search(text, 0, amount.start) is not None


def _is_half(heard: Heard, place: int) -> bool:
    """Whether 半 behind a unit is half a unit more: 一箱半矿泉水, but not 三个半导体."""
    if not heard.text.startswith("半", place) or heard.is_name(place, place + 1):
        return False
    return heard.is_name(place + 1, place + 2) or _HALF_BEHIND.match(heard.text, place) is not None


def _is_part_of_a_word(heard: Heard, amount: Amount, limit: int, *, is_marked: bool) -> bool:
    """Whether a number without a unit belongs to what follows: 0.5mm, 5号电池, 三角尺, 万用表."""
    text, end = heard.text, amount.end
    if is_marked or heard.is_name(end, end + 1):
        return False
    if amount.kind == "digits" and _TIMES_BEHIND.match(text, end, limit):
        return False
    if amount.kind == "chinese":
        goes_on = bool(text[end:limit].strip(" ,.。!")) and not text[end].isspace()
        return goes_on or not text[: amount.start].strip()
    return amount.kind == "digits" and _SPECIFICATION_BEHIND.match(text, end, limit) is not None


def _some(heard: Heard, start: int, end: int) -> list[Quantity]:
    """Words like 一些 and "a few": a quantity that was not said."""
    found: list[Quantity] = []
    for first, last in grammar.SOME.find(heard.text[start:end]):
        place, behind = first + start, last + start
        if heard.is_name(place, behind):
            continue
        unit, unit_end = _unit_at(heard, behind, end)
        # 十几 is a number, and 几 alone asks.
        if heard.text[place:behind] in "几数" and (
            unit is None or heard.text[place - 1 : place] in _NUMERALS
        ):
            continue
        found.append(Quantity(place, unit_end if unit else behind, None, is_explicit=False))
    return found


def implied(heard: Heard, part: tuple[int, int], words: tuple[int, int]) -> Quantity | None:
    """The one that Chinese leaves unsaid in 来瓶水: a measure word in front of a known name, or alone.

    `words` is what is left of the part without fillers. 把 is one of these, and a measure word behind a verb.
    """
    start, end = words
    if _BA.match(heard.text, part[0]) and heard.is_name(start, end):
        opening = heard.text.index("把", part[0])
        if opening + 1 == start and heard.sentence.text[opening - 1 : opening].strip() and opening:
            return Quantity(opening, start, "1", "把", is_explicit=False)
    if heard.text[start].isascii() or heard.is_name(start, start + 1):
        return None
    if heard.text[start:end] in units.CHINESE and not heard.vocabulary.items.exact(heard.text[start:end]):
        return Quantity(start, end, "1", heard.text[start:end], is_explicit=False)
    for unit_end in units.WORDS.ends(heard.text, start):
        named = any(first == unit_end for first, _ in heard.names)
        if named or (unit_end < end and heard.vocabulary.items.exact(heard.text[unit_end:end])):
            return Quantity(start, unit_end, "1", heard.text[start:unit_end], is_explicit=False)
    return None
