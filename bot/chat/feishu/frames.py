"""The binary frames of the long connection, and messages that come in several of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

CONTROL: Final = 0
DATA: Final = 1

PARTS_LIMIT: Final = 64
BYTES_LIMIT: Final = 1024 * 1024
PENDING_LIMIT: Final = 32
PENDING_SECONDS: Final = 5.0
"""Parts of one message follow each other at once; what is incomplete for so long never becomes whole."""


class FrameError(ValueError):
    """Bytes that are no frame, or a part that belongs to no message."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it travels. `method` is CONTROL or DATA; an answer repeats everything but the payload."""

    sequence: int
    log_id: int
    service: int
    method: int
    headers: tuple[tuple[str, str], ...] = ()
    payload_encoding: str | None = None
    payload_type: str | None = None
    payload: bytes = b""
    log_id_new: str | None = None

    def header(self, key: str) -> str:
        """The first value of a header, empty where there is none."""
        return next((value for name, value in self.headers if name == key), "")

    def answer(self, payload: bytes, milliseconds: int) -> Frame:
        """The frame that answers this one after so long a time of work."""
        return replace(self, headers=(*self.headers, ("biz_rt", str(milliseconds))), payload=payload)


def ping(service: int) -> Frame:
    """Asks the other end to show that it is there."""
    return Frame(0, 0, service, CONTROL, (("type", "ping"),))


def _message_class() -> Any:
    """The message class of a frame, described here because its definition is another company's."""
    described = descriptor_pb2.FieldDescriptorProto
    required, optional = described.LABEL_REQUIRED, described.LABEL_OPTIONAL
    file = descriptor_pb2.FileDescriptorProto(name="feishu_frame", package="feishu", syntax="proto2")
    header = file.message_type.add(name="Header")
    for number, name in enumerate(("key", "value"), 1):
        header.field.add(name=name, number=number, type=described.TYPE_STRING, label=required)
    frame = file.message_type.add(name="Frame")
    for number, name, kind, label in (
        (1, "sequence", described.TYPE_UINT64, required),
        (2, "log_id", described.TYPE_UINT64, required),
        (3, "service", described.TYPE_INT32, required),
        (4, "method", described.TYPE_INT32, required),
        (6, "payload_encoding", described.TYPE_STRING, optional),
        (7, "payload_type", described.TYPE_STRING, optional),
        (8, "payload", described.TYPE_BYTES, optional),
        (9, "log_id_new", described.TYPE_STRING, optional),
    ):
        frame.field.add(name=name, number=number, type=kind, label=label)
    frame.field.add(
        name="headers",
        number=5,
        type=described.TYPE_MESSAGE,
        type_name=".feishu.Header",
        label=described.LABEL_REPEATED,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("feishu.Frame"))


_MESSAGE: Final = _message_class()
_OPTIONAL: Final = ("payload_encoding", "payload_type", "log_id_new")


def decode(data: bytes) -> Frame:
    """The frame in these bytes; raises FrameError."""
    message = _MESSAGE()
    try:
        message.ParseFromString(data)
        if not message.IsInitialized():
            raise FrameError("a required field is missing")
        return Frame(
            message.sequence,
            message.log_id,
            message.service,
            message.method,
            tuple((header.key, header.value) for header in message.headers),
            payload=message.payload,
            **{name: getattr(message, name) for name in _OPTIONAL if message.HasField(name)},
        )
    except (DecodeError, UnicodeDecodeError) as error:
        raise FrameError(f"no frame: {error}") from None


def encode(frame: Frame) -> bytes:
    """The bytes of a frame."""
    message = _MESSAGE(
        sequence=frame.sequence,
        log_id=frame.log_id,
        service=frame.service,
        method=frame.method,
        payload=frame.payload,
        **{name: value for name in _OPTIONAL if (value := getattr(frame, name)) is not None},
    )
    for key, value in frame.headers:
        message.headers.add(key=key, value=value)
    return bytes(message.SerializeToString())


@dataclass(slots=True)
class _Parts:
    total: int
    until: float
    parts: dict[int, bytes]


class Assembly:
    """Puts messages together that come in several frames, within bounds of number, size and time."""

    def __init__(self) -> None:
        self._pending: dict[str, _Parts] = {}

    def add(self, frame: Frame, now: float) -> bytes | None:
        """The whole payload once its last part is there, None before; `now` is in seconds of any clock.

        Raises FrameError for parts that cannot be.
        """
        total, place = _number(frame.header("sum") or "1"), _number(frame.header("seq") or "0")
        if total <= 1:
            return frame.payload
        key = frame.header("message_id")
        if not key or total > PARTS_LIMIT or place >= total:
            raise FrameError(f"part {place} of {total}")
        self._pending = {name: known for name, known in self._pending.items() if known.until > now}
        known = self._pending.get(key)
        if known is None or known.total != total:
            if len(self._pending) >= PENDING_LIMIT:
                raise FrameError("too many messages in parts")
            known = self._pending[key] = _Parts(total, now + PENDING_SECONDS, {})
        known.parts[place] = frame.payload
        if sum(map(len, known.parts.values())) > BYTES_LIMIT:
            del self._pending[key]
            raise FrameError("the message is too large")
        if len(known.parts) < total:
            return None
        del self._pending[key]
        return b"".join(known.parts[number] for number in range(total))


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise FrameError(f"not a number of parts: {text[:20]!r}")
    return int(text)
