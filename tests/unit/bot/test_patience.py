"""Pauses grow while nobody answers; whoever gets no answer while others do is to blame."""

from __future__ import annotations

import pytest

from bot import patience
from bot.chat.errors import Transient
from bot.patience import Patience, ProductAway


async def _refuse() -> None:
    raise Transient("500")


async def _take() -> str:
    return "taken"


def test_pauses_grow_to_the_longest_and_begin_anew_after_an_answer() -> None:
    patient = Patience()
    pauses = [patient.pause(1) for _ in range(12)]
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    assert patient.pause(2) == 1
    patient.ended(1)
    assert patient.pause(1) == 1


async def test_a_product_is_away_as_long_as_it_answers_nothing_since_the_last_try() -> None:
    now = [0.0]
    patient = Patience(lambda: now[0])
    assert await patient.answer(1, "slack", _take()) == "taken"
    now[0] = 1.0
    for _ in range(2):
        with pytest.raises(ProductAway):
            await patient.answer(2, "slack", _refuse())
        patient.pause(2)
        now[0] += 1.0
        assert await patient.answer(1, "wecom", _take()) == "taken", "another product"
    assert await patient.answer(1, "slack", _take()) == "taken"
    with pytest.raises(Transient):
        await patient.answer(2, "slack", _refuse())
    patient.pause(2)
    now[0] += 1.0
    with pytest.raises(ProductAway):
        await patient.answer(2, "slack", _refuse())


def test_deliveries_that_others_sent_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_REMEMBERED", 10)
    patient = Patience()
    for sequence in range(100):
        patient.pause(sequence)
    assert len(patient._failed) == 10
