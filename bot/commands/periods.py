"""Times that are over, as people say them, such as 上个月 or "last 7 days", as a first and a last day."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from bot.understand import amounts

_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_AGO = {"今天": 0, "今日": 0, "today": 0, "昨天": 1, "昨日": 1, "yesterday": 1, "前天": 2, "大前天": 3}
_UNITS = {"天": "day", "日": "day", "星期": "week", "礼拜": "week", "周": "week", "月": "month", "年": "year",
          "季度": "quarter"}  # fmt: skip
_LEADING = re.compile(r"\A(?:从|自|(?:so far|from|between|since|in|on|over|during|for|within)\s)\s?")
_TRAILING = re.compile(r"(?:以来|之后|以后|开始|起|至今|到现在|为止|之间|期间|\sso far)\Z")
_SINCE = re.compile(r"\A(?:从|自|since\s)|(?:以来|之后|以后|开始|起|至今|到现在)\Z")
_BETWEEN = re.compile(
    r"(?:到|至|~|\u2013|\s?-\s|\s-\s?|(?<=[日号\u4e00-\u9fff])-|(?<=[./]\d)-|(?<=[./]\d\d)-|\s?\b(?:to|until|till|and|through)\s)"
)
_LAST_FEW = re.compile(
    r"(?:最近|近|过去)的?这?(?P<number>[\d一二两三四五六七八九十]+)个?(?P<unit>天|日|星期|礼拜|周|月|季度|年)"
    r"|(?:the )?(?:last|past) (?P<count>\d+|[a-z]+) (?P<english>day|week|month|year)s"
)
_CALENDAR = re.compile(
    r"(?P<before>上上?|这|本|当)个?(?P<unit>月|周|星期|礼拜|季度|年)"
    r"|(?:the )?(?P<which>last|past|this|current) (?P<english>week|month|quarter|year)"
)
_PART = re.compile(
    r"(?:(?P<year>\d{4})年|(?P<near>今年|去年))?(?:第?(?P<quarter>[一二三四1-4])季度|(?P<half>[上下])半年)"
)
_MONTH = re.compile(
    r"(?:(?P<year>\d{4})年|(?P<near>今年|去年))?(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月份?"
    r"|(?:the )?(?:last |this )?(?P<name>[a-z]{3})[a-z]*(?: (?P<in>20\d\d))?"
)
_YEAR = re.compile(r"(?P<near>今年|去年|前年)|(?P<year>20\d\d)年?")
_DAY_FORMS = (
    re.compile(r"(?:(?P<year>\d{4})[-/.年])?(?:(?P<month>\d{1,2})[-/.月])(?P<day>\d{1,2})[日号]?"),
    re.compile(r"(?P<year>)(?P<month>)(?P<day>\d{1,2})[日号]"),
    re.compile(r"(?P<month>[a-z]{3})[a-z]*\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,? (?P<year>\d{4}))?"),
    re.compile(r"(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th)? (?:of )?(?P<month>[a-z]{3})[a-z]*(?P<year>)"),
)
_WEEKDAY = re.compile(
    r"(?P<before>上上?|这|本)?个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])"
    r"|(?P<which>last |this )?(?P<english>mon|tue|wed|thu|fri|sat|sun)[a-z]*"
)
_LONGEST_BACK = timedelta(days=184)
"""What goes from one year into the next without naming them is no longer; else the days were mixed up."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days from the first to the last, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} ~ {self.last}"


def period_of(said: str, today: date) -> Period | None:
    """The days that are meant, none after today; None where no time, or no one time, is meant."""
    text = " ".join(said.lower().split())
    lasts = _SINCE.search(text) is not None
    while (shorter := _LEADING.sub("", text, count=1)) != text:
        text = shorter
    text = _TRAILING.sub("", text)
    found = _from_to(text, today)
    if found is None:
        found = _named(text, today)
        found = found and Period(found.first, today if lasts else min(found.last, today))
    return None if found is None or found.last < found.first else found


def _from_to(text: str, today: date) -> Period | None:
    """From one day to another; a bare day of the month is one of the first day's month."""
    parts = [part.strip() for part in _BETWEEN.split(text)]
    if len(parts) != 2:
        return None
    first = _day(parts[0], today)
    bare = re.fullmatch(r"(\d{1,2})[日号]?", parts[1])
    last = _date(first.year, first.month, int(bare[1])) if bare and first else _day(parts[1], today)
    if first is None or last is None:
        return None
    if first > last:
        # In December, 12月20日到1月5日 began last year.
        first = _day(parts[0], last) or first
        if last - first > _LONGEST_BACK:
            return None
    return Period(first, min(last, today))


def _named(text: str, today: date) -> Period | None:
    for reading in (_last_few, _calendar, _part_of_year, _month, _year):
        found = reading(text, today)
        if found is not None:
            return found
    day = _day(text, today)
    return None if day is None else Period(day, day)


