from kuguan.approvals.v1 import approvals_pb2 as _approvals_pb2
from kuguan.approvals.v1 import people_pb2 as _people_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ApprovalRequested(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _approvals_pb2.Task
    def __init__(self, task: _Optional[_Union[_approvals_pb2.Task, _Mapping]] = ...) -> None: ...

class ApprovalGranted(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _approvals_pb2.Task
    def __init__(self, task: _Optional[_Union[_approvals_pb2.Task, _Mapping]] = ...) -> None: ...

class ApprovalRefused(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _approvals_pb2.Task
    def __init__(self, task: _Optional[_Union[_approvals_pb2.Task, _Mapping]] = ...) -> None: ...

class ApprovalWithdrawn(_message.Message):
    __slots__ = ("task", "by_requester")
    TASK_FIELD_NUMBER: _ClassVar[int]
    BY_REQUESTER_FIELD_NUMBER: _ClassVar[int]
    task: _approvals_pb2.Task
    by_requester: bool
    def __init__(self, task: _Optional[_Union[_approvals_pb2.Task, _Mapping]] = ..., by_requester: _Optional[bool] = ...) -> None: ...

class ApprovalReminded(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _approvals_pb2.Task
    def __init__(self, task: _Optional[_Union[_approvals_pb2.Task, _Mapping]] = ...) -> None: ...

class ApprovalStuck(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: _approvals_pb2.Task
    def __init__(self, task: _Optional[_Union[_approvals_pb2.Task, _Mapping]] = ...) -> None: ...

class PersonCreated(_message.Message):
    __slots__ = ("person",)
    PERSON_FIELD_NUMBER: _ClassVar[int]
    person: _people_pb2.Person
    def __init__(self, person: _Optional[_Union[_people_pb2.Person, _Mapping]] = ...) -> None: ...

class PersonUpdated(_message.Message):
    __slots__ = ("person",)
    PERSON_FIELD_NUMBER: _ClassVar[int]
    person: _people_pb2.Person
    def __init__(self, person: _Optional[_Union[_people_pb2.Person, _Mapping]] = ...) -> None: ...

class PersonAnnounced(_message.Message):
    __slots__ = ("person",)
    PERSON_FIELD_NUMBER: _ClassVar[int]
    person: _people_pb2.Person
    def __init__(self, person: _Optional[_Union[_people_pb2.Person, _Mapping]] = ...) -> None: ...

class IdentityBound(_message.Message):
    __slots__ = ("identity",)
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    identity: _people_pb2.Identity
    def __init__(self, identity: _Optional[_Union[_people_pb2.Identity, _Mapping]] = ...) -> None: ...

class IdentityUnbound(_message.Message):
    __slots__ = ("identity",)
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    identity: _people_pb2.Identity
    def __init__(self, identity: _Optional[_Union[_people_pb2.Identity, _Mapping]] = ...) -> None: ...
