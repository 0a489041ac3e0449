"""Explanations: what goods are for and why they come back, taken out of a sentence before its goods."""

import re
from dataclasses import replace

from bot.understand import asides, grammar, quantities, situations
from bot.understand.asides import Told
from bot.understand.chinese import NOT_PURPOSE_TAIL, PLACE, PURPOSE_TAIL, PURPOSE_TAIL_LEAD
from bot.understand.heard import Heard
from bot.understand.intents import Command, Likeness
from bot.understand.phrases import Phrases, Place, trim

_STOP = re.compile(r"[\n;；。!]|(?<!\d)\.(?!\d)")
_COMMA = re.compile(r"[,，]")
_TAIL = re.compile(
    rf"([^\s,，;。!]{{1,30}}?)(?:{'|'.join(PURPOSE_TAIL)})"
    r"(?=(?:[的哈呀啊哦]|谢谢\S{0,2}|多谢\S{0,2}|辛苦\S{0,2}|麻烦\S{0,2})*[\s。!.]*$|[,，])"
)
_LEAD = Phrases(PURPOSE_TAIL_LEAD)
_EDGES = " :：,，。.!！~～"
_LAST_CLAUSE = re.compile(r"(?:[,，;；:：(]|(?<![a-z])\s|\s-)\s*([^,，;；:：。!?()\n]{2,40})[\s。.!~)]*$")
_FRONT = re.compile(r"[\s,。]*([\u4e00-\u9fff]{2,8}?)(?:用|\s)\s*(?=\S)")
_CALLED_FOR = re.compile(
    r"[\s,。]*([\u4e00-\u9fff]{2,8}?)\s*(?:还|也|急|正)?(?:需要|要|需|领|拿|申请|来)(?![了过不])"
)
_USE = re.compile(r"(?:换|修|做|装|贴)[\u4e00-\u9fff\d]")
_PLACE = re.compile(rf"[\u4e00-\u9fff\d]{{0,8}}{PLACE}")
_WHY_IN_FRONT = re.compile(r"[\s,。]*([\u4e00-\u9fff]{1,6}了)(?=退)")
_WHY_BEHIND_GOODS = re.compile(
    r"([\u4e00-\u9fff]{1,5}了)\s*(?=(?:我|我们)?(?:想|要|需要|申请)?(?:退|还给|归还))"
)
_PLAIN = re.compile(
    r"(?![不别没再还和也请谢感辛麻拜多劳])[\u4e00-\u9fff]{3,6}(?<![了吧呢吗啊领要拿取用的批])"
)
_COMPLAINT = re.compile(
    r"\s+((?:[旧老原]来?的?|上一?个)?(?:又|已经|都|全)?(?:坏|丢|破|碎|断|用完|不见|没墨|失灵|故障)了?)[\s。!]*$"
)
_SUPPLY = re.compile("供(?:应|货|给|销|方|求|电|水|暖)")
"""Words in which 供 tells no purpose."""
_POLITE = Phrases(word for word in grammar.POLITE.words if word != "下")
"""Without 下, which begins 下午 and 下周 as well."""
_DONE_WITH_IT = re.compile(r"(?:去|来|拿去|拿来)?(做[^\s,，;；。!?\d]{2,8})[\s。.!~]*$")
"""Right behind the goods: 2套物料架做展示."""
_LAST_WORDS = re.compile(r"[\s,，;；]([^\s,，;；。!?]{2,20})[\s。.!~]*$")


def take(heard: Heard) -> Told:
    """What is left of the sentence without its purpose, its reason and its asides, and these as written."""
    heard, is_per_head = asides.take_per_head(heard)
    heard, reason = _marked(heard, grammar.REASON)
    heard, purpose = _marked(heard, grammar.PURPOSE)
    if purpose is None:
        heard, purpose = _tail(heard)
    if purpose is None:
        heard, purpose = _in_front(heard)
    if purpose is None:
        heard, purpose = _occasion_in_front(heard)
    if reason is None:
        heard, reason = _why_in_front(heard)
    if reason is None:
        heard, reason = _why_returned(heard)
    if reason is None:
        heard, reason = _complaint_at_the_end(heard)
    if reason is None:
        heard, reason = situations.take_surplus(heard)
    whole = heard
    heard, stand, goods = situations.take(heard)
    heard, told = asides.take(heard)
    if purpose is None:
        heard, purpose = _occasion(heard)
    heard, place = _place_at_the_end(heard)
    named = tuple(whole.said(*name) for name in goods)
    return Told(heard, purpose, reason, (*told, *place), is_per_head, stand, named)


