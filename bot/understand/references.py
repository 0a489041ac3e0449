"""References: the numbers of orders, as LY88 or, where the sentence leaves no doubt, as 88."""

import re
from dataclasses import dataclass

from bot.understand.heard import Heard

_PREFIXED = re.compile(r"(?<![a-z0-9-])([a-z]{2})[- ]?(\d{1,12})(?![a-z0-9.]|-\d)", re.ASCII)
_BARE = re.compile(
    r"(?:#|\bno\.?|\bnumber|单号|编号|第)?\s*(?<![a-z0-9.-])(?<!\d,)(\d{1,12})(?![\d%]|[.,]\d|[a-z])(?:号单(?![子据])|号)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An order number and its place; `number` is LY88 or 88."""

    start: int
    end: int
    number: str
    is_prefixed: bool


def find(heard: Heard) -> list[Reference]:
    """Order numbers in the sentence, from the left: those with a known prefix, or else bare numbers.

    An item's code (YP-001) is no order number.
    """
    prefixed = [
        Reference(match.start(), match.end(), match[1].upper() + match[2], True)
        for match in _PREFIXED.finditer(heard.text)
        if match[1].upper() in heard.vocabulary.order_prefixes and not heard.is_name(*match.span())
    ]
    if prefixed:
        return prefixed
    return [
        Reference(match.start(), match.end(), match[1], False)
        for match in _BARE.finditer(heard.text)
        if not heard.is_name(match.start(1), match.end(1)) or _is_all_digits_name(heard, match)
    ]


def _is_all_digits_name(heard: Heard, match: re.Match[str]) -> bool:
    return match.span(1) in heard.names
