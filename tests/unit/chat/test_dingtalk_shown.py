"""Calls that change nothing are saved, and never one that might change something."""

from __future__ import annotations

import gc

from bot.chat.dingtalk import shown
from bot.chat.dingtalk.shown import FRESH_SECONDS, Shown


def test_what_was_just_shown_need_not_be_shown_again() -> None:
    clock = [100.0]
    known = Shown(lambda: clock[0])
    known.note("card", {"title": "a", "notice": ""})
    assert known.has("card", {"title": "a"})
    assert not known.has("card", {"title": "b"})
    assert not known.has("other", {"title": "a"})
    clock[0] += FRESH_SECONDS + 1
    assert not known.has("card", {"title": "a"})


def test_a_change_of_some_parameters_leaves_the_others() -> None:
    known = Shown()
    known.note("card", {"title": "a", "notice": "x"})
    known.note("card", {"title": "b"})
    assert known.has("card", {"title": "b", "notice": "x"})
    known.forget("card")
    assert not known.has("card", {"title": "b"})


def test_only_the_newest_cards_are_known() -> None:
    known = Shown()
    for number in range(shown.KEPT + 1):
        known.note(str(number), {"title": "a"})
    assert not known.has("0", {"title": "a"})
    assert known.has("1", {"title": "a"})


def test_a_card_has_one_turn_while_anybody_waits_for_it_and_no_memory_afterwards() -> None:
    known = Shown()
    turn = known.turn("card")
    assert known.turn("card") is turn
    del turn
    gc.collect()
    assert len(known._turns) == 0
