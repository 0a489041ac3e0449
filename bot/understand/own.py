"""Own requests: how far somebody's own goods are, named by the goods: 我的A4纸还没发, "is my mouse ready"."""

import re

from bot.understand import grammar
from bot.understand.heard import Heard
from bot.understand.intents import Command, Intent
from bot.understand.phrases import trim

_MINE = re.compile(
    r"""
    我们?(?:(?:昨天|前天|今天|上周|上次|之前|刚才|刚刚|早上|上午|下午)?(?:申请|领|要|提|订|报|提交))?的
    | (?<![a-z])(?:my|our)(?![a-z])
    | (?<![a-z])(?:that\ |which\ )?(?:i|we)(?:\ have|'ve)?\ (?:requested|ordered|asked\ for)(?![a-z])
    """,
    re.VERBOSE,
)


_DECIDER = re.compile(
    r"\s*(?:请问|问下|问一下)?(?![^\s]*[假款销帐账])[\u4e00-\u9fff]{2,4}?(?:那边|那里|那)?"
    r"(?:批|审|审批|批准|同意|通过|签|签字)(?:了没有?|了吗|过了吗|过没有?)[\s?。!]*"
    r"|\s*has [a-z]+(?: [a-z]+)? (?:approved|signed|decided|rejected)(?: it| that| my request)?(?: yet)?\W*"
)
"""Whether somebody has decided: 王经理批了吗."""

_ANYTHING_OF_MINE = re.compile(
    r"""
    \s*(?:请问|问下|问一下)? (?:我们?)?
    (?:(?:昨天|前天|今天|上周|上次|之前|刚才|刚刚|早上|上午|下午)?(?:提交|申请|领|要|提|订|报|交)的
      |(?:的|昨天的|上次的|之前的))
    (?:那个|那些|那张|那批|那份)? (?:单子?|申请|东西|货|物料|物品)? (?:现在|都)?
    (?:好|到|发|批|备好|准备好|处理|弄好|可以领|能领|能拿|可以拿|可以取|怎么样|怎样|到哪(?:儿|里|一步)?|啥情况|什么情况)了?
    (?:没有?|吗|么|不)?[\s?。!]*
    | \s*(?:我的)?(?:单子?|申请)?为(?:什么|啥)(?:还)?不批[\s?。!]*
    | \s*(?:is|are|where(?:'s|\sis|\sare)|has|have|what\shappened\sto|any\snews\s(?:on|about))\s
      (?:(?:my|our)\s(?:stuff|things|goods|items|order|orders)
        |(?:the\s)?(?:stuff|thing|things|goods|items)\s(?:that\s)?(?:i|we)\s(?:asked\sfor|requested|ordered))
      (?:\s(?:ready|here|yet|now|already|arrived|yesterday|today|approved|come))*\W*
    """,
    re.VERBOSE,
)
"""How far one's own goods are that are not named: 我要的东西好了没."""


def recognise(heard: Heard) -> Intent | None:
    """The list of one's own requests, for a sentence that asks how far known goods or 申请 are."""
    if _DECIDER.fullmatch(heard.text) or _ANYTHING_OF_MINE.fullmatch(heard.text):
        return Intent(Command.MY_REQUESTS)
    mine = _MINE.search(heard.text)
    if mine is None or heard.is_name(*mine.span()):
        return None
    rest = heard.without(*mine.span())
    for name in heard.names:
        rest = rest.without(*name)
    start, end = trim(rest.text, (0, len(rest.text)), grammar.OWN_STATUS_WORDS)
    if start < end and heard.names_goods(start, end):
        rest = rest.without(start, end)
    return Intent(Command.MY_REQUESTS) if grammar.OWN_STATUS.covers(rest.text) else None
