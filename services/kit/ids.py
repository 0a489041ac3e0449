"""Ids made by us: unique, sortable by the time they were made, safe in subjects, file names and URLs."""

from __future__ import annotations

import re
import secrets
import time
from base64 import b32encode
from functools import lru_cache

from services.kit.errors import InvalidField

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _ALPHABET.encode())
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:\-]{8,80}")
_AGGREGATE = re.compile(r"[A-Za-z0-9_\-]{1,80}")


def new_id(milliseconds: int | None = None) -> str:
    """26 characters: 48 bits of time in milliseconds, then 80 random bits, in Crockford's base 32."""
    moment = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    return _of_time(moment) + b32encode(secrets.token_bytes(10)).translate(_TO_CROCKFORD).decode()


@lru_cache(64)
def _of_time(milliseconds: int) -> str:
    return "".join(_ALPHABET[(milliseconds >> shift) & 31] for shift in range(45, -1, -5))


def check_request_id(request_id: str) -> str:
    """The request id if it is one; raises InvalidField."""
    if not _REQUEST_ID.fullmatch(request_id):
        raise InvalidField("request_id", "8 to 80 letters, digits or _ . : - are needed")
    return request_id


def check_aggregate(aggregate: str) -> str:
    """An aggregate's id becomes part of a subject, so nothing that means something there may be in it."""
    assert _AGGREGATE.fullmatch(aggregate), f"not an aggregate id: {aggregate[:100]!r}"
    return aggregate
