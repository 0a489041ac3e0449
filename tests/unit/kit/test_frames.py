"""Frames arrive whole and in order, however the sockets cut them."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.kit.frames import Kind, Line, packed_call, unpacked_call

Frame = tuple[int, int, bytes]
FRAMES = st.lists(st.tuples(st.sampled_from(Kind), st.integers(0, 0xFFFFFFFF), st.binary(max_size=40)))


class Wire(asyncio.Transport):
    """Keeps what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return len(self.written)

    def is_closing(self) -> bool:
        return self.is_closed


def sent(frames: list[tuple[Kind, int, bytes]]) -> bytes:
    """What a line writes for frames."""
    wire, line = Wire(), Line(lambda *_: None, lambda: None)
    line.connection_made(wire)
    for kind, number, body in frames:
        line.say(kind, number, body)
    return bytes(wire.written)


def heard(pieces: list[bytes]) -> list[Frame]:
    """What a line hears when pieces arrive."""
    found: list[Frame] = []
    line = Line(lambda *frame: found.append(frame), lambda: None)
    for piece in pieces:
        line.data_received(piece)
    return found


@given(frames=FRAMES, cuts=st.lists(st.integers(0, 1000)))
def test_frames_arrive_as_they_were_sent_wherever_they_are_cut(
    frames: list[tuple[Kind, int, bytes]], cuts: list[int]
) -> None:
    data = sent(frames)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    assert heard([data[start:end] for start, end in pairwise(places)]) == frames


def test_a_frame_may_be_cut_at_every_byte() -> None:
    frames = [(Kind.CALL, 7, b"first"), (Kind.END, 7, b""), (Kind.CALL, 8, b"second")]
    data = sent(frames)
    assert heard([data]) == frames
    for cut in range(len(data)):
        assert heard([data[:cut], data[cut:]]) == frames
    assert heard([data[place : place + 1] for place in range(len(data))]) == frames


def test_a_large_message_crosses_between_small_ones() -> None:
    frames = [(Kind.ANSWER, 1, b"x"), (Kind.ANSWER, 2, b"y" * 5_000_000), (Kind.ANSWER, 3, b"")]
    data = sent(frames)
    assert heard([data[place : place + 65_536] for place in range(0, len(data), 65_536)]) == frames


def test_nothing_is_written_to_an_end_that_is_gone() -> None:
    wire, line = Wire(), Line(lambda *_: None, lambda: None)
    line.say(Kind.CLOSE)
    line.connection_made(wire)
    wire.is_closed = True
    line.say(Kind.CLOSE)
    assert wire.written == b""


def test_a_line_is_full_when_much_waits_to_be_written() -> None:
    wire, line = Wire(), Line(lambda *_: None, lambda: None)
    assert not line.is_full()
    line.connection_made(wire)
    line.say(Kind.CALL, 1, b"x" * 1024)
    assert not line.is_full()
    for number in range(17):
        line.say(Kind.CALL, number, b"x" * 4 * 1024 * 1024)
    assert line.is_full()


@given(method=st.integers(0, 0xFFFF), who=st.text(max_size=30), trace=st.text(max_size=30), body=st.binary())
def test_a_call_is_unpacked_as_it_was_packed(method: int, who: str, trace: str, body: bytes) -> None:
    assert unpacked_call(packed_call(method, who, trace, body)) == (method, who, trace, body)