def _last_few(text: str, today: date) -> Period | None:
    if text in ("最近半年", "近半年", "过去半年"):
        return Period(_months_before(today, 6), today)
    if text in ("最近半个月", "近半个月", "过去半个月"):
        return Period(today - timedelta(days=14), today)
    match = _LAST_FEW.fullmatch(text)
    if match is None:
        return None
    number = match["number"] or match["count"]
    count = _count(number)
    unit = match["english"] or _UNITS[match["unit"]]
    if not count:
        return None
    if unit in ("day", "week"):
        return Period(today - timedelta(days=count * (1 if unit == "day" else 7) - 1), today)
    months = {"month": 1, "quarter": 3, "year": 12}[unit] * count
    return Period(_months_before(today, months), today) if months <= 600 else None


def _count(said: str) -> int:
    """A whole number in digits, Chinese or English; 0 for none that is."""
    found = amounts.find(said)
    text = found[0].text if len(found) == 1 else None
    return int(text) if text and text.isdigit() else 0


def _months_before(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 - months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1])) + timedelta(days=1)


def _calendar(text: str, today: date) -> Period | None:
    """A whole week, month, quarter or year: this one or one before it."""
    match = _CALENDAR.fullmatch(text)
    if match is None:
        return None
    back = {"上": 1, "上上": 2, "last": 1, "past": 1}.get(match["before"] or match["which"], 0)
    unit = match["english"] or _UNITS[match["unit"]]
    if unit == "week":
        monday = today - timedelta(days=today.weekday() + 7 * back)
        return Period(monday, monday + timedelta(days=6))
    if unit == "month":
        return _months(today.year, today.month - back, 1)
    if unit == "quarter":
        return _months(today.year, (today.month - 1) // 3 * 3 + 1 - 3 * back, 3)
    return _months(today.year - back, 1, 12)


def _part_of_year(text: str, today: date) -> Period | None:
    match = _PART.fullmatch(text)
    if match is None:
        return None
    if match["half"]:
        first, length = (1 if match["half"] == "上" else 7), 6
    else:
        first, length = 3 * _count(match["quarter"]) - 2, 3
    return _months(_year_said(match, today) or _newest_year(today, first), first, length)


def _month(text: str, today: date) -> Period | None:
    match = _MONTH.fullmatch(text)
    if match is None:
        return None
    if match["name"]:
        if match["name"] not in _MONTHS:
            return None
        month, year = _MONTHS.index(match["name"]) + 1, int(match["in"] or 0)
    else:
        month, year = _count(match["month"]), _year_said(match, today)
    if not 1 <= month <= 12:
        return None
    return _months(year or _newest_year(today, month), month, 1)


def _year(text: str, today: date) -> Period | None:
    match = _YEAR.fullmatch(text)
    return None if match is None else _months(_year_said(match, today), 1, 12)


def _year_said(match: re.Match[str], today: date) -> int:
    """The year that was said, else 0."""
    if match["near"]:
        return today.year - {"今年": 0, "去年": 1, "前年": 2}[match["near"]]
    return int(match["year"] or 0)


def _newest_year(today: date, month: int) -> int:
    """The year of the newest such month that has begun."""
    return today.year if month <= today.month else today.year - 1


def _months(year: int, month: int, count: int) -> Period | None:
    """Whole months from a month on; a month below 1 is one of the year before."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    end_year, end_month = year + (month + count - 2) // 12, (month + count - 2) % 12 + 1
    if not 1970 <= year <= end_year <= 9998:
        return None
    return Period(date(year, month, 1), date(end_year, end_month, monthrange(end_year, end_month)[1]))


def _day(text: str, today: date) -> date | None:
    """The newest day that is called so, today included."""
    if text in _AGO:
        return today - timedelta(days=_AGO[text])
    weekday = _WEEKDAY.fullmatch(text)
    if weekday is not None:
        number = _NAMES.index(weekday["english"]) if weekday["english"] else _WEEKDAYS[weekday["day"]]
        day = today + timedelta(days=number - today.weekday())
        weeks = {"上": 1, "上上": 2, "last ": 1}.get(weekday["before"] or weekday["which"] or "")
        return day - timedelta(days=7 * (weeks if weeks is not None else int(day > today)))
    for form in _DAY_FORMS:
        match = form.fullmatch(text)
        if match is not None:
            return _newest_day(match, today)
    return None


def _newest_day(match: re.Match[str], today: date) -> date | None:
    day, said, year = int(match["day"]), match["month"], int(match["year"] or 0)
    if said and not said.isdigit():
        if said not in _MONTHS:
            return None
        said = str(_MONTHS.index(said) + 1)
    if year:
        return _date(year, int(said) if said else today.month, day)
    for back in range(13):
        number = today.year * 12 + today.month - 1 - back
        if said and number % 12 + 1 != int(said):
            continue
        found = _date(number // 12, number % 12 + 1, day)
        if found is not None and found <= today:
            return found
    return None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
