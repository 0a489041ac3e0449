"""Warehouses: the places that own stock, and the day it is there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.kit.errors import InvalidField
from services.kit.texts import plain_text
from services.stock.domain.texts import shown, warehouse_code

DEFAULT_TIME_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A place that owns stock; lots expire by its calendar."""

    code: str
    name: str
    name_en: str
    purpose: str
    time_zone: str
    created_at: datetime | None = None


@lru_cache(maxsize=1000)
def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name; raises InvalidField."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidField("time_zone", f"{shown(name)!r} is not an IANA time zone") from None


def today_in(time_zone: str, now: datetime) -> date:
    """The day it is in a time zone."""
    return now.astimezone(zone(time_zone)).date()


def checked(warehouse: Warehouse) -> Warehouse:
    """The warehouse with its texts in their proper spelling; raises InvalidField."""
    warehouse_code(warehouse.code, "code")
    name, name_en = plain_text(warehouse.name, "name", 100), plain_text(warehouse.name_en, "name_en", 100)
    if not any(map(str.isalnum, name + name_en)):
        raise InvalidField("name", "a Chinese or an English name is needed")
    time_zone = warehouse.time_zone or DEFAULT_TIME_ZONE
    zone(time_zone)
    return replace(
        warehouse,
        name=name,
        name_en=name_en,
        purpose=plain_text(warehouse.purpose, "purpose", 40),
        time_zone=time_zone,
    )
