"""Ids are unique, sort by their time and fit wherever they are put."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.errors import InvalidField
from services.kit.ids import check_aggregate, check_request_id, new_id

HOSTILE = [
    "", " ", "a b", "a.b", "a*", "a>", "a/b", "../etc", "a\n", "a\x00", "页", "a" * 81, "a" * 10_000, "a$b",
    "\ud800",
]  # fmt: skip


def test_many_ids_made_at_one_time_differ() -> None:
    made = {new_id(1_700_000_000_000) for _ in range(10_000)}
    assert len(made) == 10_000


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_ids_sort_by_their_time(first: int, second: int) -> None:
    if first != second:
        assert (new_id(first) < new_id(second)) == (first < second)


@given(st.integers(0, 2**48 - 1))
def test_an_id_is_good_as_request_id_and_as_aggregate(moment: int) -> None:
    made = new_id(moment)
    assert re.fullmatch(r"[0-9a-z]{26}", made)
    assert check_request_id(made) == check_aggregate(made) == made


def test_an_id_without_a_given_time_takes_the_clocks() -> None:
    assert new_id(0) < new_id() < new_id(2**48 - 1)


@pytest.mark.parametrize("aggregate", HOSTILE)
def test_nothing_that_means_something_in_a_subject_is_an_aggregate(aggregate: str) -> None:
    with pytest.raises(AssertionError):
        check_aggregate(aggregate)


@pytest.mark.parametrize("request_id", [*(text for text in HOSTILE if text != "a.b"), "short-7", "a.b"])
def test_what_is_no_request_id_is_refused_as_a_field(request_id: str) -> None:
    with pytest.raises(InvalidField, match="request_id"):
        check_request_id(request_id)


@pytest.mark.parametrize("request_id", ["12345678", "web:zhangsan.k-1_2", "a" * 80])
def test_request_ids_of_any_front_are_taken(request_id: str) -> None:
    assert check_request_id(request_id) == request_id
