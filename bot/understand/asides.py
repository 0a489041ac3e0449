"""Asides: what a request says beside its goods: for whom, by when, where to; kept, never dropped."""

import re
from dataclasses import dataclass

from bot.understand import grammar, quantities
from bot.understand.chinese import PLACE
from bot.understand.heard import Heard
from bot.understand.intents import Likeness
from bot.understand.phrases import trim

_END = r"(?=\s*(?:$|[,，。;；!~\n]))"
_PEOPLE = r"(?:人(?!民)|员工|同事|工人|部门|班组|组|车间|工位|科室?|门店|办公室|学员|位)"
_TURNS = r"(?:天|日|周|星期|礼拜|月|季度?|年|次|桌|台|车|户|家|栋|层|间)"
_DAY_NAMES = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"

DAY = re.compile(
    rf"""
    (?: (?:这|下下?|本)?个?(?:周|星期|礼拜)[一二三四五六日天末] | 大?[今明后][天早晚] | 大后天
      | [下本]周 | 下个月 | 本?[月年][底初末] | \d{{1,2}}月\d{{1,2}}[日号]?
      | (?<!\d)\d{{1,2}}[日号](?=之?前|以前|要) )
    (?:早上|上午|中午|下午|晚上|傍晚)? (?:[\d一二两三四五六七八九十]{{1,3}}点半?(?!\d))? (?:之前|以前|前|内)?
    (?:(?:就要用|就要|要用|需要用|需要|来领|来取|来拿|去领|去取|要|用){_END})?
    | (?:早上|上午|中午|下午|晚上|傍晚)? [\d一二两三四五六七八九十]{{1,3}}点半? (?:之前|以前|前)
    (?:(?:就要用|就要|要用|需要用|需要|来领|来取|来拿|去领|去取|要|用){_END})?
    """,
    re.VERBOSE,
)
ENGLISH_DAY = re.compile(
    rf"""
    (?<![a-z]) (?:(?:by|before|on|until|no\slater\sthan|latest\sby)\s)?
    (?: (?:(?:this|next|coming)\s)?(?:{_DAY_NAMES}) | (?:this|next)\s(?:week|month)
      | tomorrow | tonight | today | the\sday\safter\stomorrow
      | (?:the\s)?end\sof\s(?:the\s|this\s)?(?:day|week|month)
      | in\s(?:\d+|two|three|a\sfew)\sdays )
    (?:\s(?:morning|afternoon|evening|noon))? (?![a-z])
    """,
    re.VERBOSE,
)
URGENT = re.compile(
    rf"(?:比较|非常|很|特别|挺|十分|有点)?(?:着急|加急|急用|急)的?{_END}|^\s*(?:加急|急用|急)(?=[\s,，!:：])"
    rf"|尽快|尽早|越快越好|赶紧|在线等|(?:马上|立刻|等着)(?:就?要|用|要用){_END}"
    r"|(?<![a-z])(?:(?:it'?s |very )?urgent(?:ly)?|asap|as soon as possible|right away|immediately)(?![a-z])"
)
FOR_WHOM = re.compile(
    rf"(?:发给|交给|送给|转交给?|拿给|带给|给|送到|发到|送去|放到|放在)(?!我|咱|你|您|客户|顾客|客人|大家用)"
    rf"[\u4e00-\u9fff]{{2,10}}?{_END}"
    rf"|(?:送到|发到|送去|放到)[\u4e00-\u9fff\d]{{1,8}}(?:楼|层|室|号|部|区|台|间|门|处){_END}"
    rf"|(?<=\S)(?:到|去)(?:[\u4e00-\u9fff\d]{{0,8}}{PLACE}|\d{{1,4}}[楼层室]|\d{{3,4}}(?:房间?)?){_END}"
    r"|(?<![a-z])on behalf of [a-z .]{2,40}"
)
CUSTOMER_BY_NAME = re.compile(
    r"""
    (?: (?<=送)|(?<=赠)|(?<=寄)
      | (?<=客户)|(?<=顾客)|(?<=客人)|(?<=经销商)|(?<=代理商) | (?:送给|寄给|发给|赠给|给) )
    \s?(?!我|你|您|客户|顾客|客人|样品|给)[\u4e00-\u9fffa-z]{1,8}?
    (?:总|经理|先生|女士|小姐|老师|主任|处长|科长|厂长|老板|公司|集团)
    (?=\s|$|[,，。;；:：\d一两二三四五六七八九十半送寄发拿领要])
    """,
    re.VERBOSE,
)
"""Who receives a sample: 客户王总, 给李经理. A title closes the name, so that no goods are taken for one."""

_GOT_BEFORE = re.compile(
    r"(?<![a-z])(?:(?:that|which) )?(?:i|we) (?:just )?"
    r"(?:got|took|received|borrowed|collected|ordered|requested|had)"
    r"(?: (?!and\b|or\b)[a-z]+){0,4}(?=\s*(?:$|[,.;!?\n]))"
)
"""Tells which goods are meant: return the 2 mice I got yesterday."""

ENGLISH_WHERE = re.compile(
    r"(?<![a-z])(?:(?:to be )?(?:deliver(?:ed)?|ship(?:ped)?|sent|send|bring|brought)(?: it| them)? )?"
    r"to (?!(?:hand|give|bring|send|put|take|return)\b)"
    r"(?!(?:the |a |our )?(?:stock|warehouse|store|customer|client))(?:the )?"
    r"[a-z][a-z '-]{1,30}?(?:\s[a-z]?\d{1,4}[a-z]?)?(?=\s*(?:$|[,.;!?\n])|\sas\s)"
)
"""Counts only behind a known item or an amount: "I need to order pens" says nothing about a place."""