def _marked(heard: Heard, markers: Phrases) -> tuple[Heard, str | None]:
    """An explanation behind a marker such as 用于 or "for", up to where the goods go on."""
    for start, end in markers.find(heard.text):
        if heard.is_name(start, end) or _is_something_else(heard, start, end):
            continue
        last = _end_of_explanation(heard, end)
        said = heard.said(*_without_courtesy(heard.text, (end, last))).strip(_EDGES)
        if said:
            return _cut(heard, start, last), said
    return heard, None


def _is_something_else(heard: Heard, start: int, end: int) -> bool:
    """Whether "for" belongs to "ask for" or "for me", and 供 to 供应商."""
    text = heard.text
    if _SUPPLY.match(text, start):
        return True
    before = len(text[:start].rstrip())
    behind = end + len(text[end:]) - len(text[end:].lstrip())
    asking = next(grammar.NOT_PURPOSE_BEFORE.starts(text, before), None)
    asked = asking is not None and not heard.is_name(asking, before)
    return text[start:end] == "for" and (
        asked or next(grammar.NOT_PURPOSE_AFTER.ends(text, behind), None) is not None
    )


def _end_of_explanation(heard: Heard, start: int) -> int:
    """The end of the clause; a comma ends it when goods follow, a verb when none stood before."""
    text = heard.text
    stop = _STOP.search(text, start)
    last = stop.start() if stop else len(text)
    for comma in _COMMA.finditer(text, start, last):
        following = trim(text, (comma.end(), last), grammar.POLITE)
        if following[0] >= following[1] or quantities.find(heard, comma.end(), last):
            return comma.start()
        if any(comma.end() <= first < last for first, _ in heard.names):
            return comma.start()
    for table in (*grammar.STRONG_VERBS.values(), *grammar.WEAK_VERBS.values()):
        for first, end in table.find(text[:last]):
            goods = quantities.find(heard, end, last) or heard.is_name(end, last)
            if first > start and goods and not heard.is_name(first, end):
                last = min(last, first)
    return last


def _without_courtesy(text: str, place: Place) -> Place:
    """The explanation without please and 谢谢 at its end; its beginning is kept as it is."""
    start, end = place
    while start < end:
        if text[end - 1] in _EDGES:
            end -= 1
            continue
        courtesy = next((s for s in _COURTESY.starts(text, end) if s > start), None)
        if courtesy is None:
            break
        end = courtesy
    return start, end


def _occasion(heard: Heard) -> tuple[Heard, str | None]:
    """领5包A4纸 投标: the last words, apart from the goods, name an occasion that goods are taken for."""
    last_name = max((end for _, end in heard.names), default=len(heard.text))
    glued = _DONE_WITH_IT.match(heard.text, last_name)
    if glued is not None and grammar.OCCASIONS.find(glued[1]):
        return _cut(heard, *glued.span(1)), heard.said(*glued.span(1))
    for match in _LAST_WORDS.finditer(heard.text, last_name):
        start, end = match.span(1)
        if quantities.find(heard, start, end) or grammar.STRONG_VERBS[Command.RETURN_TO_STOCK].find(match[1]):
            continue
        is_named = grammar.OCCASIONS.find(match[1]) or _USE.match(match[1])
        if not is_named and not _is_no_goods(heard, match):
            continue
        return _cut(heard, start, end), heard.said(start, end).strip(_EDGES)
    return heard, None


def _is_no_goods(heard: Heard, match: re.Match[str]) -> bool:
    """领100米网线 机房布线: apart from the goods by a blank, and like nothing that there is."""
    apart = heard.text[match.start()].isspace() and _PLAIN.fullmatch(match[1])
    return bool(apart) and heard.resolve(match[1]).likeness is Likeness.NONE


def _in_front(heard: Heard) -> tuple[Heard, str | None]:
    """婚宴用可乐6箱 and 早餐 牛奶40盒: what goods are for stands in front of them."""
    match = _FRONT.match(heard.text)
    if match is None or match[1].endswith(tuple(NOT_PURPOSE_TAIL)) or heard.is_name(*match.span()):
        return heard, None
    begins = match.end()
    is_verb = any(
        first < begins and match.end(1) <= last
        for table in (*grammar.STRONG_VERBS.values(), *grammar.WEAK_VERBS.values())
        for first, last in table.find(heard.text[:begins])
    )
    goods = heard.is_name(begins, begins + 1) or any(
        quantity.start == begins for quantity in quantities.find(heard, begins, len(heard.text))
    )
    start, end = trim(heard.text, match.span(1), _POLITE)
    used = "用" in match[0] or bool(grammar.OCCASIONS.find(match[1]))
    if is_verb or not goods or not used or end - start < 2:
        return heard, None
    return _cut(heard, *match.span()), heard.said(start, end)


