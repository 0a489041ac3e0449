"""Amounts: numbers as people write them, in digits, Chinese and English, read exactly or refused."""

import re
from dataclasses import dataclass
from decimal import Decimal

from bot.understand.intents import Problem

MOST_DIGITS = 12
"""Digits before the decimal point of the largest amount that is taken."""

MOST_DECIMALS = 9

_DIGITS = {character: value for value, row in enumerate(
    ("零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
) for character in row}  # fmt: skip
_SCALES = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
_TENS_IN_ONE = str.maketrans({"廿": "二十", "卅": "三十", "卌": "四十"})
_FUSED = {"俩": "2", "仨": "3", "半": "0.5", "½": "0.5", "¼": "0.25", "¾": "0.75"}

_UP_TO_NINETEEN = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {word: value for value, word in enumerate(_UP_TO_NINETEEN.split())}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}

_ODD = "²³¹⁰⁴-⁹①-⑳㈠-㈩Ⅰ-ⅿ"
_SIGN = r"(?P<sign> (?<![a-z0-9)]) [-+] \s? | [负負] )?"
_NONSENSE = r"(?P<nonsense> (?<![a-z]) (?:nan|inf|infinity) (?![a-z]) | ∞ | 无穷大? | 无限 )"
_ARABIC = rf"""
    (?P<arabic> \d[\d.,_]*\d | \d | (?<!\w)\.\d+ )
    (?P<tail> [{_ODD}] | \s?\^\s?-?\d+ | \*\*\d+ | e[+-]?\d+(?![a-z]) | \s?/\s?\d+
            | [百千万亿](?!克|米|瓦|兆) )?
"""
_CHINESE_DIGIT = f"[{''.join(_DIGITS)}]"
_CHINESE_NUMERALS = "".join(["廿卅卌", *_DIGITS, *_SCALES, *_MYRIADS]).replace("千", "")
_CHINESE_NUMERAL = f"(?: [{_CHINESE_NUMERALS}] | 千(?!克) )"
"""两千克 is two 千克, as 十千克 is ten."""
_CHINESE = rf"""
    (?P<chinese> {_CHINESE_NUMERAL}+ (?:点{_CHINESE_DIGIT}+)? | [{"".join(_FUSED)}] )
"""
_WORD = f"(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_HUNDRED = rf"(?:hundred|thousand) (?:\sand(?=\s{_WORD}(?![a-z])))?"
_ENGLISH = rf"""
    (?<![a-z0-9])
    (?: (?P<dozens> half\sa | an? | {_WORD} )\s (?P<dozen> dozen(?:\sof)? )
      | (?P<half> half(?:\san?)? )
      | (?P<english> (?:an?|{_WORD})
                     (?:[\s-] (?: {_WORD} | {_HUNDRED} ) (?![a-z]) )*
                     (?:\sand\sa\shalf)? )
    ) (?![a-z0-9])
"""
_PATTERN = re.compile(
    f"{_NONSENSE} | {_SIGN} (?: {_ARABIC} | {_CHINESE} | (?P<odd> [{_ODD}] ) | {_ENGLISH} )", re.VERBOSE
)
_TWO_IN_A_ROW = re.compile("([一二三四五六七八])([二三四五六七八九])[十百千万]?")
_PLAIN = re.compile(r"\d+(?:\.\d+)?|\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_RANGE = re.compile(
    rf"\s*(?:[-~、]|到|至|\bto\b|\bor\b|或)\s*(?=[\d一二两三四五六七八九十]|{_WORD}(?![a-z]))"
)
_ABOUT_BEFORE = re.compile(
    r"(?:好?几(?=$)|数(?=$)|大约|大概|约|差不多|至少|最多|不超过|多于|少于|"
    r"\b(?:about|around|roughly|approximately|at least|at most|up to|over|under))\s?$"
)
_ABOUT_AFTER = re.compile(r"(?:多|几|来)(?=[^\W\d])|\s?(?:左右|上下|以上|以下|or so\b)")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in the text: its exact decimal text, or the problem with it.

    `kind` tells how it was written: digits, chinese, english, or article for a bare "a".
    """

    start: int
    end: int
    text: str | None
    problem: Problem | None = None
    kind: str = "digits"


def find(text: str) -> list[Amount]:
    """All numbers in a folded text, from the left; those inside names too, which the caller must know."""
    found: list[Amount] = []
    place = 0
    while (match := _PATTERN.search(text, place)) is not None:
        amount = _read(text, match)
        place = max(amount.end, match.end())
        found.append(amount)
    return found


def _read(text: str, match: re.Match[str]) -> Amount:
    start, end = match.span()
    about = _ABOUT_BEFORE.search(text, 0, start)
    value, problem, kind = _value(match)
    if problem is None:
        assert value is not None
        problem = _bounds(value, match["sign"] or "")
    upper = _RANGE.match(text, end)
    if kind != "article" and upper is not None and (higher := _PATTERN.match(text, upper.end())) is not None:
        end, problem = higher.end(), problem or Problem.APPROXIMATE
    elif kind != "article" and (about or _ABOUT_AFTER.match(text, end)):
        after = _ABOUT_AFTER.match(text, end)
        end, problem = after.end() if after else end, problem or Problem.APPROXIMATE
    start = about.start() if about and problem else start
    return Amount(start, end, None if problem else plain(value), problem, kind)


def _value(match: re.Match[str]) -> tuple[Decimal, Problem | None, str]:
    zero = Decimal(0)
    if match["nonsense"] or match["odd"]:
        return zero, Problem.NOT_A_NUMBER, "digits"
    if match["arabic"]:
        value, problem = _arabic(match["arabic"], (match["tail"] or "").replace(" ", ""))
        return value, problem, "digits"
    if match["chinese"]:
        number = _chinese(match["chinese"])
        problem = None if number is not None else _why_none(match["chinese"])
        return (number or zero), problem, "chinese"
    if match["half"]:
        return Decimal("0.5"), None, "english"
    said = match["dozens"] or match["english"]
    number = Decimal("0.5") if said == "half a" else _english(said)
    if number is None:
        return zero, Problem.NOT_A_NUMBER, "english"
    if match["dozen"]:
        return 12 * number, None, "english"
    return number, None, "article" if said in ("a", "an") else "english"


def _why_none(said: str) -> Problem:
    """四五 and 二三十 name two numbers beside each other; 五十百 names none."""
    is_about = _TWO_IN_A_ROW.fullmatch(said)
    follows = is_about and "一二三四五六七八九".find(is_about[2]) - "一二三四五六七八九".find(is_about[1])
    return Problem.APPROXIMATE if follows == 1 else Problem.NOT_A_NUMBER


def _arabic(body: str, tail: str) -> tuple[Decimal, Problem | None]:
    if not _PLAIN.fullmatch(body):
        return Decimal(0), Problem.NOT_A_NUMBER
    if len(body) > 40:
        return Decimal(0), Problem.TOO_LARGE
    value = Decimal(body.replace(",", ""))
    if not tail:
        return value, None
    if tail[0] in "百千万亿":
        return value * (_SCALES | _MYRIADS)[tail], None
    divisor = tail[1:] if tail[0] == "/" else ""
    # Only a fraction that ends as a decimal is exact: 1/4, but not 1/3.
    if divisor in ("2", "4", "5", "8", "10") and value < 10:
        return value / int(divisor), None
    return Decimal(0), Problem.NOT_A_NUMBER


def _chinese(said: str) -> Decimal | None:
    """The value of 一百二十, 三点五, 两万, 一二三; None when the characters make no number, as in 五十百."""
    if said in _FUSED:
        return Decimal(_FUSED[said])
    whole, _, decimals = said.translate(_TENS_IN_ONE).partition("点")
    if len(whole) > 2 and all(character in _DIGITS for character in whole):
        number: int | None = int("".join(str(_DIGITS[character]) for character in whole))
    else:
        number = _chinese_whole(whole)
    if number is None:
        return None
    return Decimal(f"{number}.{''.join(str(_DIGITS[c]) for c in decimals)}" if decimals else number)


def _chinese_whole(said: str) -> int | None:
    total, section, digit, last_scale = 0, 0, -1, 10**9
    for character in said:
        if character in _DIGITS:
            if digit > 0:
                return None
            digit = _DIGITS[character]
        elif character in _SCALES:
            scale = _SCALES[character]
            if scale >= last_scale or (digit == 0 and scale != 10):
                return None
            section += (max(digit, 1)) * scale
            digit, last_scale = -1, scale
        else:
            myriad = _MYRIADS[character]
            section += max(digit, 0)
            if section == 0:
                return None
            total = (total + section) * myriad
            section, digit, last_scale = 0, -1, 10**9
    if digit > 0 and last_scale in (100, 1000) and said[-2:-1] != "零":
        digit *= last_scale // 10  # 一百二 is 120
    return total + section + max(digit, 0)


def _english(said: str) -> Decimal | None:
    """The value of twenty-one, a hundred and five, two and a half; None for disorder, as in five six."""
    whole = said.removesuffix(" and a half")
    total, current = 0, 0
    for word in re.split(r"[\s-]", whole):
        if word in ("a", "an"):
            current += 1
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word == "thousand":
            total, current = total + max(current, 1) * 1000, 0
        elif word in _WORDS:
            room = 100 if current % 100 == 0 else 10 if current % 100 >= 20 and current % 10 == 0 else 0
            if _WORDS[word] >= room:
                return None
            current += _WORDS[word]
    value = Decimal(total + current)
    return value if whole == said else value + Decimal("0.5")


def _bounds(value: Decimal, sign: str) -> Problem | None:
    if sign.strip() in ("-", "负", "負"):
        return Problem.NEGATIVE
    if value == 0:
        return Problem.ZERO
    if value >= Decimal(10) ** MOST_DIGITS:
        return Problem.TOO_LARGE
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MOST_DECIMALS:
        return Problem.TOO_PRECISE
    return None


def plain(value: Decimal) -> str:
    """The decimal text without exponent and without zeros at the end: 1.50 is 1.5, 1E+2 is 100."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
