import datetime

from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.type import decimal_pb2 as _decimal_pb2
from google.type import money_pb2 as _money_pb2
from kuguan.type.v1 import imports_pb2 as _imports_pb2
from kuguan.type.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Tracking(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRACKING_UNSPECIFIED: _ClassVar[Tracking]
    TRACKING_NONE: _ClassVar[Tracking]
    TRACKING_LOT: _ClassVar[Tracking]
    TRACKING_SERIAL: _ClassVar[Tracking]
TRACKING_UNSPECIFIED: Tracking
TRACKING_NONE: Tracking
TRACKING_LOT: Tracking
TRACKING_SERIAL: Tracking

class Pack(_message.Message):
    __slots__ = ("unit", "numerator", "denominator")
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    unit: str
    numerator: int
    denominator: int
    def __init__(self, unit: _Optional[str] = ..., numerator: _Optional[int] = ..., denominator: _Optional[int] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ("code", "name", "name_en", "specification", "category", "base_unit", "quantity_scale", "packs", "aliases", "barcode", "tracking", "shelf_life_days", "reference_cost", "list_price", "reorder_point", "archived", "etag", "create_time", "update_time")
    CODE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NAME_EN_FIELD_NUMBER: _ClassVar[int]
    SPECIFICATION_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    BASE_UNIT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_SCALE_FIELD_NUMBER: _ClassVar[int]
    PACKS_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    BARCODE_FIELD_NUMBER: _ClassVar[int]
    TRACKING_FIELD_NUMBER: _ClassVar[int]
    SHELF_LIFE_DAYS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_COST_FIELD_NUMBER: _ClassVar[int]
    LIST_PRICE_FIELD_NUMBER: _ClassVar[int]
    REORDER_POINT_FIELD_NUMBER: _ClassVar[int]
    ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    code: str
    name: str
    name_en: str
    specification: str
    category: str
    base_unit: str
    quantity_scale: int
    packs: _containers.RepeatedCompositeFieldContainer[Pack]
    aliases: _containers.RepeatedScalarFieldContainer[str]
    barcode: str
    tracking: Tracking
    shelf_life_days: int
    reference_cost: _money_pb2.Money
    list_price: _money_pb2.Money
    reorder_point: _decimal_pb2.Decimal
    archived: bool
    etag: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, code: _Optional[str] = ..., name: _Optional[str] = ..., name_en: _Optional[str] = ..., specification: _Optional[str] = ..., category: _Optional[str] = ..., base_unit: _Optional[str] = ..., quantity_scale: _Optional[int] = ..., packs: _Optional[_Iterable[_Union[Pack, _Mapping]]] = ..., aliases: _Optional[_Iterable[str]] = ..., barcode: _Optional[str] = ..., tracking: _Optional[_Union[Tracking, str]] = ..., shelf_life_days: _Optional[int] = ..., reference_cost: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., list_price: _Optional[_Union[_money_pb2.Money, _Mapping]] = ..., reorder_point: _Optional[_Union[_decimal_pb2.Decimal, _Mapping]] = ..., archived: _Optional[bool] = ..., etag: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetItemRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetItemResponse(_message.Message):
    __slots__ = ("item",)
    ITEM_FIELD_NUMBER: _ClassVar[int]
    item: Item
    def __init__(self, item: _Optional[_Union[Item, _Mapping]] = ...) -> None: ...

class ListItemsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "category", "include_archived")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_ARCHIVED_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    category: str
    include_archived: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., category: _Optional[str] = ..., include_archived: _Optional[bool] = ...) -> None: ...

class ListItemsResponse(_message.Message):
    __slots__ = ("items", "next_page_token")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[Item]
    next_page_token: str
    def __init__(self, items: _Optional[_Iterable[_Union[Item, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class FindItemsRequest(_message.Message):
    __slots__ = ("text", "page_size")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    text: str
    page_size: int
    def __init__(self, text: _Optional[str] = ..., page_size: _Optional[int] = ...) -> None: ...

class ItemMatch(_message.Message):
    __slots__ = ("item", "score", "how")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    HOW_FIELD_NUMBER: _ClassVar[int]
    item: Item
    score: int
    how: str
    def __init__(self, item: _Optional[_Union[Item, _Mapping]] = ..., score: _Optional[int] = ..., how: _Optional[str] = ...) -> None: ...

class FindItemsResponse(_message.Message):
    __slots__ = ("matches",)
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    matches: _containers.RepeatedCompositeFieldContainer[ItemMatch]
    def __init__(self, matches: _Optional[_Iterable[_Union[ItemMatch, _Mapping]]] = ...) -> None: ...

class CreateItemRequest(_message.Message):
    __slots__ = ("request_id", "item")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    item: Item
    def __init__(self, request_id: _Optional[str] = ..., item: _Optional[_Union[Item, _Mapping]] = ...) -> None: ...

class CreateItemResponse(_message.Message):
    __slots__ = ("item",)
    ITEM_FIELD_NUMBER: _ClassVar[int]
    item: Item
    def __init__(self, item: _Optional[_Union[Item, _Mapping]] = ...) -> None: ...

class UpdateItemRequest(_message.Message):
    __slots__ = ("request_id", "item", "update_mask")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    item: Item
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, request_id: _Optional[str] = ..., item: _Optional[_Union[Item, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateItemResponse(_message.Message):
    __slots__ = ("item",)
    ITEM_FIELD_NUMBER: _ClassVar[int]
    item: Item
    def __init__(self, item: _Optional[_Union[Item, _Mapping]] = ...) -> None: ...

class ImportItemsHeader(_message.Message):
    __slots__ = ("request_id", "dry_run", "strict")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    STRICT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dry_run: bool
    strict: bool
    def __init__(self, request_id: _Optional[str] = ..., dry_run: _Optional[bool] = ..., strict: _Optional[bool] = ...) -> None: ...

class ImportItemsRow(_message.Message):
    __slots__ = ("row", "item")
    ROW_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    row: int
    item: Item
    def __init__(self, row: _Optional[int] = ..., item: _Optional[_Union[Item, _Mapping]] = ...) -> None: ...

class ImportItemsRows(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[ImportItemsRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[ImportItemsRow, _Mapping]]] = ...) -> None: ...

class ImportItemsRequest(_message.Message):
    __slots__ = ("header", "rows")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    header: ImportItemsHeader
    rows: ImportItemsRows
    def __init__(self, header: _Optional[_Union[ImportItemsHeader, _Mapping]] = ..., rows: _Optional[_Union[ImportItemsRows, _Mapping]] = ...) -> None: ...

class ImportItemsBatch(_message.Message):
    __slots__ = ("request_id", "dry_run", "strict", "rows")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    STRICT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dry_run: bool
    strict: bool
    rows: _containers.RepeatedCompositeFieldContainer[ImportItemsRow]
    def __init__(self, request_id: _Optional[str] = ..., dry_run: _Optional[bool] = ..., strict: _Optional[bool] = ..., rows: _Optional[_Iterable[_Union[ImportItemsRow, _Mapping]]] = ...) -> None: ...

class ImportItemsResponse(_message.Message):
    __slots__ = ("verdicts", "written")
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    verdicts: _containers.RepeatedCompositeFieldContainer[_imports_pb2.RowVerdict]
    written: bool
    def __init__(self, verdicts: _Optional[_Iterable[_Union[_imports_pb2.RowVerdict, _Mapping]]] = ..., written: _Optional[bool] = ...) -> None: ...
