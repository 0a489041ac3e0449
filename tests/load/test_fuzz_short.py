"""Every fuzz target on a bounded number of inputs; `python -m tests.load.fuzz` does it for longer."""

from __future__ import annotations

import json
from secrets import randbelow

import pytest

from tests.load.fuzz import Target, found, fuzz
from tests.load.fuzz.__main__ import told

_INPUTS = 3000


@pytest.mark.parametrize("target", found(), ids=lambda target: target.name)
def test_only_declared_errors_come_out(target: Target) -> None:
    seed = randbelow(2**32)
    outcome = fuzz(target, seed, _INPUTS, None)
    assert not outcome.fault, f"seed {seed}\n{told(outcome)}"


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
