"""Courtesies: sentences that ask for nothing certain, and what they are about, so that the answer can fit."""

import re

from bot.understand import grammar, quantities
from bot.understand.heard import Heard
from bot.understand.intents import Command, Hint, Intent

_HAND_OVER = re.compile(
    r"\W*(?:(?:发料|收料|交接|hand over|take back)\s*(?:[a-z]{2})?\s*\d{0,12}"
    r"|(?:[a-z]{2})?\d{1,12}\s*(?:发料|收料))\W*"
)


_NOT_HERE = re.compile(
    r"(盘点|盘库|报损|调拨|移库|采购|进货|入库)|实盘|报废|到货|收货|收到|送来|发来|客户退|买|调(?=.*到)"
    r"|\b(?:(stock ?take|stock count)|write off|scrap|transfer|purchase|buy|received?|arrived)\b"
)
"""What is also done in a warehouse, and not in the chat; the words in groups tell it alone."""
_DECIDED = re.compile(r"\s*(?P<verb>[^,:\s]{1,12})\s*[,:]")
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
    decided = _DECIDED.match(heard.text)
    if decided is not None and grammar.DECISION.covers(decided["verb"]):
        return Hint.DECISION
    done = _NOT_HERE.search(heard.sentence.text)
    if done is None:
        return None
    is_alone = any(done.groups()) and len(heard.text) <= _SHORT
    return Hint.NOT_HERE if is_alone or _is_about_goods(heard) else None


def _is_about_goods(heard: Heard) -> bool:
    return bool(heard.names or quantities.find(heard, 0, len(heard.text)))
