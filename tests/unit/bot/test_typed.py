"""A typed word stands for a button only where it is all that was said."""

from __future__ import annotations

import pytest

from bot.typed import typed


@pytest.mark.parametrize("text", ["确认", " 确认。 ", "「确认」", "Confirm.", "确认" + " " * 100])
def test_a_word_alone_is_a_button(text: str) -> None:
    button = typed(text)
    assert button is not None
    assert button.action == "confirm"


@pytest.mark.parametrize("text", ["确认" + " " * 60 + "不要", "确认" + "。" * 60 + "吗", "确认一下"])
def test_more_than_the_word_is_no_button_however_far_behind(text: str) -> None:
    assert typed(text) is None
