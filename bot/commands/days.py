"""Days as people say them, such as 下周五 or "Aug 15", told as dates; what is not certain is no date."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "末": 6, "日": 6, "天": 6}
_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEAR = {"今天": 0, "today": 0, "明天": 1, "tomorrow": 1, "后天": 2, "大后天": 3}
_WEEK_ENDS = {
    "本周": 0,
    "这周": 0,
    "下周": 1,
    "this week": 0,
    "next week": 1,
    "end of week": 0,
    "end of this week": 0,
    "end of next week": 1,
}
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
_LASTING = re.compile(
    r"(?P<number>\d{1,2}|[一二两三四五六七八九十]|a|one|two|three|four|five|six|seven)"
    r" ?(?P<unit>天|个?(?:星期|礼拜)|周|days?|weeks?)"
)
_COUNTS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
           "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}  # fmt: skip


def midnight(day: date, zone: ZoneInfo) -> Timestamp:
    """The beginning of a day in a place."""
    begins = Timestamp()
    begins.FromDatetime(datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None))
    return begins


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


def first_day_of(said: str, today: date) -> date | None:
    """The day that a time begins with: 下周 on its Monday, this week today."""
    weeks = _WEEK_ENDS.get(" ".join(said.lower().split()))
    if weeks is None:
        return day_of(said, today)
    return max(today, today + timedelta(days=7 * weeks - today.weekday()))


def last_day_of(said: str, today: date, first: date) -> date | None:
    """The last day of a time that begins with ``first``: 周三 of 下周一到周三 is the one behind that Monday,
    and 三天 are the first day and two more. None where no day, or no one day, is meant."""
    text = " ".join(said.lower().split())
    lasting = _LASTING.fullmatch(text)
    if lasting is not None:
        number = lasting["number"]
        count = int(number) if number.isdigit() else _COUNTS.get(number)
        days = 1 if lasting["unit"] in ("天", "day", "days") else 7
        return None if not count else first + timedelta(days=count * days - 1)
    day = day_of(said, today)
    return day if day is not None and day >= first else day_of(said, first)


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
