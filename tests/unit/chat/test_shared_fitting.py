"""Text that is made to fit: never longer than allowed, and never cut inside a sign."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.chat.fitting import card_text, cut, cut_bytes, cut_width, width
from bot.chat.platform import Button, Card, Group, Line

texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=300)
mixed = some.lists(
    some.sampled_from(
        ["库", "管", "A4 ", "paper ", "é", "e\u0301", "👍🏽", "👨‍👩‍👧", "🇨🇳", "1️⃣", "❤️", "。", "x" * 30]
    ),
    max_size=80,
).map("".join)


@given(texts | mixed, some.integers(1, 200))
def test_a_cut_text_is_as_long_as_allowed_and_says_that_it_was_cut(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= limit
    if len(text) <= limit:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


@given(texts | mixed, some.integers(3, 400))
def test_bytes_are_counted_as_bytes(text: str, size: int) -> None:
    short = cut_bytes(text, size)
    assert len(short.encode()) <= size
    if len(text.encode()) <= size:
        assert short == text
    else:
        assert short.endswith("…")
        assert text.startswith(short[:-1])


@given(mixed, some.integers(3, 120))
def test_no_sign_is_cut_in_two(text: str, limit: int) -> None:
    for short in (cut(text, limit), cut_bytes(text, limit * 3)):
        if short == text:
            continue
        kept = short[:-1]
        rest = text[len(kept) :]
        assert not kept.endswith("\u200d")
        assert unicodedata.combining(rest[0]) == 0
        assert rest[0] not in "\u200d\ufe0f\u20e3🏽"
        assert sum("\U0001f1e6" <= one <= "\U0001f1ff" for one in kept) % 2 == 0


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("A4 printing paper", 14, "A4 printing…"),
        ("A4 printing paper", 12, "A4 printing…"),
        ("A4 printing paper", 11, "A4…"),
        ("打印纸和墨盒", 4, "打印纸…"),
        ("x" * 40, 10, "x" * 9 + "…"),
        ("给我👨‍👩‍👧", 4, "给我…"),
        ("国旗🇨🇳🇨🇳", 5, "国旗…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("长", 1, "长"),
        ("长长", 1, "…"),
    ],
)
def test_what_is_cut_ends_at_a_word(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


@given(some.text(max_size=60), some.integers(2, 40))
def test_a_text_is_at_most_as_wide_as_allowed(text: str, limit: int) -> None:
    short = cut_width(text, limit)
    assert width(short) <= limit
    assert (short == text) is (width(text) <= limit)


def test_a_latin_letter_is_half_as_wide_as_a_chinese_sign() -> None:
    assert width("领用 LY1001") == 11
    assert cut_width("领用 LY1001 ok", 11) == "领用…"
    assert cut_width("please confirm now", 16) == "please confirm…"


def test_a_card_in_plain_lines_says_everything() -> None:
    card = Card(
        "c",
        "审批",
        "张三",
        (Line("用途", "投标"),),
        (Group("A4纸", (Line("批次", "B1"),), "缺 1 包"),),
        (Button("approve", "同意"),),
        stamp="处理中",
        fallback="回复「同意 1027」",
    )
    assert card_text(card).splitlines() == [
        "审批",
        "张三",
        "用途: 投标",
        "A4纸",
        "  批次: B1",
        "缺 1 包",
        "处理中",
        "回复「同意 1027」",
    ]
    assert card_text(Card("c", "")) == ""
