"""A token ends at its time, also for a service that has seen it before."""

from __future__ import annotations

import time

import jwt
import pytest

from services.kit.access import ALGORITHM, AUDIENCE, CLOCK_SECONDS, Verifier
from services.kit.errors import NotSignedIn
from services.kit.testing import Keys


def test_a_token_that_was_taken_before_is_refused_once_it_has_ended() -> None:
    keys = Keys.new()
    # It ends in a moment: the difference between two clocks is nearly used up.
    ends = int(time.time()) - CLOCK_SECONDS + 2
    claims = {"sub": "lixia", "per": "lixia", "aud": AUDIENCE, "exp": ends}
    token = jwt.encode(claims, keys.private, algorithm=ALGORITHM)
    verifier = Verifier(keys.public)
    assert verifier.caller(token).person == "lixia"
    time.sleep(2.2)
    with pytest.raises(NotSignedIn, match="expired"):
        verifier.caller(token)
