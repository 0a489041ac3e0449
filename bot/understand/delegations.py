"""Delegations: who decides in somebody's place for a time, as in 请假期间让李霞代我审批到周五."""

import re

from bot.understand.heard import Heard
from bot.understand.intents import Command, Intent
from bot.understand.phrases import Place

_DAY_NAMES = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun"
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
_DAY = rf"""
    (?: \d{{4}}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日? | \d{{1,2}}月\d{{1,2}}[日号]?
      | \d{{1,2}}[-/.]\d{{1,2}}(?!\d) | \d{{1,2}}[日号]
      | (?:这|本|下下?)?个?(?:周|星期|礼拜)[一二三四五六日天末]
      | 今天 | 明天 | 大?后天 | (?:本|这|下)周 | (?:下个?月|本月|这个?月|月)底
      | (?:(?:this|next)\s)?(?:{_DAY_NAMES})(?![a-z]) | today | tomorrow
      | (?:the\s)?end\sof\s(?:the\s|this\s|next\s)?(?:week|month)
      | (?:{_MONTHS})[a-z]*\.?\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?
      | (?:the\s)?\d{{1,2}}(?:st|nd|rd|th)?(?:\sof)?\s(?:{_MONTHS})[a-z]* )
"""
_UNTIL = re.compile(
    rf"""
    (?:(?:一直)?(?:到|至|截止到?)) \s? (?P<to>{_DAY}) (?:为止|晚上|下班)?
    | (?P<before>{_DAY}) (?:之前|以前|前|为止)
    | (?<![a-z])(?:until|till|til|through|up\sto|to)\s (?P<until>{_DAY})
    | [~-]\s? (?P<dash>{_DAY})
    """,
    re.VERBOSE,
)
_SINCE = re.compile(
    rf"""
    (?:从|自|(?<![a-z])(?:from|starting|beginning)\s)? \s? (?P<day>{_DAY})
      \s? (?: (?:起|开始|以后|之后)[\s,]* | (?=[到至~-]|\s?(?:until|till|til|through|to|up\sto)\s) )
    | (?:从|自|(?<![a-z])(?:from|starting|beginning)\s) \s? (?P<marked>{_DAY})
    """,
    re.VERBOSE,
)
_ALONE = re.compile(rf"{_DAY} | next\sweek | this\sweek", re.VERBOSE)
_LASTS = re.compile(
    r"(?:一共|连续|共)?(?P<days>(?:\d{1,2}|[一二两三四五六七八九十]{1,2})\s?(?:天|个?(?:星期|礼拜)|周)(?![一二三四五六日天末]))"
    r"|(?<![a-z])for\s(?P<english>(?:\d{1,2}|a|one|two|three|four|five|six|seven)\s(?:days?|weeks?))"
)
"""How long, where the last day is not said: 后天开始三天."""
_NAME = r"([\u4e00-\u9fff]{2,4}?|[a-z]+(?:[ .-][a-z]+){0,2}?)"
_DECIDES = r"(?:审批|审核|批准|批单子?|批一下|签字|签批|处理审批|处理我的审批|批)"
_APPROVES = r"(?:approves?|approving|signs?\s(?:off\s)?|sign(?:ing)?\soff|decides?|deciding|handles?)"
_FOR_ME = r"(?:来)? (?:代我|替我|帮我|代替我|为我) (?:来|做|进行)?"
_MY_PART = r"(?:for\sme|my\s(?:approvals?|requests?|tasks?)|in\smy\splace|on\smy\sbehalf)"
_DELEGATES = re.compile(
    rf"""
    (?:让|请|由|委托|安排|叫|找|要) \s? {_NAME} \s? {_FOR_ME} {_DECIDES}
    | (?:^|[\s,]) (?![让请由叫找要]|委托|安排) {_NAME} \s? {_FOR_ME} {_DECIDES}
    | (?:审批|审批权|待办审批) (?:先|暂时|都|全部|全)? (?:委托|交|转|授权) (?:给|于) \s?
        {_NAME} (?=$|[\s,。!处代来])
    | (?<![a-z]) (?:let|have|ask|allow|authori[sz]e) \s {_NAME} \s(?:to\s)? {_APPROVES} \b
        .{{0,30}}? {_MY_PART}
    | (?<![a-z]) delegate\s(?:my\s)?(?:approvals?|decisions?)\sto\s {_NAME} (?=\s*(?:$|[,.!]))
    | (?:^|,\s?) (?!(?:please|let|have|ask|allow|authori[sz]e)\s) {_NAME} \s
        (?:will\s|shall\s|can\s)? {_APPROVES} \b .{{0,12}}? {_MY_PART}
    """,
    re.VERBOSE,
)
_LENT = r"(?:代我审批|替我审批|代为审批|代审批|代批|代审|审批委托|委托审批|委托|授权)"
_SOMEBODY = r"[\u4e00-\u9fff]{2,4}?|[a-z]+(?:[ ][a-z]+)?"
_ENDS = re.compile(
    rf"""
    \s* (?:请|麻烦|帮我)? (?:我(?:已经?)?回来了|我上班了|i'?m\sback)?[\s,.。]*
    (?: (?:取消|停止|结束|收回|撤销|终止|撤回|不用|不需要|不要) 了? \s?
        (?: (?:给|对|让)?\s? (?P<who>{_SOMEBODY}) )? \s? (?:的|对我的)? (?:审批)? {_LENT} 了?
      | (?:please\s)? (?:stop|end|cancel|revoke|withdraw|remove)\s(?:the\s|my\s|all\s)?delegations?
        (?:\s(?:to|for|of)\s(?P<to>{_SOMEBODY}))?
      | (?P<no>{_SOMEBODY})\s(?:need\snot|no\slonger\sneeds\sto|doesn'?t\sneed\sto)
        \sapprove\sfor\sme(?:\sany\s?more)?
    ) [\s。.!了吧]* $
    """,
    re.VERBOSE,
)
_SHOWS = re.compile(
    r"""
    \s* (?:请问|看看|看一下|查一下|查看|查)? \s*
    (?: (?:现在|目前)?(?:谁|有谁|哪些人)(?:在|正在)?(?:代我|替我|代|帮我)(?:审批|批|审核)
      | (?:我(?:的|有哪些|有什么)?|有哪些|有没有)(?:审批)?(?:委托|代审批|代批|代审|审批授权)(?:人)?
      | 我(?:现在|目前)?(?:在)?(?:代|替)谁(?:审批|批|审核)
      | (?:who\s?(?:is|'s)|whos)\s(?:approving|deciding|signing\soff|standing\sin)\sfor\sme
      | who\s(?:approves|decides|stands\sin)\sfor\sme
      | (?:show\s|list\s|see\s)?(?:me\s)?(?:my|the)\sdelegations?
      | whom?\s(?:am|do)\si\s(?:approving|approve|standing\sin|stand\sin)\sfor
    ) [\s?。.!吗呢]* $
    """,
    re.VERBOSE,
)
_HOW = re.compile(r"怎么|怎样|如何|(?<![a-z])how\s")
_NOT = re.compile(
    r"(?:[不别勿没](?:再|要|用|想|能|必|需要)?|n't|(?<![a-z])(?:not|never|cannot))"
    r"(?:\s(?:want|need))?(?:\sto)?[\s,]*\Z"
)
_NOT_A_NAME = re.compile(r"\A[不别勿没]|[不别勿没再]\Z|\A(?:do|does|did|not|never)(?![a-z])")
_ABOUT_DECIDING = re.compile("批|审|签|委托|授权|approv|delegat|sign|decid|stand")
_AN_ORDER = re.compile(r"\d{3,}")


