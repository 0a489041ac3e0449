"""Items and warehouses on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Literal

from google.type.decimal_pb2 import Decimal
from kuguan.stock.v1 import items_pb2, warehouses_pb2

from services.kit import wire
from services.kit.errors import InvalidField
from services.kit.quantity import Quantity
from services.stock.domain.items import Item, Pack, Tracking
from services.stock.domain.warehouses import Warehouse

_TRACKING_TO_WIRE = {
    Tracking.NONE: items_pb2.TRACKING_NONE,
    Tracking.LOT: items_pb2.TRACKING_LOT,
    Tracking.SERIAL: items_pb2.TRACKING_SERIAL,
}
_TRACKING_FROM_WIRE = {value: tracking for tracking, value in _TRACKING_TO_WIRE.items()}
_TRACKING_FROM_WIRE[items_pb2.TRACKING_UNSPECIFIED] = Tracking.NONE

_UPDATABLE = (
    "name",
    "name_en",
    "specification",
    "category",
    "base_unit",
    "quantity_scale",
    "packs",
    "aliases",
    "barcode",
    "tracking",
    "shelf_life_days",
    "reference_cost",
    "list_price",
    "reorder_point",
    "archived",
)


def item_message(item: Item) -> items_pb2.Item:
    """An item as everybody sees it."""
    message = items_pb2.Item(
        code=item.code,
        name=item.name,
        name_en=item.name_en,
        specification=item.specification,
        category=item.category,
        base_unit=item.base_unit,
        quantity_scale=item.scale,
        packs=[
            items_pb2.Pack(unit=pack.unit, numerator=pack.numerator, denominator=pack.denominator)
            for pack in item.packs
        ],
        aliases=item.aliases,
        barcode=item.barcode,
        tracking=_TRACKING_TO_WIRE[item.tracking],
        shelf_life_days=item.shelf_life_days,
        archived=item.archived,
        etag=etag(item),
        create_time=wire.timestamp(item.created_at),
        update_time=wire.timestamp(item.updated_at),
    )
    if item.reference_cost_micros is not None:
        message.reference_cost.CopyFrom(wire.money(item.reference_cost_micros))
    if item.list_price_micros is not None:
        message.list_price.CopyFrom(wire.money(item.list_price_micros))
    if item.reorder_point is not None:
        message.reorder_point.CopyFrom(wire.decimal(Quantity(item.reorder_point, item.scale)))
    return message


def etag(item: Item) -> str:
    """Changes with each version of the item."""
    return f"v{item.version}"


def item_from(message: items_pb2.Item, now: datetime | None = None) -> Item:
    """An item as somebody sent it, new now, its texts not yet checked; raises InvalidField or NotAnAmount."""
    tracking = _TRACKING_FROM_WIRE.get(message.tracking)
    if tracking is None:
        raise InvalidField("tracking", "not a kind of tracking")
    # An absurd scale is refused by the domain; here it must only not break the reading of the reorder point.
    scale = message.quantity_scale if 0 <= message.quantity_scale <= 6 else 0
    return Item(
        code=message.code,
        name=message.name,
        name_en=message.name_en,
        specification=message.specification,
        category=message.category,
        base_unit=message.base_unit,
        scale=message.quantity_scale,
        packs=tuple(Pack(p.unit, p.numerator, p.denominator or 1) for p in message.packs),
        aliases=tuple(message.aliases),
        barcode=message.barcode,
        tracking=tracking,
        shelf_life_days=message.shelf_life_days,
        reference_cost_micros=_money(message, "reference_cost"),
        list_price_micros=_money(message, "list_price"),
        reorder_point=_reorder_point(message, scale),
        archived=message.archived,
        created_at=now,
        updated_at=now,
    )


def merged(known: Item, request: items_pb2.UpdateItemRequest) -> Item:
    """The known item with the fields of the request's mask in their new values; raises InvalidField."""
    paths = list(request.update_mask.paths)
    if not paths:
        raise InvalidField("update_mask", 'name the fields to change, or "*"')
    unknown = [path for path in paths if path != "*" and path not in _UPDATABLE]
    if unknown:
        known_fields = ", ".join(_UPDATABLE)
        raise InvalidField("update_mask", f"{unknown[0][:40]} cannot be changed; known: {known_fields}")
    if "*" in paths:
        paths = list(_UPDATABLE)
    message = item_message(known)
    for path in paths:
        message.ClearField(path)
        chosen = items_pb2.Item()
        chosen.CopyFrom(request.item)
        for other in (field.name for field, _ in chosen.ListFields()):
            if other != path:
                chosen.ClearField(other)
        message.MergeFrom(chosen)
    return replace(
        item_from(message), version=known.version, created_at=known.created_at, updated_at=known.updated_at
    )


def warehouse_message(warehouse: Warehouse) -> warehouses_pb2.Warehouse:
    """A warehouse as everybody sees it."""
    return warehouses_pb2.Warehouse(
        code=warehouse.code,
        name=warehouse.name,
        name_en=warehouse.name_en,
        purpose=warehouse.purpose,
        time_zone=warehouse.time_zone,
        create_time=wire.timestamp(warehouse.created_at),
    )


def warehouse_from(message: warehouses_pb2.Warehouse) -> Warehouse:
    """A warehouse as somebody sent it, its texts not yet checked."""
    return Warehouse(message.code, message.name, message.name_en, message.purpose, message.time_zone)


def _money(message: items_pb2.Item, field: Literal["reference_cost", "list_price"]) -> int | None:
    return wire.micros(getattr(message, field), field) if message.HasField(field) else None


def _reorder_point(message: items_pb2.Item, scale: int) -> int | None:
    if not message.HasField("reorder_point"):
        return None
    point: Decimal = message.reorder_point
    return wire.quantity(point, scale, message.base_unit[:20], "reorder_point").scaled
