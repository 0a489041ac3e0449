"""Languages: which one a sentence is written in, and the sentences that ask for one."""

import re
from typing import Final

from bot.understand import english, english_orders, units
from bot.understand.tables import words
from services.kit.words.spelling import has_han

_WORD: Final = re.compile(r"[a-z]+")
_SURE: Final = 4
"""Letters of a word that tells alone: shorter ones are also syllables of Chinese, typed in letters."""
_ENGLISH: Final = frozenset(
    word
    for table in (
        english.POLITE,
        english.FILLERS,
        english.REQUEST_WEAK,
        english.RETURN_WEAK,
        english.QUERY_STRONG,
        english.QUERY_WEAK,
        english.LOW_STOCK_KEYS,
        english.NEGATIONS,
        english.PURPOSE,
        english.REASON,
        english.WHY_RETURNED,
        tuple(word for word in units.WORDS.words if word.isascii()),
        ("make it", "borrow"),
        english_orders.PENDING_KEYS,
        english_orders.HELP_KEYS,
        english_orders.APPROVE,
        english_orders.REJECT,
        english_orders.WITHDRAW,
        english_orders.STATUS,
        english_orders.GREETINGS,
        english_orders.THANKS,
    )
    for phrase in table
    for word in _WORD.findall(phrase)
    if len(word) > 2
)
_BUTTONS: Final = frozenset(
    words("cancel confirm approve approved reject withdraw submit more remind agree accept decline")
)
_WANTED: Final = re.compile(
    r"\W*(?:(?:请|麻烦|可以|能不能|以后|都)\s*)*(?:说|用|讲|写|(?:切换|改|换|设)[成到为用]?)?\s*"
    r"(?P<chinese_said>英文|英语|english|中文|汉语|普通话)\s*(?:说|回复|回答|显示|版|界面|模式)?(?:吧|吗|好吗|可以吗)?\W*"
    r"|\W*(?:(?:please|can you|could you|do you|can we|could we|let's)\s)*"
    r"(?:speak|use|write|talk|reply|answer|switch|change|set)?"
    r"\s?(?:the language |it |me )?(?:to |in |into )?(?P<english_said>english|chinese)(?:\splease)?\W*"
)


def language_of(text: str) -> str | None:
    """``zh`` or ``en``; None for numbers, codes, button words and whatever else tells nothing."""
    if has_han(text):
        return "zh"
    said = text.lower().strip(" .!")
    if said in _BUTTONS:
        return None
    known = [word for word in _WORD.findall(said) if word in _ENGLISH]
    return "en" if len(known) > 1 or any(len(word) >= _SURE for word in known) else None


def wanted_language(text: str) -> str | None:
    """The language that a whole sentence asks for: 切换成英文, "speak English please"."""
    match = _WANTED.fullmatch(" ".join(text.lower().split()))
    if match is None:
        return None
    said = match["chinese_said"] or match["english_said"]
    return "en" if said in ("英文", "英语", "english") else "zh"
