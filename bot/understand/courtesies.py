"""Courtesies: sentences that ask for nothing certain, and what they are about, so that the answer can fit."""

import re

from bot.understand import grammar, quantities
from bot.understand.heard import Heard
from bot.understand.intents import Command, Hint, Intent

_HAND_OVER = re.compile(
    r"\W*(?:(?:发料|收料|交接|发货|出货|收货|hand over|take back)\s*(?:[a-z]{2})?\s*\d{0,12}"
    r"|发\s*(?:[a-z]{2})?\d{4,12}"
    r"|(?:[a-z]{2})?\d{1,12}\s*(?:已经?|都|可以)?(?:发料|收料|发货|出货|收货|发(?:出去?)?|给|交|领走|拿走|取走)了?)\W*"
)


_NOT_HERE = re.compile(
    r"(盘点|盘库|报损|调拨|移库|采购|进货|入库)|实盘|报废|到货|收货|收到|送来|发来|客户退|买|[调挪移搬转](?=.*[到去])"
    r"|\b(?:(stock ?take|stock count)|write off|scrap|transfer|purchase|buy|received?|arrived)\b"
)
"""What is also done in a warehouse, and not in the chat; the words in groups tell it alone."""
_DECIDES = re.compile(
    r"^\s*(?:刚才)?(?:不同意|同意|批准|驳回|拒绝|不批|准了)(?![吗过])|(?:不同意|同意|批准|驳回|不批)(?:吧|了)?[\s。!]*$"
    r"|[^\s,。]的(?:不同意|同意|驳回)[,。]"
    r"|^\s*(?:please )?(?:approve|reject|decline|refuse|deny)\b|(?:只给|只批|批)\s*\d+\s*[^\W\d]{0,2}吧?\s*$"
)
"""A decision that is no whole one: it names no order, or takes less, or comes with a condition."""
_OF_OTHERS = re.compile(r"大家|他们|老板|领导|[?吗]|谁|我不|如果|的话")
_HANDS_OVER = re.compile(r"^\s*(?:收到|收回|已收|拿到)\S{0,6}?(?:退|还)(?:回来)?的|^\s*\S{1,4}(?:退|还)回来")
"""Goods that somebody brought back, told by whoever takes them."""
_HANDS_OVER_A_PART = re.compile(
    r"\s*(?:(?:[a-z]{2})?\d{3,12}\s*)?(?:先|只能?|就|暂时|可以)+(?:发|给|交)(?!.*[吗?])"
    r"|\s*(?:(?:[a-z]{2})?\d{3,12}\s*发|发\s*(?:[a-z]{2})?\d{3,12}\s)\s*[\d一二两三四五六七八九十半]"
    r"|\s*(?:hand over|give out|issue)\s(?:only\s|just\s)?(?:\d+|half|part|some)\s"
    r".*\b(?:of|from|for)\s(?:[a-z]{2})?\d{3,12}\b"
)
"""1027只发3包, 先发一半: a document is handed over whole."""
_SHORT = 8


def recognise_hand_over(heard: Heard) -> Intent | None:
    """A bare 发料 or 发料 1027 is the button of a card in words, and never asks for goods called 料."""
    if _HAND_OVER.fullmatch(heard.text) is None:
        return None
    return Intent(Command.UNKNOWN, hint=Hint.HAND_OVER)


def recognise(heard: Heard) -> Hint | None:
    """What a sentence without a command is about: a bare 同意 names no order, 谢谢 asks for nothing."""
    for hint, sentence in grammar.HINTS:
        if sentence.covers(heard.text):
            return hint
    if _DECIDES.search(heard.text) and not _OF_OTHERS.search(heard.text):
        return Hint.DECISION
    if _HANDS_OVER_A_PART.match(heard.text):
        return Hint.HAND_OVER_PART
    if _HANDS_OVER.search(heard.text) and heard.names:
        return Hint.HAND_OVER
    done = _NOT_HERE.search(heard.sentence.text)
    if done is None:
        return None
    is_alone = any(done.groups()) and len(heard.text) <= _SHORT
    return Hint.NOT_HERE if is_alone or _is_about_goods(heard) else None


def _is_about_goods(heard: Heard) -> bool:
    return bool(heard.names or quantities.find(heard, 0, len(heard.text)))
