"""What people write is kept as they mean it, and nothing gets through that hides, reorders or covers."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import InvalidField
from services.kit.texts import plain_text

HIDING = [
    "\x00",
    "张\x1b三",
    "\u202e张三",
    "\u2066张三\u2069",
    "张\u200b三",
    "张\u200d三",
    "\u2060",
    "\ufeff张三",
    "soft\u00adhyphen",
    "\u061c",
    "\u180e",
    "\u3164",
    "\u2800",
    "\U000e0041",
    "\ud800",
    "\ue000",
    "\ufffe",
    "line\nbreak",
    "z" + "\u0301" * 5,
    "x" * 11,
    "x" * 1_000_000,
]
KEPT = [
    ("", ""),
    (" 张三 ", "张三"),
    ("张\u3000三", "张 三"),
    ("a\u00a0b", "a b"),
    ("e\u0301", "\u00e9"),
    ("１２", "１２"),
    ("=1+1 <@all>", "=1+1 <@all>"),
    ("👍🏽", "👍🏽"),
    ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
    ("\U0001fae8", "\U0001fae8"),
]


@pytest.mark.parametrize("text", HIDING)
def test_what_hides_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        plain_text(text, "purpose", 10)


@pytest.mark.parametrize(("text", "kept"), KEPT)
def test_what_people_write_is_kept(text: str, kept: str) -> None:
    assert plain_text(text, "purpose", 20) == kept


def test_lines_are_kept_where_they_are_allowed() -> None:
    assert plain_text("好\n的", "comment", 10, lines=True) == "好\n的"


@pytest.mark.parametrize("text", ["", "  ", "\u3000", "。。。", "\ufe0f", "🎁"])
def test_what_is_required_says_something(text: str) -> None:
    with pytest.raises(InvalidField):
        plain_text(text, "purpose", 10, required=True)


@given(st.text(max_size=30))
def test_what_was_taken_once_is_taken_again_unchanged(text: str) -> None:
    try:
        taken = plain_text(text, "purpose", 20)
    except InvalidField:
        return
    assert plain_text(taken, "purpose", 20) == taken
    assert not {unicodedata.category(character) for character in taken} & {"Cc", "Cs", "Co"}
