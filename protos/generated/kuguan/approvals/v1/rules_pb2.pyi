import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import money_pb2 as _money_pb2
from kuguan.approvals.v1 import approvals_pb2 as _approvals_pb2
from kuguan.type.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RuleState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RULE_STATE_UNSPECIFIED: _ClassVar[RuleState]
    RULE_STATE_PROPOSED: _ClassVar[RuleState]
    RULE_STATE_ACTIVE: _ClassVar[RuleState]
    RULE_STATE_REPLACED: _ClassVar[RuleState]
RULE_STATE_UNSPECIFIED: RuleState
RULE_STATE_PROPOSED: RuleState
RULE_STATE_ACTIVE: RuleState
RULE_STATE_REPLACED: RuleState

class RuleConditions(_message.Message):
    __slots__ = ("kinds", "minimum_amount", "below_amount", "categories", "departments")
    KINDS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    BELOW_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    CATEGORIES_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENTS_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    minimum_amount: _money_pb2.Money
    below_amount: _money_pb2.Money
    categories: _containers.RepeatedScalarFieldContainer[str]
    departments: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kinds: _Optional[_Iterable[str]] = ..., minimum_amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., below_amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., categories: _Optional[_Iterable[str]] = ..., departments: _Optional[_Iterable[str]] = ...) -> None: ...

class Approver(_message.Message):
    __slots__ = ("manager_of_requester", "role", "person")
    MANAGER_OF_REQUESTER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    manager_of_requester: bool
    role: str
    person: str
    def __init__(self, manager_of_requester: _Optional[bool] = ..., role: _Optional[str] = ..., person: _Optional[str] = ...) -> None: ...

class RuleStep(_message.Message):
    __slots__ = ("title", "approvers", "mode", "remind_after_hours", "escalate_after_hours")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    APPROVERS_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    REMIND_AFTER_HOURS_FIELD_NUMBER: _ClassVar[int]
    ESCALATE_AFTER_HOURS_FIELD_NUMBER: _ClassVar[int]
    title: str
    approvers: _containers.RepeatedCompositeFieldContainer[Approver]
    mode: _approvals_pb2.StepMode
    remind_after_hours: int
    escalate_after_hours: int
    def __init__(self, title: _Optional[str] = ..., approvers: _Optional[_Iterable[_Union[Approver, _Mapping]]] = ..., mode: _Optional[_Union[_approvals_pb2.StepMode, str]] = ..., remind_after_hours: _Optional[int] = ..., escalate_after_hours: _Optional[int] = ...) -> None: ...

class Rule(_message.Message):
    __slots__ = ("name", "title", "title_en", "position", "conditions", "steps", "owners", "state", "version", "proposer", "confirmer", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    TITLE_EN_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CONDITIONS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    OWNERS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    PROPOSER_FIELD_NUMBER: _ClassVar[int]
    CONFIRMER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    title_en: str
    position: int
    conditions: RuleConditions
    steps: _containers.RepeatedCompositeFieldContainer[RuleStep]
    owners: _containers.RepeatedScalarFieldContainer[str]
    state: RuleState
    version: int
    proposer: str
    confirmer: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., title_en: _Optional[str] = ..., position: _Optional[int] = ..., conditions: _Optional[_Union[RuleConditions, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[RuleStep, _Mapping]]] = ..., owners: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[RuleState, str]] = ..., version: _Optional[int] = ..., proposer: _Optional[str] = ..., confirmer: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetRuleRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetRuleResponse(_message.Message):
    __slots__ = ("rule",)
    RULE_FIELD_NUMBER: _ClassVar[int]
    rule: Rule
    def __init__(self, rule: _Optional[_Union[Rule, _Mapping]] = ...) -> None: ...

class ListRulesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRulesResponse(_message.Message):
    __slots__ = ("rules", "next_page_token")
    RULES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[Rule]
    next_page_token: str
    def __init__(self, rules: _Optional[_Iterable[_Union[Rule, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ProposeRuleRequest(_message.Message):
    __slots__ = ("request_id", "rule")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    rule: Rule
    def __init__(self, request_id: _Optional[str] = ..., rule: _Optional[_Union[Rule, _Mapping]] = ...) -> None: ...

class ProposeRuleResponse(_message.Message):
    __slots__ = ("rule",)
    RULE_FIELD_NUMBER: _ClassVar[int]
    rule: Rule
    def __init__(self, rule: _Optional[_Union[Rule, _Mapping]] = ...) -> None: ...

class ConfirmRuleRequest(_message.Message):
    __slots__ = ("request_id", "name", "version")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    version: int
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ConfirmRuleResponse(_message.Message):
    __slots__ = ("rule",)
    RULE_FIELD_NUMBER: _ClassVar[int]
    rule: Rule
    def __init__(self, rule: _Optional[_Union[Rule, _Mapping]] = ...) -> None: ...
