"""Owners: whose movements a question is about: 我领过, 我们部门, 行政部, "did I take"."""

import re

from bot.understand.heard import Heard
from bot.understand.intents import ME, MY_DEPARTMENT

_OWNERS = (
    (
        MY_DEPARTMENT,
        re.compile(
            r"(?:我们|咱们?|我|本)(?:这个|这)?(?:部门|科室|车间|部)的?"
            r"|(?<![a-z])(?:(?:in|by|for)\s)?(?:my|our)\s(?:own\s)?(?:department|team)(?:'s)?(?![a-z])"
        ),
    ),
    (
        ME,
        re.compile(
            r"(?<![和给跟替帮对叫让])我(?:自己|本人|个人)?(?![们要想需的])"
            r"|(?<![a-z])(?:(?:did|have|had|do)\si|i\shave|i've|i\sdid|i)(?![a-z'])|(?<![a-z])(?:by|for)\sme(?![a-z])"
        ),
    ),
)
_DEPARTMENT = re.compile(
    r"[\u4e00-\u9fff]{1,6}?(?:部门|部|科|处|组|室|车间|中心)(?=$|[^\u4e00-\u9fff]|[今昨前上本这最近去从在都一共总领用退拿消发出的])"
)


def take(heard: Heard) -> tuple[Heard, str | None]:
    """The sentence without whose movements it is about, and whose: ME, MY_DEPARTMENT, or a department's name
    as it was said; None where all are meant."""
    for owner, pattern in _OWNERS:
        match = pattern.search(heard.text)
        if match is not None and not heard.is_name(*match.span()):
            return heard.without(*match.span()), owner
    for match in _DEPARTMENT.finditer(heard.text):
        if not heard.is_name(*match.span()):
            return heard.without(*match.span()), heard.said(*match.span())
    return heard, None
