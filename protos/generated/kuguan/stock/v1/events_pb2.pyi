from google.type import decimal_pb2 as _decimal_pb2
from kuguan.stock.v1 import items_pb2 as _items_pb2
from kuguan.stock.v1 import stock_pb2 as _stock_pb2
from kuguan.stock.v1 import warehouses_pb2 as _warehouses_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ItemCreated(_message.Message):
    __slots__ = ("item",)
    ITEM_FIELD_NUMBER: _ClassVar[int]
    item: _items_pb2.Item
    def __init__(self, item: _Optional[_Union[_items_pb2.Item, _Mapping]] = ...) -> None: ...

class ItemUpdated(_message.Message):
    __slots__ = ("item",)
    ITEM_FIELD_NUMBER: _ClassVar[int]
    item: _items_pb2.Item
    def __init__(self, item: _Optional[_Union[_items_pb2.Item, _Mapping]] = ...) -> None: ...

class ItemAnnounced(_message.Message):
    __slots__ = ("item",)
    ITEM_FIELD_NUMBER: _ClassVar[int]
    item: _items_pb2.Item
    def __init__(self, item: _Optional[_Union[_items_pb2.Item, _Mapping]] = ...) -> None: ...

class WarehouseCreated(_message.Message):
    __slots__ = ("warehouse",)
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    warehouse: _warehouses_pb2.Warehouse
    def __init__(self, warehouse: _Optional[_Union[_warehouses_pb2.Warehouse, _Mapping]] = ...) -> None: ...

class WarehouseAnnounced(_message.Message):
    __slots__ = ("warehouse",)
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    warehouse: _warehouses_pb2.Warehouse
    def __init__(self, warehouse: _Optional[_Union[_warehouses_pb2.Warehouse, _Mapping]] = ...) -> None: ...

class StockOpened(_message.Message):
    __slots__ = ("document", "entry_count", "first_sequence", "last_sequence")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    ENTRY_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    document: str
    entry_count: int
    first_sequence: int
    last_sequence: int
    def __init__(self, document: _Optional[str] = ..., entry_count: _Optional[int] = ..., first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ...) -> None: ...

class StockReserved(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: _stock_pb2.Reservation
    def __init__(self, reservation: _Optional[_Union[_stock_pb2.Reservation, _Mapping]] = ...) -> None: ...

class StockShort(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: _stock_pb2.Reservation
    def __init__(self, reservation: _Optional[_Union[_stock_pb2.Reservation, _Mapping]] = ...) -> None: ...

class StockReleased(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: _stock_pb2.Reservation
    def __init__(self, reservation: _Optional[_Union[_stock_pb2.Reservation, _Mapping]] = ...) -> None: ...

class HoldExpired(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: _stock_pb2.Reservation
    def __init__(self, reservation: _Optional[_Union[_stock_pb2.Reservation, _Mapping]] = ...) -> None: ...

class StockIssued(_message.Message):
    __slots__ = ("reservation", "entries")
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    reservation: _stock_pb2.Reservation
    entries: _containers.RepeatedCompositeFieldContainer[_stock_pb2.Entry]
    def __init__(self, reservation: _Optional[_Union[_stock_pb2.Reservation, _Mapping]] = ..., entries: _Optional[_Iterable[_Union[_stock_pb2.Entry, _Mapping]]] = ...) -> None: ...

class ReturnedLine(_message.Message):
    __slots__ = ("line", "returned")
    LINE_FIELD_NUMBER: _ClassVar[int]
    RETURNED_FIELD_NUMBER: _ClassVar[int]
    line: int
    returned: _decimal_pb2.Decimal
    def __init__(self, line: _Optional[int] = ..., returned: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class StockReturned(_message.Message):
    __slots__ = ("document", "lines", "entries")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    document: str
    lines: _containers.RepeatedCompositeFieldContainer[ReturnedLine]
    entries: _containers.RepeatedCompositeFieldContainer[_stock_pb2.Entry]
    def __init__(self, document: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[ReturnedLine, _Mapping]]] = ..., entries: _Optional[_Iterable[_Union[_stock_pb2.Entry, _Mapping]]] = ...) -> None: ...

class ReturnClosed(_message.Message):
    __slots__ = ("document", "actor", "reason")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    document: str
    actor: str
    reason: str
    def __init__(self, document: _Optional[str] = ..., actor: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