def _occasion_in_front(heard: Heard) -> tuple[Heard, str | None]:
    """培训要30瓶矿泉水 and 小王入职要个鼠标: what calls for the goods stands in front of the verb."""
    match = _CALLED_FOR.match(heard.text)
    if match is None or heard.is_name(*match.span(1)) or _PLACE.fullmatch(match[1]):
        return heard, None
    if not grammar.OCCASIONS.find(match[1]):
        return heard, None
    if any(table.find(match[1]) for table in grammar.STRONG_VERBS.values()) or not (
        quantities.find(heard, match.end(), len(heard.text)) or heard.is_name(match.end(), len(heard.text))
    ):
        return heard, None
    start, end = trim(heard.text, match.span(1), _POLITE)
    return _cut(heard, start, end), heard.said(start, end)


def _place_at_the_end(heard: Heard) -> tuple[Heard, tuple[str, ...]]:
    """领2千克番茄 食堂: the last words, apart from the goods, name whom they are for."""
    last_name = max((end for _, end in heard.names), default=len(heard.text))
    for match in _LAST_WORDS.finditer(heard.text, last_name):
        if _PLACE.fullmatch(match[1]) and not quantities.find(heard, *match.span(1)):
            return _cut(heard, *match.span(1)), (heard.said(*match.span(1)),)
    return heard, ()


def _why_in_front(heard: Heard) -> tuple[Heard, str | None]:
    """买错了退3个U盘, 键盘坏了退掉: why goods come back, said right before that."""
    match = _WHY_IN_FRONT.match(heard.text)
    if match is None or heard.is_name(*match.span(1)):
        first = min((end for _, end in heard.names), default=len(heard.text))
        match = _WHY_BEHIND_GOODS.match(heard.text, first)
    if match is None or not grammar.WHY_RETURNED.find(match[1]):
        return heard, None
    return _cut(heard, *match.span()), heard.said(*match.span(1))


def _complaint_at_the_end(heard: Heard) -> tuple[Heard, str | None]:
    """换一个U盘 坏了: behind the goods and a blank, what was wrong with those that they replace."""
    last_name = max((end for _, end in heard.names), default=len(heard.text))
    match = _COMPLAINT.search(heard.text, last_name)
    if match is None or quantities.find(heard, *match.span(1)):
        return heard, None
    return _cut(heard, *match.span()), heard.said(*match.span(1))


def _why_returned(heard: Heard) -> tuple[Heard, str | None]:
    """退2个鼠标,坏了: the last clause, apart from the goods, tells what is wrong with them."""
    goods = [end for _, end in heard.names]
    goods += [quantity.end for quantity in quantities.find(heard, 0, len(heard.text)) if quantity.text]
    last = max(goods, default=len(heard.text))
    match = _LAST_CLAUSE.search(heard.text, len(heard.text[:last].rstrip()))
    if match is None or not grammar.WHY_RETURNED.find(match[1]):
        return heard, None
    tables = (grammar.STRONG_VERBS[Command.RETURN_TO_STOCK], grammar.WEAK_VERBS[Command.RETURN_TO_STOCK])
    if not any(table.find(heard.text[: match.start()]) for table in tables):
        return heard, None
    return _cut(heard, *match.span()), heard.said(*_without_courtesy(heard.text, match.span(1))).strip(_EDGES)


_COURTESY = Phrases(
    ("谢谢", "谢谢你", "谢谢您", "多谢", "谢了", "拜托", "please", "thanks", "thank you", "thx", "pls")
)


def _tail(heard: Heard) -> tuple[Heard, str | None]:
    """给会议用, 开会用: the purpose stands in front of 用, behind the goods or before the first comma."""
    match = _TAIL.search(heard.text)
    if match is None or match[1].endswith(tuple(NOT_PURPOSE_TAIL)):
        return heard, None
    start, end = match.span(1)
    goods = [last for _, last in heard.names if start < last <= end]
    goods += [quantity.end for quantity in quantities.find(heard, start, end)]
    start = max([start, *goods])
    place = trim(heard.text, (start, end), _LEAD)
    said = heard.said(*place)
    if len(said) < 2 or heard.is_name(*place):
        return heard, None
    return _cut(heard, start, match.end()), said


def _cut(heard: Heard, start: int, end: int) -> Heard:
    names = tuple(name for name in heard.names if name[1] <= start or end <= name[0])
    return replace(heard.without(start, end), names=names)
