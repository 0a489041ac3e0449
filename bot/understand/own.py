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


def recognise(heard: Heard) -> Intent | None:
    """The list of one's own requests, for a sentence that asks how far known goods or 申请 are."""
    if _DECIDER.fullmatch(heard.text):
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
