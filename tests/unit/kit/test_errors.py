"""Errors carry a stable reason and facts, and cross the border without the words of an exception."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from google.rpc import error_details_pb2

from services.kit.errors import (
    KINDS,
    InternalFault,
    InvalidField,
    KuguanError,
    NoSuch,
    NotSignedIn,
    RuleBroken,
    TooBusy,
    Unreachable,
)
from services.kit.rpc import CODES, to_status


@dataclass(eq=False)
class InsufficientStock(RuleBroken):
    """Made for this test."""

    item: str
    available: int


def test_the_reason_is_the_name_and_the_facts_are_the_fields() -> None:
    error = InsufficientStock("BG-001", 3)
    assert (error.kind, error.reason) == ("rule_broken", "INSUFFICIENT_STOCK")
    assert error.facts == {"item": "BG-001", "available": "3"}
    assert str(error) == "INSUFFICIENT_STOCK(item=BG-001, available=3)"
    assert isinstance(error, Exception)


def test_every_kind_has_a_status_of_its_own() -> None:
    codes = [CODES[kind] for kind in KINDS]
    assert len(set(codes)) == len(KINDS) == 7


@pytest.mark.parametrize(
    "error", [InvalidField("a", "b"), NoSuch("item", "x"), NotSignedIn("no"), Unreachable(), InternalFault()]
)
def test_each_error_crosses_with_reason_and_facts(error: KuguanError) -> None:
    status = to_status(error)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (status.message, info.reason, info.domain) == (error.reason, error.reason, "kuguan")
    assert dict(info.metadata) == error.facts


def test_a_refusal_for_load_says_when_to_come_back() -> None:
    retry = error_details_pb2.RetryInfo()
    assert to_status(TooBusy("calls", 0.2)).details[1].Unpack(retry)
    assert retry.retry_delay.ToNanoseconds() == 200_000_000


def test_hostile_facts_neither_break_nor_flood_the_border() -> None:
    status = to_status(NoSuch("item", "\ud800" + "页" * 100_000))
    assert len(status.SerializeToString()) < 2_000
