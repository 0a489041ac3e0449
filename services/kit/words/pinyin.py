"""Pinyin: how Chinese words sound, read character by character and remembered."""

from collections.abc import Callable
from functools import lru_cache

from pypinyin import lazy_pinyin
from pypinyin.phrases_dict import phrases_dict

from services.kit.words.spelling import is_han

POLYPHONIC = frozenset(
    "行长重调圈薄卡石弹乐参单曲藏传朝车扁量差称乘盛尺冲处斗干更冠角夹解卷壳空累露率模泡片铺曝强散扇少折数宿"
    "提挑吐尾系纤削压应载脏占粘炸涨正只中种轴转钻作柜槽都熨吓校血咽殷晕扎粥拓弄喷胖刨屏撒塞稍嚼菌劲茄"
)
"""Characters whose reading depends on the word around them; the word is then looked up as well."""

LONGEST_WORD = 4
"""Characters of the longest dictionary word that is tried around such a character."""

_SOFTER = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))


@lru_cache(maxsize=32_768)
def _syllable(character: str) -> str:
    return lazy_pinyin(character)[0].replace("ü", "v")


@lru_cache(maxsize=32_768)
def _word_syllables(word: str) -> tuple[str, ...]:
    return tuple(syllable.replace("ü", "v") for syllable in lazy_pinyin(word))


def syllables(row: str) -> list[str]:
    """One syllable per character of an unbroken row of Chinese characters, by the usual reading."""
    return list(map(_syllable, row))


def readings(parts: list[str]) -> list[tuple[str, str]]:
    """The pinyin and the initials of a phrase given in its parts, one pair per plausible reading.

    Empty for a phrase with fewer than two Chinese characters: one syllable says too little.
    """
    rows = [part for part in parts if is_han(part[0])]
    if sum(map(len, rows)) < 2:
        return []
    pairs = [_joined(parts, syllables)]
    if any(not POLYPHONIC.isdisjoint(row) for row in rows):
        pair = _joined(parts, _in_words)
        if pair not in pairs:
            pairs.append(pair)
    return pairs


def _joined(parts: list[str], read: Callable[[str], list[str]]) -> tuple[str, str]:
    sound, initials = "", ""
    for part in parts:
        if is_han(part[0]):
            said = read(part)
            sound += "".join(said)
            initials += "".join([syllable[:1] for syllable in said])
        else:
            sound += part
            initials += part
    return sound, initials


def _in_words(row: str) -> list[str]:
    """The usual reading, corrected where a polyphonic character stands in a word of the dictionary."""
    read = syllables(row)
    for place, character in enumerate(row):
        if character not in POLYPHONIC:
            continue
        for length in range(LONGEST_WORD, 1, -1):
            starts = range(max(0, place - length + 1), min(place, len(row) - length) + 1)
            start = next((start for start in starts if row[start : start + length] in phrases_dict), None)
            if start is not None:
                read[start : start + length] = _word_syllables(row[start : start + length])
                break
    return read


def soften(pinyin: str) -> str:
    """The pinyin without the differences that many speakers do not hear (zh/z, sh/s, ch/c, ng/n)."""
    for hard, soft in _SOFTER:
        pinyin = pinyin.replace(hard, soft)
    return pinyin


def split(written: str, known: set[str]) -> list[str]:
    """Pinyin without blanks cut into known syllables, the longest first; empty when it is not pinyin.

    >>> split("luoshuan", {"luo", "shu", "shuan", "an"})
    ['luo', 'shuan']
    """
    ways: dict[int, list[str]] = {len(written): []}
    for start in range(len(written) - 1, -1, -1):
        for length in range(min(6, len(written) - start), 0, -1):
            rest = ways.get(start + length)
            if rest is not None and written[start : start + length] in known:
                ways[start] = [written[start : start + length], *rest]
                break
    return ways.get(0, [])
