"""Repeats: the same goods as in an earlier order: 跟上次一样, 老样子, "same as last time", "repeat 1027"."""

import re

from bot.understand.heard import Heard
from bot.understand.intents import Command, Intent

_LAST = r"(?:上一?次|上回|上一单|上一?次领|上一?次申请|上次要|之前|以前|刚才|最近一次)"
_ALIKE = "(?:一样|相同|同样)?的?"
_ASK = "(?:来|领|要|申请|提|下|办)?"
_ONCE = "(?:一份|一单|一遍|一次|一套)"
_SAME = re.compile(
    rf"""
    \s* (?:那就|那|还是|就|请|麻烦|帮我|给我|我要|我想|想|再|好的?|嗯)*[\s,]*
    (?: 老样子 | 照旧 | (?:照|按)老样子(?:来|领|办)?
      | (?:跟|和|同|与|像|照|按|按照|依照)?{_LAST}(?:领|要|申请)?的?(?:那样|那些|那单|单子|东西|清单|内容)?
          {_ALIKE}[\s,]*(?:再|重新)?{_ASK}{_ONCE}?
      | (?:再|重新|重复){_ASK}{_ONCE}?{_LAST}?的?(?:申请|单子|领用|那些|东西)?
      | (?:跟|和|同|照|按|按照)\s?(?P<like>(?:[a-z]{{2}})?\d{{3,12}})\s?(?:号单?)?
          {_ALIKE}[\s,]*(?:再|重新)?{_ASK}{_ONCE}?
      | (?:再来|再领|再要|重复|重新提|再提){_ONCE}?\s?(?P<again>(?:[a-z]{{2}})?\d{{3,12}})
          (?:号单?)?(?:的)?(?:内容|东西|申请)?
      | (?:(?:i'd\slike|i\swant|i\sneed|give\sme|order|request|can\si\s(?:have|get))\s)?
          (?:the\s)?same(?:\sthings?|\sorder|\srequest|\sgoods|\sstuff)?
          (?:\s(?:as|like)\s(?:last\stime|before|the\slast\s(?:time|one)|my\slast\s(?:order|request)
            |(?P<as>(?:[a-z]{{2}})?\d{{3,12}})) | \s(?:again|please))+
      | (?:the|my)\susual(?:\splease)?
      | (?:repeat|reorder|redo|resubmit)\s
          (?:(?:my|the)\s(?:last|previous)\s(?:order|request|one)|(?P<repeat>(?:[a-z]{{2}})?\d{{3,12}}))
    ) [\s,]* (?:吧|了|即可|就行|就好|就可以|谢谢|please|thanks)? [\s。.!]*
    """,
    re.VERBOSE,
)
_SAYS_SO = re.compile(
    r"老样子|照旧|一样|相同|同样|再来|再领|再要|再申请|再提|重复|重新|same|usual|repeat|reorder|redo|resubmit"
    rf"|{_LAST}.*(?:来|领|要|申请|提|下|办){_ONCE}"
)
_AGAIN_ALONE = re.compile(r"[\s,]*(?:请|麻烦|再|重新|重复)*(?:来|领|要|申请|提|下)?[\s。.!]*")


def recognise(heard: Heard) -> Intent | None:
    """That an earlier order is wanted again: the one whose number is said, else the last."""
    match = _SAME.fullmatch(heard.text)
    if match is None or heard.names or not _SAYS_SO.search(heard.text) or _AGAIN_ALONE.fullmatch(heard.text):
        return None
    number = next((said for said in match.groupdict().values() if said), None)
    return Intent(Command.REPEAT_REQUEST, reference=number.upper() if number else None)
