import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import decimal_pb2 as _decimal_pb2
from google.type import money_pb2 as _money_pb2
from kuguan.type.v1 import options_pb2 as _options_pb2
from kuguan.type.v1 import quantity_pb2 as _quantity_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrderState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_STATE_UNSPECIFIED: _ClassVar[OrderState]
    ORDER_STATE_PENDING_APPROVAL: _ClassVar[OrderState]
    ORDER_STATE_APPROVED: _ClassVar[OrderState]
    ORDER_STATE_PARTLY_FULFILLED: _ClassVar[OrderState]
    ORDER_STATE_FULFILLED: _ClassVar[OrderState]
    ORDER_STATE_REJECTED: _ClassVar[OrderState]
    ORDER_STATE_CANCELLED: _ClassVar[OrderState]
    ORDER_STATE_EXPIRED: _ClassVar[OrderState]

class StockEffect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STOCK_EFFECT_UNSPECIFIED: _ClassVar[StockEffect]
    STOCK_EFFECT_ISSUE: _ClassVar[StockEffect]
    STOCK_EFFECT_RECEIVE: _ClassVar[StockEffect]
ORDER_STATE_UNSPECIFIED: OrderState
ORDER_STATE_PENDING_APPROVAL: OrderState
ORDER_STATE_APPROVED: OrderState
ORDER_STATE_PARTLY_FULFILLED: OrderState
ORDER_STATE_FULFILLED: OrderState
ORDER_STATE_REJECTED: OrderState
ORDER_STATE_CANCELLED: OrderState
ORDER_STATE_EXPIRED: OrderState
STOCK_EFFECT_UNSPECIFIED: StockEffect
STOCK_EFFECT_ISSUE: StockEffect
STOCK_EFFECT_RECEIVE: StockEffect

class OrderLine(_message.Message):
    __slots__ = ("line", "item", "warehouse", "quantity", "item_name", "item_name_en", "base_quantity", "base_unit", "category", "amount", "reserved", "short", "fulfilled", "unrecorded")
    LINE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ITEM_NAME_FIELD_NUMBER: _ClassVar[int]
    ITEM_NAME_EN_FIELD_NUMBER: _ClassVar[int]
    BASE_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    BASE_UNIT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    SHORT_FIELD_NUMBER: _ClassVar[int]
    FULFILLED_FIELD_NUMBER: _ClassVar[int]
    UNRECORDED_FIELD_NUMBER: _ClassVar[int]
    line: int
    item: str
    warehouse: str
    quantity: _quantity_pb2.Quantity
    item_name: str
    item_name_en: str
    base_quantity: _decimal_pb2.Decimal
    base_unit: str
    category: str
    amount: _money_pb2.Money
    reserved: _decimal_pb2.Decimal
    short: _decimal_pb2.Decimal
    fulfilled: _decimal_pb2.Decimal
    unrecorded: _decimal_pb2.Decimal
    def __init__(self, line: _Optional[int] = ..., item: _Optional[str] = ..., warehouse: _Optional[str] = ..., quantity: _Optional[_Union[_quantity_pb2.Quantity, _Mapping]] = ..., item_name: _Optional[str] = ..., item_name_en: _Optional[str] = ..., base_quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., base_unit: _Optional[str] = ..., category: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., reserved: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., short: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., fulfilled: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., unrecorded: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("name", "number", "kind", "stock_effect", "movement", "state", "version", "requester", "department", "lines", "purpose", "amount", "outcome_reason", "outcome_person", "expire_time", "create_time", "update_time", "holds_stock", "counterpart")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STOCK_EFFECT_FIELD_NUMBER: _ClassVar[int]
    MOVEMENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_REASON_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_PERSON_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    HOLDS_STOCK_FIELD_NUMBER: _ClassVar[int]
    COUNTERPART_FIELD_NUMBER: _ClassVar[int]
    name: str
    number: int
    kind: str
    stock_effect: StockEffect
    movement: str
    state: OrderState
    version: int
    requester: str
    department: str
    lines: _containers.RepeatedCompositeFieldContainer[OrderLine]
    purpose: str
    amount: _money_pb2.Money
    outcome_reason: str
    outcome_person: str
    expire_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    holds_stock: bool
    counterpart: str
    def __init__(self, name: _Optional[str] = ..., number: _Optional[int] = ..., kind: _Optional[str] = ..., stock_effect: _Optional[_Union[StockEffect, str]] = ..., movement: _Optional[str] = ..., state: _Optional[_Union[OrderState, str]] = ..., version: _Optional[int] = ..., requester: _Optional[str] = ..., department: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[OrderLine, _Mapping]]] = ..., purpose: _Optional[str] = ..., amount: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., outcome_reason: _Optional[str] = ..., outcome_person: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., holds_stock: _Optional[bool] = ..., counterpart: _Optional[str] = ...) -> None: ...

