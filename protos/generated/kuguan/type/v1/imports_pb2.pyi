from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_TAKEN: _ClassVar[Verdict]
    VERDICT_MENDED: _ClassVar[Verdict]
    VERDICT_UNCHANGED: _ClassVar[Verdict]
    VERDICT_REFUSED: _ClassVar[Verdict]
VERDICT_UNSPECIFIED: Verdict
VERDICT_TAKEN: Verdict
VERDICT_MENDED: Verdict
VERDICT_UNCHANGED: Verdict
VERDICT_REFUSED: Verdict

class RowVerdict(_message.Message):
    __slots__ = ("row", "verdict", "reason", "facts")
    class FactsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ROW_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    row: int
    verdict: Verdict
    reason: str
    facts: _containers.ScalarMap[str, str]
    def __init__(self, row: _Optional[int] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., reason: _Optional[str] = ..., facts: _Optional[_Mapping[str, str]] = ...) -> None: ...
