"""Days as people say them, such as 下周五 or "Aug 15", told as dates; what is not certain is no date."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "末": 6, "日": 6, "天": 6}
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEAR = {"今天": 0, "today": 0, "明天": 1, "tomorrow": 1, "后天": 2, "大后天": 3}
_WEEK_ENDS = {"本周": 0, "这周": 0, "下周": 1, "end of week": 0, "end of this week": 0, "end of next week": 1}
_MONTH_ENDS = {"月底": 0, "本月底": 0, "这月底": 0, "这个月底": 0, "下月底": 1, "下个月底": 1,
               "end of month": 0, "end of this month": 0, "end of next month": 1}  # fmt: skip
_CHINESE_WEEKDAY = re.compile(r"(?P<week>下下|下|这|本)?个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末])")
_WEEKDAY = re.compile(r"(?:(?P<week>this|next) )?(?P<day>mon|tue|wed|thu|fri|sat|sun)[a-z]*")
_NUMBERS = re.compile(
    r"(?:(?P<year>\d{4})[-/.年])?(?:(?P<month>\d{1,2})[-/.月])?(?P<day>\d{1,2})[日号]?", re.ASCII
)
_MONTH_FIRST = re.compile(
    r"(?P<month>[a-z]{3})[a-z]*\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>\d{4}))?"
)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<month>[a-z]{3})[a-z]*(?P<year>)?")


def day_of(said: str, today: date) -> date | None:
    """The next day that is called so, today included; None where no day, or no one day, is meant."""
    text = " ".join(said.lower().split()).removeprefix("the ").replace("of the ", "of ")
    if text in _NEAR:
        return today + timedelta(days=_NEAR[text])
    monday = today - timedelta(days=today.weekday())
    if text in _WEEK_ENDS:
        return monday + timedelta(days=6 + 7 * _WEEK_ENDS[text])
    if text in _MONTH_ENDS:
        months = today.year * 12 + today.month - 1 + _MONTH_ENDS[text]
        year, month = months // 12, months % 12 + 1
        return date(year, month, monthrange(year, month)[1])
    if (chinese := _CHINESE_WEEKDAY.fullmatch(text)) is not None:
        number = _WEEKDAYS[chinese["day"]]
        return _weekday(today, number, {"下": 1, "下下": 2, "这": 0, "本": 0}.get(chinese["week"] or ""))
    if (english := _WEEKDAY.fullmatch(text)) is not None:
        number = _NAMES.index(english["day"])
        return _weekday(today, number, {"next": 1, "this": 0}.get(english["week"] or ""))
    return _numbered(text, today)


def _weekday(today: date, number: int, weeks: int | None) -> date | None:
    """A weekday of this week or a later one; the next one, today included, where no week was said."""
    day = today + timedelta(days=number - today.weekday())
    if weeks is None:
        return day if day >= today else day + timedelta(days=7)
    day += timedelta(days=7 * weeks)
    return day if day >= today else None


def _numbered(text: str, today: date) -> date | None:
    for pattern in (_NUMBERS, _MONTH_FIRST, _DAY_FIRST):
        match = pattern.fullmatch(text)
        if match is not None:
            break
    else:
        return None
    month = match["month"]
    if month is not None and not month.isdigit():
        if month not in _MONTHS:
            return None
        month = str(_MONTHS.index(month) + 1)
    if month is None and text.isdigit():
        return None
    return _next(int(match["day"]), int(month) if month else None, int(match["year"] or 0), today)


def _next(day: int, month: int | None, year: int, today: date) -> date | None:
    """The first such day that is not over; a year that was said counts as it is."""
    if year:
        return _date(year, month or today.month, day)
    for ahead in range(13):
        months = today.year * 12 + today.month - 1 + ahead
        if month is not None and months % 12 + 1 != month:
            continue
        found = _date(months // 12, months % 12 + 1, day)
        if found is not None and found >= today:
            return found
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