class RequisitionEntry(_message.Message):
    __slots__ = ("purpose",)
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    def __init__(self, purpose: _Optional[str] = ...) -> None: ...

class ReturnToStockEntry(_message.Message):
    __slots__ = ("purpose",)
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    def __init__(self, purpose: _Optional[str] = ...) -> None: ...

class SampleEntry(_message.Message):
    __slots__ = ("purpose",)
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    purpose: str
    def __init__(self, purpose: _Optional[str] = ...) -> None: ...

class CreateOrderLine(_message.Message):
    __slots__ = ("item", "warehouse", "quantity")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    item: str
    warehouse: str
    quantity: _quantity_pb2.Quantity
    def __init__(self, item: _Optional[str] = ..., warehouse: _Optional[str] = ..., quantity: _Optional[_Union[_quantity_pb2.Quantity, _Mapping]] = ...) -> None: ...

class CreateOrderRequest(_message.Message):
    __slots__ = ("request_id", "lines", "requisition", "return_to_stock", "sample")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    REQUISITION_FIELD_NUMBER: _ClassVar[int]
    RETURN_TO_STOCK_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    lines: _containers.RepeatedCompositeFieldContainer[CreateOrderLine]
    requisition: RequisitionEntry
    return_to_stock: ReturnToStockEntry
    sample: SampleEntry
    def __init__(self, request_id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[CreateOrderLine, _Mapping]]] = ..., requisition: _Optional[_Union[RequisitionEntry, _Mapping]] = ..., return_to_stock: _Optional[_Union[ReturnToStockEntry, _Mapping]] = ..., sample: _Optional[_Union[SampleEntry, _Mapping]] = ...) -> None: ...

class CreateOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: Order
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: Order
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "requester", "states")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    requester: str
    states: _containers.RepeatedScalarFieldContainer[OrderState]
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., requester: _Optional[str] = ..., states: _Optional[_Iterable[_Union[OrderState, str]]] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders", "next_page_token")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[Order]
    next_page_token: str
    def __init__(self, orders: _Optional[_Iterable[_Union[Order, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetReturnableRequest(_message.Message):
    __slots__ = ("items", "return_to_stock")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    RETURN_TO_STOCK_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedScalarFieldContainer[str]
    return_to_stock: ReturnToStockEntry
    def __init__(self, items: _Optional[_Iterable[str]] = ..., return_to_stock: _Optional[_Union[ReturnToStockEntry, _Mapping]] = ...) -> None: ...

class Returnable(_message.Message):
    __slots__ = ("item", "bounded", "outstanding", "unit")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    BOUNDED_FIELD_NUMBER: _ClassVar[int]
    OUTSTANDING_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    item: str
    bounded: bool
    outstanding: _decimal_pb2.Decimal
    unit: str
    def __init__(self, item: _Optional[str] = ..., bounded: _Optional[bool] = ..., outstanding: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., unit: _Optional[str] = ...) -> None: ...

class GetReturnableResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Returnable]
    def __init__(self, items: _Optional[_Iterable[_Union[Returnable, _Mapping]]] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ("request_id", "name", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: Order
    def __init__(self, order: _Optional[_Union[Order, _Mapping]] = ...) -> None: ...
