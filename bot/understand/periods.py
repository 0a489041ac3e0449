"""Periods: the time that a question about what moved is about, as in 上个月 or "from Aug 1 to Aug 15"."""

import re

from bot.understand.heard import Heard

_NUMBER = r"(?:\d{1,3}|[一二两三四五六七八九十]{1,3})"
_WEEK = r"(?:周|星期|礼拜)"
_WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun"
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|"
    "jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec"
)
_DAY = rf"""
    (?: \d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}[日号]? | \d{{1,2}}月\d{{1,2}}[日号]?
      | \d{{1,2}}[-/.]\d{{1,2}}(?![\d.]) | \d{{1,2}}[日号]
      | (?:上上?|这|本)?个?{_WEEK}[一二三四五六日天] | 大?前天 | 昨[天日] | 今[天日]
      | (?:last\s|this\s)?(?:{_WEEKDAYS})(?![a-z]) | yesterday | today
      | (?:{_MONTHS})\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?(?![\d.])
      | (?:the\s)?\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})(?![a-z]) )
"""
_PERIOD = re.compile(
    rf"""
      (?:从|自|(?<![a-z])(?:from|between)\s)? {_DAY} \s?
          (?:到|至|[~\u2013-]|to\s|until\s|till\s|and\s|through\s) \s? {_DAY} (?:为止|之间|期间)?
    | (?:从|自|(?<![a-z])since\s) {_DAY} (?:以来|之后|以后|开始|起|至今|到现在)?
    | {_DAY} (?:以来|之后|以后|开始|起|至今|到现在)
    | (?:最近|近|过去)的?(?:这)? (?:{_NUMBER}(?:天|日|个?(?:星期|礼拜)|周|个月|个季度|年) | 半年 | 半个月)
    | 上上?个?(?:月|{_WEEK}(?![一二三四五六日天])|季度)
    | (?:这个?|本|当)(?:月|{_WEEK}(?![一二三四五六日天])|季度|年)(?:以来)?
    | (?:\d{{4}}年|今年|去年)?(?:第?[一二三四1-4]季度|[上下]半年)
    | (?:\d{{4}}年|今年|去年)?(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月(?:份|(?![\d饼]))
    | [今去前]年(?:以来)? | (?<!\d)20\d\d年
    | (?<![a-z]) (?:(?:in|over|during|for|within)\s)?(?:the\s)?(?:last|past)\s
        (?:(?:\d{{1,3}}|two|three|four|five|six|seven|ten|few)\s(?:days|weeks|months|years)
         | week | month | quarter | year) (?![a-z])
    | (?<![a-z]) (?:so\sfar\s)?(?:this|current)\s(?:week|month|quarter|year)(?:\sso\sfar)?(?![a-z])
    | (?<![a-z]) (?:in|during|since|last|for|this)\s(?:{_MONTHS})(?:\s20\d\d)?(?![a-z])(?!\s\d)
    | (?<![a-z]) (?:(?:in|during|since)\s)20\d\d (?!\d)
    | (?<![a-z]) (?:on\s)? {_DAY}
    """,
    re.VERBOSE,
)


def take(heard: Heard) -> tuple[Heard, str | None]:
    """The sentence without the first time that is no part of a name, and that time as it was said."""
    for match in _PERIOD.finditer(heard.text):
        if not heard.is_name(*match.span()):
            return heard.without(*match.span()), heard.said(*match.span())
    return heard, None
