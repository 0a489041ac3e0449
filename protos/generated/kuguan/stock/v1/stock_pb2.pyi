import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import date_pb2 as _date_pb2
from google.type import decimal_pb2 as _decimal_pb2
from google.type import money_pb2 as _money_pb2
from kuguan.type.v1 import imports_pb2 as _imports_pb2
from kuguan.type.v1 import options_pb2 as _options_pb2
from kuguan.type.v1 import quantity_pb2 as _quantity_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReservationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESERVATION_STATE_UNSPECIFIED: _ClassVar[ReservationState]
    RESERVATION_STATE_HELD: _ClassVar[ReservationState]
    RESERVATION_STATE_RESERVED: _ClassVar[ReservationState]
    RESERVATION_STATE_ISSUED: _ClassVar[ReservationState]
    RESERVATION_STATE_RELEASED: _ClassVar[ReservationState]
    RESERVATION_STATE_EXPIRED: _ClassVar[ReservationState]
RESERVATION_STATE_UNSPECIFIED: ReservationState
RESERVATION_STATE_HELD: ReservationState
RESERVATION_STATE_RESERVED: ReservationState
RESERVATION_STATE_ISSUED: ReservationState
RESERVATION_STATE_RELEASED: ReservationState
RESERVATION_STATE_EXPIRED: ReservationState

class Figures(_message.Message):
    __slots__ = ("on_hand", "held", "reserved", "available")
    ON_HAND_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    on_hand: _decimal_pb2.Decimal
    held: _decimal_pb2.Decimal
    reserved: _decimal_pb2.Decimal
    available: _decimal_pb2.Decimal
    def __init__(self, on_hand: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., held: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., reserved: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., available: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class LotFigures(_message.Message):
    __slots__ = ("lot", "serial", "expiry_date", "figures")
    LOT_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_DATE_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    lot: str
    serial: str
    expiry_date: _date_pb2.Date
    figures: Figures
    def __init__(self, lot: _Optional[str] = ..., serial: _Optional[str] = ..., expiry_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., figures: _Optional[_Union[Figures, _Mapping]] = ...) -> None: ...

class PlaceFigures(_message.Message):
    __slots__ = ("warehouse", "figures", "lots")
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    FIGURES_FIELD_NUMBER: _ClassVar[int]
    LOTS_FIELD_NUMBER: _ClassVar[int]
    warehouse: str
    figures: Figures
    lots: _containers.RepeatedCompositeFieldContainer[LotFigures]
    def __init__(self, warehouse: _Optional[str] = ..., figures: _Optional[_Union[Figures, _Mapping]] = ..., lots: _Optional[_Iterable[_Union[LotFigures, _Mapping]]] = ...) -> None: ...

class Availability(_message.Message):
    __slots__ = ("item", "unit", "total", "places")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    PLACES_FIELD_NUMBER: _ClassVar[int]
    item: str
    unit: str
    total: Figures
    places: _containers.RepeatedCompositeFieldContainer[PlaceFigures]
    def __init__(self, item: _Optional[str] = ..., unit: _Optional[str] = ..., total: _Optional[_Union[Figures, _Mapping]] = ..., places: _Optional[_Iterable[_Union[PlaceFigures, _Mapping]]] = ...) -> None: ...

class GetAvailabilityRequest(_message.Message):
    __slots__ = ("item", "warehouse", "include_lots")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_LOTS_FIELD_NUMBER: _ClassVar[int]
    item: str
    warehouse: str
    include_lots: bool
    def __init__(self, item: _Optional[str] = ..., warehouse: _Optional[str] = ..., include_lots: _Optional[bool] = ...) -> None: ...

class GetAvailabilityResponse(_message.Message):
    __slots__ = ("availability",)
    AVAILABILITY_FIELD_NUMBER: _ClassVar[int]
    availability: Availability
    def __init__(self, availability: _Optional[_Union[Availability, _Mapping]] = ...) -> None: ...

class BatchGetAvailabilityRequest(_message.Message):
    __slots__ = ("items", "warehouse")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedScalarFieldContainer[str]
    warehouse: str
    def __init__(self, items: _Optional[_Iterable[str]] = ..., warehouse: _Optional[str] = ...) -> None: ...

class BatchGetAvailabilityResponse(_message.Message):
    __slots__ = ("availabilities",)
    AVAILABILITIES_FIELD_NUMBER: _ClassVar[int]
    availabilities: _containers.RepeatedCompositeFieldContainer[Availability]
    def __init__(self, availabilities: _Optional[_Iterable[_Union[Availability, _Mapping]]] = ...) -> None: ...

class ListAvailabilityRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "warehouse")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    warehouse: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., warehouse: _Optional[str] = ...) -> None: ...

