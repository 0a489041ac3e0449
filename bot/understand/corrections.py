"""Corrections: what was just asked for, said again with another quantity: 不对,是3包, "make it 4"."""

import re

from bot.understand import grammar, lines, quantities
from bot.understand.heard import Heard
from bot.understand.intents import NOT_WANTED, Command, Intent, Line
from bot.understand.phrases import trim

_UP_OR_DOWN_TO = "(?:增?加|增|减少?|降|调)到"
_OPENER = re.compile(
    rf"""
    \s* (?: (?:啊|哦|噢|呃|额|抱歉|对不起|不好意思|等等|等一下)[\s,。!]* )*
    (?: (?:不对|错了|(?:我)?(?:说|打|写|搞|弄|输|讲|报)错了?|更正(?:一下)?|纠正(?:一下)?|改一下|改下)
          (?:[\s,。!:了吧]|不对|错了)* (?:(?:应该?是|我要的?是|我是要|要的?是|是|改成|改为|换成|改到)\s*)?
      | (?:应该是|我是说|我说的是|改成|改为|改到|{_UP_OR_DOWN_TO})\s*
      | (?:please\s)?(?:reduce|lower|decrease|cut|raise|increase)\s(?:(?:it|that|them)\s)?to\s
      | (?:no|nope|wrong|oops|correction|my\smistake|sorry|wait|actually)[\s,.!:-]+
          (?:(?:it's|its|that's|i\swant|i\sneed)\s)?
          (?=\d|one|two|three|four|five|six|seven|eight|nine|ten|an?\s)
      | (?:(?:no|sorry|oops|wrong|actually|wait|correction)[\s,.!:-]+)*
          (?: i\s(?:meant|mean)(?:\sto\ssay)? | (?:please\s)?(?:make|change)\s(?:it|that|them)(?:\sto)?
            | (?:it|that)\sshould(?:\shave)?\s(?:be|been) | should\sbe )\s
    )
    """,
    re.VERBOSE,
)
_ITEM_FIRST = re.compile(
    rf"\s*(?P<item>.{{0,30}}?)的?(?:数量|个数)?"
    rf"(?:改成|改为|改到|换成|应该是|{_UP_OR_DOWN_TO}|(?<![a-z])should be)\s*(?=\S)"
)
_DROPPED = re.compile(
    r"""
    \s*(?:那|那就|算了|还是)?(?:把|那个|那)?(?P<item>[^,;。!?\n]{1,30}?)(?:我|就|先|都)*
      (?:(?:不要|不用|不领|不需要|不拿|去掉|删掉|删|划掉|拿掉|取消)(?:了|吧)+|去掉|删掉|删除|划掉|拿掉)[\s。!]*
    | \s*(?:那|那就|还是)?(?:不要|不用|不领|不拿)(?P<denied>[^,;。!?\n]{1,30}?)(?:了|吧)+[\s。!]*
    | \s*(?:去掉|删掉|删除|划掉|拿掉|取消)(?P<removed>[^,;。!?\n]{1,30}?)(?:了|吧)*[\s。!]*
    | (?:please\s)?(?:drop|remove|delete|leave\sout|skip|take\soff|without|forget|lose)\s
      (?P<english>[^,;.!?\n]{2,40}?)
      (?:\splease)?[\s.!]*
    """,
    re.VERBOSE,
)
"""Goods that are not wanted any more: 键盘不要了, 去掉键盘, "remove the keyboard"."""
_PURPOSE = re.compile(
    r"\s*(?:用途|目的)(?:就|要|请)?(?:改成|改为|改写成|写成|写|填|是|为|:)[\s:]*(?P<purpose>[^\n]{1,60}?)[\s。!.]*"
    r"|\s*(?:the )?purpose(?: is| should be|:)\s*(?P<english>[^\n]{1,60}?)[\s.!]*"
    r"|\s*(?:这?是|都是)?(?:用于|用来|拿来|为了)(?P<told>[^\n]{2,60}?)(?:的)?[\s。!.]*"
    r"|\s*(?:it is|it's|that's|they are|they're|this is|these are) (?:all )?for (?P<said>[^\n]{2,60}?)[\s.!]*"
)
_ALSO_BEGINS = ("told", "said")
_ASKS_WHAT = re.compile(r"[?吗呢]|什么|啥|\bwhat\b")
_NOT_THAT = re.compile(
    r"[,\s]*(?:而?不是|(?<![a-z])(?:not|instead of|rather than))\s*[^,;。!\n]{1,20}[\s。!.]*$"
)
_WANTED = re.compile(r"(?<=\S)要(?=\s*[\d一二两三四五六七八九十])")


def recognise(heard: Heard) -> Intent | None:
    """The lines, or the purpose, that shall hold in place of what was asked for last; None where nothing is
    put right.

    Every line has a quantity, 0 for goods that are not wanted any more; which goods are meant is left open
    where none are named.
    """
    purpose = _purpose_of(heard)
    if purpose:
        return Intent(Command.CORRECT_REQUEST, purpose=purpose)
    dropped = _DROPPED.fullmatch(heard.text)
    if dropped is not None:
        return _without(heard, dropped)
    opener = _OPENER.match(heard.text)
    if opener is not None and opener.end():
        rest = heard.without(0, opener.end())
    else:
        first = _ITEM_FIRST.match(heard.text)
        if first is None or not _is_about_goods(heard, first):
            return None
        rest = heard.without(first.end("item"), first.end())
    for pattern in (_NOT_THAT, _WANTED):
        for match in pattern.finditer(rest.text):
            if not rest.is_name(*match.span()):
                rest = rest.without(*match.span())
    said = lines.read(rest, grammar.ITEM_FILLERS)
    if not said or any(line.quantity is None or line.quantity.text is None or line.problem for line in said):
        return None
    if len(said) > 1 and not all(line.word.text for line in said):
        return None
    if not all(line.is_good or not line.word.text for line in said):
        return None
    own = heard.vocabulary.units
    return Intent(Command.CORRECT_REQUEST, lines=tuple(line.as_line(own) for line in said))


def _purpose_of(heard: Heard) -> str | None:
    """The purpose that a whole sentence tells; 用于客户接待,领2箱可乐 only begins with one."""
    match = None if _ASKS_WHAT.search(heard.text) else _PURPOSE.fullmatch(heard.sentence.text)
    if match is None or match.lastgroup is None:
        return None
    place = match.span(match.lastgroup)
    if match.lastgroup in _ALSO_BEGINS and (
        heard.is_name(*place) or any(one.text for one in quantities.find(heard, *place))
    ):
        return None
    return heard.said(*place).strip(" :：,，")


def _without(heard: Heard, dropped: re.Match[str]) -> Intent | None:
    """Known goods that shall go, named without a quantity."""
    assert dropped.lastgroup is not None, "one of the ways to say it"
    start, end = dropped.span(dropped.lastgroup)
    said = lines.read(heard.without(0, start).without(end, len(heard.text)), grammar.ITEM_FILLERS)
    if not said or not all(line.is_good and line.quantity is None for line in said):
        return None
    gone = tuple(Line(line.word, NOT_WANTED) for line in said)
    return Intent(Command.CORRECT_REQUEST, lines=gone)


def _is_about_goods(heard: Heard, first: re.Match[str]) -> bool:
    """Whether nothing, 数量 or goods stand in front of 改成."""
    start, end = trim(heard.text, first.span("item"), grammar.ITEM_FILLERS)
    return start >= end or heard.names_goods(start, end)
