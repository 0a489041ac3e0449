"""Every fuzz target for some seconds; `python -m tests.load.fuzz` does it for longer."""

from __future__ import annotations

import json
from collections import Counter
from secrets import randbelow

import pytest

from bot.chat.products import PRODUCTS
from tests.load.fuzz import Target, found, fuzz
from tests.load.fuzz.__main__ import told

_SECONDS = 30.0
"""For what one product delivers, shared by the parsers that it goes through."""
_TARGETS = found()
_SHARED_BY = Counter(target.product for target in _TARGETS)


@pytest.mark.parametrize("target", _TARGETS, ids=lambda target: target.name)
def test_only_declared_errors_come_out(target: Target) -> None:
    seed = randbelow(2**32)
    outcome = fuzz(target, seed, None, _SECONDS / _SHARED_BY[target.product])
    assert not outcome.fault, f"seed {seed}\n{told(outcome)}"
    assert outcome.inputs > len(target.seeds), "no more than the good ones were tried"


def test_every_chat_product_has_parsers_to_try() -> None:
    assert set(_SHARED_BY) == set(PRODUCTS)


def test_a_fault_is_found_and_made_small() -> None:
    def parse(data: bytes) -> None:
        if b"null" in data:
            raise KeyError("null")

    outcome = fuzz(
        Target("planted", parse, [json.dumps({"type": "message", "user": "U1"}).encode()]), 1, 50_000, None
    )
    assert outcome.fault.startswith("KeyError")
    assert outcome.culprit == b"null"
    assert "6e756c6c" in told(outcome)


def test_the_same_seed_repeats_a_run() -> None:
    seen: list[list[bytes]] = []
    for _ in range(2):
        inputs: list[bytes] = []
        fuzz(Target("noted", inputs.append, [b'{"type": "message", "user": "U1"}']), 7, 200, None)
        seen.append(inputs)
    assert seen[0] == seen[1]
    assert len(set(seen[0])) > 150