def recognise(heard: Heard) -> Intent | None:
    """Lending one's own decisions, ending that, or asking about it; None for every other sentence."""
    if _ABOUT_DECIDING.search(heard.text) is None:
        return None
    if _SHOWS.match(heard.text):
        return Intent(Command.MY_DELEGATIONS)
    ends = _ENDS.match(heard.text)
    if ends is not None:
        group = next((name for name in ("who", "to", "no") if ends[name]), None)
        person = None if group is None else heard.said(*ends.span(group))
        return Intent(Command.END_DELEGATION, person=person)
    until = _UNTIL.search(heard.text)
    said = None if until is None else heard.said(*_group(until))
    since = _SINCE.search(heard.text)
    rest = heard if until is None else heard.without(*until.span())
    if since is not None and (until is None or since.start() < until.start()):
        rest = rest.without(*since.span())
    else:
        since = None
    lasts = None if until is not None else _LASTS.search(rest.text)
    if lasts is not None:
        said, rest = heard.said(*_group(lasts)), rest.without(*lasts.span())
    first = None if since is None else heard.said(*_group(since))
    alone = None if since is not None else _ALONE.search(rest.text)
    if alone is not None and (said is None or lasts is not None):
        # 明天我请假 is that day, 下周 that week; 一周 may say how long.
        first, rest = heard.said(*alone.span()), rest.without(*alone.span())
        said = said or first
    delegates = _DELEGATES.search(rest.text)
    if delegates is None or _AN_ORDER.search(rest.text) or "?" in rest.text or "吗" in rest.text:
        return None
    named = [place for place in map(delegates.span, range(1, len(delegates.groups()) + 1)) if place[0] >= 0]
    start, end = named[0]
    is_refused = _NOT.search(rest.text[: delegates.start()]) or _NOT_A_NAME.search(rest.text[start:end])
    if is_refused or _HOW.search(rest.text[:start]):
        return None
    return Intent(Command.DELEGATE_APPROVALS, person=heard.said(start, end), since=first, until=said)


def _group(match: re.Match[str]) -> Place:
    """Where the one group stands that took part."""
    return next(match.span(name) for name, found in match.groupdict().items() if found is not None)