class ListAvailabilityResponse(_message.Message):
    __slots__ = ("availabilities", "next_page_token", "item_count")
    AVAILABILITIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    availabilities: _containers.RepeatedCompositeFieldContainer[Availability]
    next_page_token: str
    item_count: int
    def __init__(self, availabilities: _Optional[_Iterable[_Union[Availability, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., item_count: _Optional[int] = ...) -> None: ...

class ListLowStockRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class LowStock(_message.Message):
    __slots__ = ("item", "name", "name_en", "unit", "available", "reorder_point")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NAME_EN_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    REORDER_POINT_FIELD_NUMBER: _ClassVar[int]
    item: str
    name: str
    name_en: str
    unit: str
    available: _decimal_pb2.Decimal
    reorder_point: _decimal_pb2.Decimal
    def __init__(self, item: _Optional[str] = ..., name: _Optional[str] = ..., name_en: _Optional[str] = ..., unit: _Optional[str] = ..., available: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., reorder_point: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class ListLowStockResponse(_message.Message):
    __slots__ = ("items", "next_page_token")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[LowStock]
    next_page_token: str
    def __init__(self, items: _Optional[_Iterable[_Union[LowStock, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("sequence", "item", "warehouse", "lot", "serial", "quantity", "movement", "document", "line", "counterpart", "occur_time", "record_time", "actor", "client", "unit", "on_hand_after")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MOVEMENT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    COUNTERPART_FIELD_NUMBER: _ClassVar[int]
    OCCUR_TIME_FIELD_NUMBER: _ClassVar[int]
    RECORD_TIME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    ON_HAND_AFTER_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    item: str
    warehouse: str
    lot: str
    serial: str
    quantity: _decimal_pb2.Decimal
    movement: str
    document: str
    line: int
    counterpart: str
    occur_time: _timestamp_pb2.Timestamp
    record_time: _timestamp_pb2.Timestamp
    actor: str
    client: str
    unit: str
    on_hand_after: _decimal_pb2.Decimal
    def __init__(self, sequence: _Optional[int] = ..., item: _Optional[str] = ..., warehouse: _Optional[str] = ..., lot: _Optional[str] = ..., serial: _Optional[str] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., movement: _Optional[str] = ..., document: _Optional[str] = ..., line: _Optional[int] = ..., counterpart: _Optional[str] = ..., occur_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., record_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., client: _Optional[str] = ..., unit: _Optional[str] = ..., on_hand_after: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class ListEntriesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "item", "warehouse", "lot", "document", "start_time", "end_time", "counterpart")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    COUNTERPART_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    item: str
    warehouse: str
    lot: str
    document: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    counterpart: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., item: _Optional[str] = ..., warehouse: _Optional[str] = ..., lot: _Optional[str] = ..., document: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., counterpart: _Optional[str] = ...) -> None: ...

class ListEntriesResponse(_message.Message):
    __slots__ = ("entries", "next_page_token")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    next_page_token: str
    def __init__(self, entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetMovementTotalsRequest(_message.Message):
    __slots__ = ("item", "warehouse", "start_time", "end_time", "counterpart")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    COUNTERPART_FIELD_NUMBER: _ClassVar[int]
    item: str
    warehouse: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    counterpart: str
    def __init__(self, item: _Optional[str] = ..., warehouse: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., counterpart: _Optional[str] = ...) -> None: ...

class MovementTotal(_message.Message):
    __slots__ = ("movement", "quantity", "document_count")
    MOVEMENT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    movement: str
    quantity: _decimal_pb2.Decimal
    document_count: int
    def __init__(self, movement: _Optional[str] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., document_count: _Optional[int] = ...) -> None: ...

class GetMovementTotalsResponse(_message.Message):
    __slots__ = ("totals", "unit")
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    totals: _containers.RepeatedCompositeFieldContainer[MovementTotal]
    unit: str
    def __init__(self, totals: _Optional[_Iterable[_Union[MovementTotal, _Mapping]]] = ..., unit: _Optional[str] = ...) -> None: ...

class OpeningLine(_message.Message):
    __slots__ = ("row", "item", "warehouse", "lot", "serial", "quantity", "expiry_date", "unit_cost")
    ROW_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_DATE_FIELD_NUMBER: _ClassVar[int]
    UNIT_COST_FIELD_NUMBER: _ClassVar[int]
    row: int
    item: str
    warehouse: str
    lot: str
    serial: str
    quantity: _quantity_pb2.Quantity
    expiry_date: _date_pb2.Date
    unit_cost: _money_pb2.Money
    def __init__(self, row: _Optional[int] = ..., item: _Optional[str] = ..., warehouse: _Optional[str] = ..., lot: _Optional[str] = ..., serial: _Optional[str] = ..., quantity: _Optional[_Union[_quantity_pb2.Quantity, _Mapping]] = ..., expiry_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., unit_cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ...) -> None: ...

class OpenStockRequest(_message.Message):
    __slots__ = ("request_id", "lines", "dry_run")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    lines: _containers.RepeatedCompositeFieldContainer[OpeningLine]
    dry_run: bool
    def __init__(self, request_id: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[OpeningLine, _Mapping]]] = ..., dry_run: _Optional[bool] = ...) -> None: ...

class OpenStockResponse(_message.Message):
    __slots__ = ("document", "verdicts", "written")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    document: str
    verdicts: _containers.RepeatedCompositeFieldContainer[_imports_pb2.RowVerdict]
    written: bool
    def __init__(self, document: _Optional[str] = ..., verdicts: _Optional[_Iterable[_Union[_imports_pb2.RowVerdict, _Mapping]]] = ..., written: _Optional[bool] = ...) -> None: ...

class ReserveLine(_message.Message):
    __slots__ = ("line", "item", "warehouse", "quantity")
    LINE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    line: int
    item: str
    warehouse: str
    quantity: _quantity_pb2.Quantity
    def __init__(self, line: _Optional[int] = ..., item: _Optional[str] = ..., warehouse: _Optional[str] = ..., quantity: _Optional[_Union[_quantity_pb2.Quantity, _Mapping]] = ...) -> None: ...

class ReserveRequest(_message.Message):
    __slots__ = ("request_id", "document", "lines", "hold_seconds")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    HOLD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    document: str
    lines: _containers.RepeatedCompositeFieldContainer[ReserveLine]
    hold_seconds: int
    def __init__(self, request_id: _Optional[str] = ..., document: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[ReserveLine, _Mapping]]] = ..., hold_seconds: _Optional[int] = ...) -> None: ...

class Allocation(_message.Message):
    __slots__ = ("lot", "serial", "expiry_date", "quantity")
    LOT_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_DATE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    lot: str
    serial: str
    expiry_date: _date_pb2.Date
    quantity: _decimal_pb2.Decimal
    def __init__(self, lot: _Optional[str] = ..., serial: _Optional[str] = ..., expiry_date: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class ReservedLine(_message.Message):
    __slots__ = ("line", "item", "warehouse", "wanted", "reserved", "issued", "short", "allocations", "unit")
    LINE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WAREHOUSE_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    ISSUED_FIELD_NUMBER: _ClassVar[int]
    SHORT_FIELD_NUMBER: _ClassVar[int]
    ALLOCATIONS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    line: int
    item: str
    warehouse: str
    wanted: _decimal_pb2.Decimal
    reserved: _decimal_pb2.Decimal
    issued: _decimal_pb2.Decimal
    short: _decimal_pb2.Decimal
    allocations: _containers.RepeatedCompositeFieldContainer[Allocation]
    unit: str
    def __init__(self, line: _Optional[int] = ..., item: _Optional[str] = ..., warehouse: _Optional[str] = ..., wanted: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., reserved: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., issued: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., short: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., allocations: _Optional[_Iterable[_Union[Allocation, _Mapping]]] = ..., unit: _Optional[str] = ...) -> None: ...

class Reservation(_message.Message):
    __slots__ = ("document", "state", "expire_time", "lines")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    document: str
    state: ReservationState
    expire_time: _timestamp_pb2.Timestamp
    lines: _containers.RepeatedCompositeFieldContainer[ReservedLine]
    def __init__(self, document: _Optional[str] = ..., state: _Optional[_Union[ReservationState, str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lines: _Optional[_Iterable[_Union[ReservedLine, _Mapping]]] = ...) -> None: ...

class ReserveResponse(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: Reservation
    def __init__(self, reservation: _Optional[_Union[Reservation, _Mapping]] = ...) -> None: ...

class BatchReserveRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[ReserveRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[ReserveRequest, _Mapping]]] = ...) -> None: ...

class ReserveOutcome(_message.Message):
    __slots__ = ("reservation", "refusal")
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    reservation: Reservation
    refusal: Refusal
    def __init__(self, reservation: _Optional[_Union[Reservation, _Mapping]] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("reason", "facts")
    class FactsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REASON_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    facts: _containers.ScalarMap[str, str]
    def __init__(self, reason: _Optional[str] = ..., facts: _Optional[_Mapping[str, str]] = ...) -> None: ...

class BatchReserveResponse(_message.Message):
    __slots__ = ("outcomes",)
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    outcomes: _containers.RepeatedCompositeFieldContainer[ReserveOutcome]
    def __init__(self, outcomes: _Optional[_Iterable[_Union[ReserveOutcome, _Mapping]]] = ...) -> None: ...

class GetReservationRequest(_message.Message):
    __slots__ = ("document",)
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    document: str
    def __init__(self, document: _Optional[str] = ...) -> None: ...

class GetReservationResponse(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: Reservation
    def __init__(self, reservation: _Optional[_Union[Reservation, _Mapping]] = ...) -> None: ...

class ReleaseRequest(_message.Message):
    __slots__ = ("request_id", "document")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    document: str
    def __init__(self, request_id: _Optional[str] = ..., document: _Optional[str] = ...) -> None: ...

class ReleaseResponse(_message.Message):
    __slots__ = ("reservation",)
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    reservation: Reservation
    def __init__(self, reservation: _Optional[_Union[Reservation, _Mapping]] = ...) -> None: ...

class IssueLine(_message.Message):
    __slots__ = ("line", "quantity")
    LINE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    line: int
    quantity: _decimal_pb2.Decimal
    def __init__(self, line: _Optional[int] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ...) -> None: ...

class IssueReservedRequest(_message.Message):
    __slots__ = ("request_id", "document", "lines")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    document: str
    lines: _containers.RepeatedCompositeFieldContainer[IssueLine]
    def __init__(self, request_id: _Optional[str] = ..., document: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[IssueLine, _Mapping]]] = ...) -> None: ...

class IssueReservedResponse(_message.Message):
    __slots__ = ("reservation", "entries")
    RESERVATION_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    reservation: Reservation
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    def __init__(self, reservation: _Optional[_Union[Reservation, _Mapping]] = ..., entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ...) -> None: ...

class ReturnLine(_message.Message):
    __slots__ = ("line", "quantity", "lot", "serial")
    LINE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    line: int
    quantity: _decimal_pb2.Decimal
    lot: str
    serial: str
    def __init__(self, line: _Optional[int] = ..., quantity: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., lot: _Optional[str] = ..., serial: _Optional[str] = ...) -> None: ...

class ReturnToStockRequest(_message.Message):
    __slots__ = ("request_id", "document", "lines")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    document: str
    lines: _containers.RepeatedCompositeFieldContainer[ReturnLine]
    def __init__(self, request_id: _Optional[str] = ..., document: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[ReturnLine, _Mapping]]] = ...) -> None: ...

class ReturnToStockResponse(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    def __init__(self, entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ...) -> None: ...

class CloseReturnRequest(_message.Message):
    __slots__ = ("request_id", "document", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    document: str
    reason: str
    def __init__(self, request_id: _Optional[str] = ..., document: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CloseReturnResponse(_message.Message):
    __slots__ = ("document",)
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    document: str
    def __init__(self, document: _Optional[str] = ...) -> None: ...
