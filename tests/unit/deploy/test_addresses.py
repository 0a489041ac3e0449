"""Mobile numbers and e-mail addresses as people write them, and as products are asked for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.accounts import email_address, mobile_number
from deploy.amounts import BadCell


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+86 13800138000",
        "+86-138-0013-8000",
        "008613800138000",
        "１３８００１３８０００",
        "13800138000.0",
    ],
)
def test_a_mainland_number_has_one_spelling(written: str) -> None:
    assert mobile_number(written) == "13800138000"


def test_a_number_from_elsewhere_keeps_its_country() -> None:
    assert mobile_number("+852 6123-4567") == "+85261234567"
    assert mobile_number("+1 (212) 555.0100") == "+12125550100"


@pytest.mark.parametrize(
    "written", ["1380013800", "138001380000", "1.38E+10", "021-12345678", "+86 2112345678", "6123 4567", "无"]
)
def test_what_may_be_a_slip_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(BadCell) as refused:
        mobile_number(written)
    assert refused.value.reason == "BAD_MOBILE"
    assert written not in str(refused.value.facts)


def test_an_address_is_compared_in_lower_case() -> None:
    assert email_address(" Zhang.San@Example.COM ") == "zhang.san@example.com"


@pytest.mark.parametrize(
    "written", ["zhang.san", "a@b", "a b@example.com", "a@@example.com", "a@example.", "@"]
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(BadCell):
        email_address(written)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (mobile_number, email_address):
        try:
            known = read(text)
        except BadCell:
            continue
        assert read(known) == known
