"""Frames, parts and encryption, at their borders."""

from __future__ import annotations

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.feishu.crypto import NotDecrypted, decrypt, is_signed, signature
from bot.chat.feishu.frames import (
    BYTES_LIMIT,
    CONTROL,
    DATA,
    PARTS_LIMIT,
    PENDING_LIMIT,
    PENDING_SECONDS,
    Assembly,
    Frame,
    FrameError,
    decode,
    encode,
    ping,
)
from tests.fakes.feishu_pushes import encrypted, signed

VECTOR_KEY, VECTOR = "test key", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk="


def test_the_published_vector_is_read_and_written() -> None:
    assert decrypt(VECTOR, VECTOR_KEY) == b"hello world"
    assert encrypted(b"hello world", VECTOR_KEY, base64.b64decode(VECTOR)[:16]) == VECTOR


@given(st.binary(max_size=200), st.text(min_size=1, max_size=40))
def test_what_was_encrypted_is_read(plain: bytes, key: str) -> None:
    assert decrypt(encrypted(plain, key), key) == plain


@pytest.mark.parametrize("text", ["", "x", "AAAA", "é", base64.b64encode(b"0" * 17).decode(), VECTOR + "\n"])
def test_what_is_not_encrypted_is_refused(text: str) -> None:
    with pytest.raises(NotDecrypted):
        decrypt(text, VECTOR_KEY)


def test_every_part_of_a_push_is_signed() -> None:
    headers = signed(b"body", "1700000000", "n", "key")
    given_signature = headers["X-Lark-Signature"]
    assert signature("1700000000", "n", "key", b"body") == given_signature
    for changed in (
        ("1700000001", "n", "key", b"body"),
        ("1700000000", "m", "key", b"body"),
        ("1700000000", "n", "yek", b"body"),
        ("1700000000", "n", "key", b"Body"),
    ):
        assert not is_signed(given_signature, *changed)


frames = st.builds(
    Frame,
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    st.integers(-(2**31), 2**31 - 1),
    st.sampled_from([CONTROL, DATA]),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=6).map(tuple),
    st.none() | st.text(max_size=10),
    st.none() | st.text(max_size=10),
    st.binary(max_size=100),
    st.none() | st.text(max_size=10),
)


@given(frames)
def test_a_frame_survives_the_journey(frame: Frame) -> None:
    assert decode(encode(frame)) == frame


@given(st.binary(max_size=200))
def test_bytes_are_a_frame_or_refused(data: bytes) -> None:
    with contextlib.suppress(FrameError):
        decode(data)


def test_a_frame_without_a_required_field_is_none() -> None:
    with pytest.raises(FrameError):
        decode(encode(ping(1))[2:])


def _part(place: int, total: int, payload: bytes, key: str = "m") -> Frame:
    headers = (("message_id", key), ("sum", str(total)), ("seq", str(place)))
    return Frame(1, 1, 1, DATA, headers, payload=payload)


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=PARTS_LIMIT), st.randoms())
def test_parts_come_in_any_order_and_more_than_once(parts: list[bytes], chance: object) -> None:
    assembly = Assembly()
    order = list(range(len(parts)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    for place in order[:-1]:
        for _ in range(2):
            assert assembly.add(_part(place, len(parts), parts[place]), 0.0) is None
    assert assembly.add(_part(order[-1], len(parts), parts[order[-1]]), 0.0) == b"".join(parts)


def test_what_stays_incomplete_is_forgotten() -> None:
    assembly = Assembly()
    assert assembly.add(_part(0, 2, b"old"), 0.0) is None
    assert assembly.add(_part(1, 2, b"new"), PENDING_SECONDS + 1) is None
    assert assembly.add(_part(0, 2, b"re"), PENDING_SECONDS + 1) == b"renew"


@pytest.mark.parametrize(("place", "total"), [(2, 2), (0, PARTS_LIMIT + 1), (99, 3)])
def test_parts_that_cannot_be_are_refused(place: int, total: int) -> None:
    with pytest.raises(FrameError):
        Assembly().add(_part(place, total, b""), 0.0)


def test_pending_messages_have_bounds() -> None:
    assembly = Assembly()
    for number in range(PENDING_LIMIT):
        assembly.add(_part(0, 2, b"", str(number)), 0.0)
    with pytest.raises(FrameError):
        assembly.add(_part(0, 2, b"", "one more"), 0.0)
    with pytest.raises(FrameError):
        Assembly().add(_part(0, 2, b"x" * (BYTES_LIMIT + 1)), 0.0)
