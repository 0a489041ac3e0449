"""Item words: which items a few words may mean, and how sure that is."""

import re

from bot.understand import units
from bot.understand.intents import MOST_CHOICES, ItemWord, Likeness
from bot.understand.vocabulary import Vocabulary
from services.kit.words import How, Match
from services.kit.words.spelling import fold, has_han

GOOD_SCORE = 70
"""From here on a match is a good likeness (services.kit.words)."""

LARGE_PART_SCORE = 54
"""A word that is about a fifth of a name may stand for it: usb for the USB flash drive."""

CLEAR_LEAD = 4
"""A slip of the pen means the best match only when it leads the next one by this many points."""

_SPECIFICATION = re.compile(
    r"(?<![a-z\d])\d+(?:[x*×]\d+)+(?:mm|cm)?|(?<=[a-z]\d)[x×]\d+|(?<=[a-z]\d\d)[x×]\d+"
    r"|(?<![a-z\d])\d+(?:\.\d+)?\s?(?:mm|cm|ml|kg|g|l|gb|w|v|a|寸|克|升|毫升|毫米|厘米|号|层|页|张装|只装|枚装|抽|k)"
    r"(?![a-z0-9])",
    re.IGNORECASE,
)
_DESTINATION = re.compile(r"\s(?:to|by)\s[a-z ]{2,30}$", re.IGNORECASE)
_COLOUR = re.compile(r"([红黑蓝绿黄白灰紫橙粉])色(?:的)?")
_OF = re.compile(r"(?<=[a-z\d])的|(?<=[\u4e00-\u9fff])的(?=[a-z\d])")
_UNUSED = re.compile(r"(?:还)?(?:没|未)(?:开过?封?|拆过?封?|用过?|动过?)$")
_BRACKETS = re.compile(r"\([^()]*\)?|（[^（）]*）?")
_SHORTEST_HEAD, _LONGEST_HEAD = 2, 6


def resolve(said: str, vocabulary: Vocabulary) -> ItemWord:
    """The items that the words may mean. Several readings are tried; the first that is good enough wins."""
    best = ItemWord(said)
    for reading in _readings(fold(said)):
        word = _judge(said, vocabulary.items.find(reading, limit=MOST_CHOICES + 1), reading)
        if word.likeness in (Likeness.SURE, Likeness.CHOICE):
            return word
        if best.likeness is Likeness.NONE:
            best = word
    if (coloured := _by_colour(said, vocabulary)) is not None:
        return coloured
    if best.likeness is not Likeness.NONE:
        return best
    text = fold(said)
    for shorter in (_BRACKETS.sub(" ", text).strip(), _without_unit(text)):
        if shorter and shorter != text and (found := vocabulary.items.find(shorter, limit=MOST_CHOICES)):
            return ItemWord(said, tuple(match.key for match in found), Likeness.DOUBTFUL)
    return _by_last_words(said, text, vocabulary)


def _without_unit(text: str) -> str:
    """usb sticks, tape rolls: the words in front of one that also is a unit."""
    words = text.split()
    return " ".join(words[:-1]) if len(words) > 1 and words[-1] in units.WORDS.words else ""


def _by_colour(said: str, vocabulary: Vocabulary) -> ItemWord | None:
    """黑色签字笔: what 签字笔 names is meant where 黑 stands in one of its names."""
    text = fold(said)
    colour = _COLOUR.search(text)
    if colour is None:
        return None
    named = {match.key for match in vocabulary.items.exact(_COLOUR.sub("", text))}
    coloured = vocabulary.items.find(colour[1], limit=MOST_CHOICES + 1)
    both = [match.key for match in coloured if match.key in named]
    return ItemWord(said, (both[0],), Likeness.SURE) if len(both) == 1 else None


def _readings(said: str) -> list[str]:
    """The words as said; without "to production"; with 黑色 read as 黑; without 0.5mm, 没拆 and the like."""
    readings = [said]
    for pattern, replacement in (
        (_DESTINATION, ""),
        (_COLOUR, r"\1"),
        (_SPECIFICATION, " "),
        (_OF, ""),
        (_UNUSED, ""),
    ):
        shorter = pattern.sub(replacement, readings[-1]).strip()
        if shorter and shorter != readings[-1]:
            readings.append(shorter)
    return readings


def _judge(said: str, matches: list[Match[str]], reading: str) -> ItemWord:
    if not matches:
        return ItemWord(said)
    likeness = _likeness(matches, reading)
    if likeness is Likeness.SURE:
        return ItemWord(said, (matches[0].key,), likeness)
    exact = [match for match in matches if match.how in (How.CODE, How.BARCODE, How.NAME, How.ALIAS)]
    good = exact or [match for match in matches if match.score >= GOOD_SCORE] or matches
    candidates = tuple(match.key for match in good[:MOST_CHOICES])
    return ItemWord(said, candidates, likeness, is_vague=len(good) > MOST_CHOICES)


def _likeness(matches: list[Match[str]], reading: str) -> Likeness:
    best = matches[0]
    alone = len(matches) == 1
    lead = best.score - matches[1].score if not alone else best.score
    if best.how is How.CONTAINS and len(reading) == 1:
        return Likeness.DOUBTFUL if alone else Likeness.CHOICE
    if best.score < GOOD_SCORE:
        # "toner" for the toner cartridge will do; 打印机 for its 硒鼓 will not: the Chinese head stands last.
        is_large = best.score >= LARGE_PART_SCORE
        plain_part = best.how is How.CONTAINS and alone and is_large and not has_han(reading)
        return Likeness.SURE if plain_part else Likeness.DOUBTFUL
    if best.how is How.TYPO:
        return Likeness.SURE if lead >= CLEAR_LEAD else Likeness.CHOICE
    return Likeness.SURE if alone else Likeness.CHOICE


def _by_last_words(said: str, text: str, vocabulary: Vocabulary) -> ItemWord:
    """隐形眼镜 ends like 眼镜 and "printer paper" like A4 copy paper: worth asking about, not taking."""
    names = vocabulary.items.scan(text)
    last = text.split()[-1:] if not has_han(text) and " " in text else []
    for word in last:
        matches = vocabulary.items.holding(word, limit=MOST_CHOICES)
        heads = [match.key for match in matches if match.score >= GOOD_SCORE]
        if heads:
            return ItemWord(said, tuple(heads), Likeness.DOUBTFUL)
    if names and not any(character.isalnum() for character in text[names[-1].end :]):
        return ItemWord(said, names[-1].keys[:MOST_CHOICES], Likeness.DOUBTFUL)
    for start in range(max(1, len(text) - _LONGEST_HEAD), len(text) - _SHORTEST_HEAD + 1):
        if not has_han(text[start : start + 1]) or " " in text[start:]:
            continue
        matches = vocabulary.items.holding(text[start:], limit=MOST_CHOICES)
        parts = [match.key for match in matches if match.score >= GOOD_SCORE]
        if parts:
            return ItemWord(said, tuple(parts), Likeness.DOUBTFUL)
    return ItemWord(said)