_LABEL = re.compile(r"\s*([a-z][a-z ]{1,20}|[\u4e00-\u9fff\d]{2,10}):(?=\s*\S)")
_NO_LABEL = (*grammar.STRONG_VERBS.values(), *grammar.WEAK_VERBS.values(), grammar.PURPOSE, grammar.REASON)

ENGLISH_PERSON = re.compile(r"(?<![a-z])(?:(?:to|for)\s)?(?:mr|mrs|ms|dr)\.?\s[a-z]{2,20}(?![a-z'])")
"""Somebody by name, to whom goods go: give Mr Wang 2 racks as a gift."""

RULES = (DAY, ENGLISH_DAY, URGENT, CUSTOMER_BY_NAME, FOR_WHOM, ENGLISH_PERSON)

PER_HEAD = re.compile(
    rf"""
    (?:全员|全体|大家)? (?:给|发给|为)? (?:(?:每|各)(?:一|个|位|名|一个)?{_PEOPLE}|每(?:一|个)?{_TURNS})
      (?:各|都|均)? (?:发|分|给|配|领|拿|要|来)?
    | 人手(?=\s*[\d一两二三]) | 一人(?=\s*[\d一两二三]) | 人均 | 按人头(?:各|算)?
    | (?<![a-z]) (?: (?:for\s|to\s)?(?:each|every)\s(?:person|one\sof\sus|of\sus|employee|staff\smember|staff
        |colleague|worker|department|team|member|participant|desk)
      | each\s(?:for|to)\s(?:everyone|everybody|all\sof\sus)
      | per\s(?:person|head|employee|worker|department|team|desk|capita|day|week|month|year|room|table)
      | daily | weekly | monthly | an?\s(?:day|week|month|year) | apiece
      | (?:everyone|everybody)\s(?:gets|needs|should\sget) ) (?![a-z])
    """,
    re.VERBOSE,
)
"""An amount for each of an unknown number of people: the total was not said."""

_HEADS = re.compile(
    r"(?:一共|总共|合计|共)?(?:有)?\s*[\d一二两三四五六七八九十百]+\s*[个名位]?人(?!民)"
    r"|(?:一共|总共)?\s*\d+ people"
)
_EACH_WITH_VERB = re.compile(r"各自?(领|要|拿|取|来|发|给)(?=\s*[\d一两二三四五六七八九十半])")


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence without what was told beside its goods, and that, as it was said."""

    heard: Heard
    purpose: str | None = None
    reason: str | None = None
    asides: tuple[str, ...] = ()
    is_per_head: bool = False
    situations: tuple[str, ...] = ()
    """Clauses that tell how things stand."""
    goods: tuple[str, ...] = ()
    """What is named only in these, as said."""


def take_per_head(heard: Heard) -> tuple[Heard, bool]:
    """The sentence without 每人 and the like, and whether it was said.

    各领一包 of one thing counts people; 各领一包 of several things counts the things.
    """
    found = False
    for match in PER_HEAD.finditer(heard.text):
        if heard.is_name(*match.span()) or grammar.STRONG_PURPOSE.find(heard.text[: match.start()]):
            continue
        heard, found = heard.without(*match.span()), True
    for match in _HEADS.finditer(heard.text) if found else ():
        heard = heard.without(*match.span())
    for match in _EACH_WITH_VERB.finditer(heard.text):
        if len(heard.names) > 1:
            heard = heard.without(*match.span(1))
        elif not heard.is_name(*match.span()):
            heard, found = heard.without(match.start(), match.start() + 1), True
    return heard, found


def take(heard: Heard) -> tuple[Heard, tuple[str, ...]]:
    """The sentence without its asides, and these in the order in which they were said."""
    found: list[tuple[int, str]] = []
    for rule in RULES:
        for match in rule.finditer(heard.text):
            heard = _without(heard, match, found)
    label = _LABEL.match(heard.text)
    if label is not None and _is_label(heard, label):
        heard = _without(heard, label, found)
    for match in _GOT_BEFORE.finditer(heard.text, 1):
        heard = _without(heard, match, found)
    goods = [end for _, end in heard.names] or [
        one.end for one in quantities.find(heard, 0, len(heard.text)) if one.text
    ]
    for match in ENGLISH_WHERE.finditer(heard.text, min(goods, default=len(heard.text))):
        heard = _without(heard, match, found)
    return heard, tuple(said for _, said in sorted(found))


def _is_label(heard: Heard, label: re.Match[str]) -> bool:
    """Whether the words in front of a colon name whoever asks: clinic: 4 boxes of masks."""
    start, end = trim(heard.text, label.span(1), grammar.ITEM_FILLERS)
    if start >= end or any(table.find(label[1]) for table in _NO_LABEL):
        return False
    return heard.resolve(heard.said(*label.span(1))).likeness is Likeness.NONE


def _without(heard: Heard, match: re.Match[str], found: list[tuple[int, str]]) -> Heard:
    # The pattern may run on over blanks where something was taken out before.
    kept = match[0].rstrip()
    start, end = match.start() + len(match[0]) - len(match[0].lstrip()), match.start() + len(kept)
    said = heard.said(start, end).rstrip(":：")
    if not said or heard.is_name(start, end) or not kept.strip():
        return heard
    found.append((start, said))
    return heard.without(start, end)
