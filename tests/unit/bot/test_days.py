"""Days as people say them: the next one that is called so, and nothing where it is not certain."""

from datetime import date

import pytest

from bot.commands.days import day_of, first_day_of, last_day_of

WEDNESDAY = date(2026, 7, 15)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("今天", date(2026, 7, 15)),
        ("明天", date(2026, 7, 16)),
        ("周五", date(2026, 7, 17)),
        ("周三", date(2026, 7, 15)),
        ("周二", date(2026, 7, 21)),
        ("下周二", date(2026, 7, 21)),
        ("下周五", date(2026, 7, 24)),
        ("本周日", date(2026, 7, 19)),
        ("礼拜天", date(2026, 7, 19)),
        ("下周", date(2026, 7, 26)),
        ("月底", date(2026, 7, 31)),
        ("下个月底", date(2026, 8, 31)),
        ("8月20日", date(2026, 8, 20)),
        ("20号", date(2026, 7, 20)),
        ("10号", date(2026, 8, 10)),
        ("3月1日", date(2027, 3, 1)),
        ("2026-12-31", date(2026, 12, 31)),
        ("2026年9月1日", date(2026, 9, 1)),
        ("Friday", date(2026, 7, 17)),
        ("next Monday", date(2026, 7, 20)),
        ("Aug 15", date(2026, 8, 15)),
        ("the 15th of August", date(2026, 8, 15)),
        ("end of next week", date(2026, 7, 26)),
        ("the end of the month", date(2026, 7, 31)),
        ("本周一", None),
        ("2月30日", None),
        ("13月1日", None),
        ("随便", None),
        ("5", None),
        ("", None),
    ],
)
def test_a_day_is_the_next_one_called_so_or_none(said: str, meant: date | None) -> None:
    assert day_of(said, WEDNESDAY) == meant


@pytest.mark.parametrize(
    ("first", "last", "meant"),
    [
        ("下周一", "周三", (date(2026, 7, 20), date(2026, 7, 22))),
        ("下周一", "下周五", (date(2026, 7, 20), date(2026, 7, 24))),
        ("下周", "下周", (date(2026, 7, 20), date(2026, 7, 26))),
        ("下周", "一周", (date(2026, 7, 20), date(2026, 7, 26))),
        ("后天", "三天", (date(2026, 7, 17), date(2026, 7, 19))),
        ("30号", "2号", (date(2026, 7, 30), date(2026, 8, 2))),
        ("next Monday", "Wednesday", (date(2026, 7, 20), date(2026, 7, 22))),
        ("tomorrow", "3 days", (date(2026, 7, 16), date(2026, 7, 18))),
        ("this week", "this week", (date(2026, 7, 15), date(2026, 7, 19))),
    ],
)
def test_a_time_ends_behind_its_beginning(first: str, last: str, meant: tuple[date, date]) -> None:
    begins = first_day_of(first, WEDNESDAY)
    assert begins is not None
    assert (begins, last_day_of(last, WEDNESDAY, begins)) == meant
