"""From rows of a table to the messages of the contract: mending what is certain, refusing what is not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Generic, TypeVar

from google.protobuf.message import Message
from google.type.decimal_pb2 import Decimal
from kuguan.approvals.v1.people_pb2 import ImportPeopleRow, Person
from kuguan.stock.v1.items_pb2 import (
    TRACKING_LOT,
    TRACKING_NONE,
    TRACKING_SERIAL,
    ImportItemsRow,
    Item,
    Pack,
    Tracking,
)
from kuguan.stock.v1.stock_pb2 import OpeningLine
from kuguan.type.v1.quantity_pb2 import Quantity

from deploy.amounts import BadCell, amount, day, factor, plain_text, price, whole
from deploy.descriptions import is_remark, is_service
from deploy.report import RowReport
from deploy.sheets import Row, Sheet
from services.kit.wire import date_message

Kind = TypeVar("Kind", bound=Message)

DEFAULT_UNIT = "件"
DEFAULT_ROLE = "employee"
MAXIMUM_DAYS = 36_500
_CODE = re.compile(r"[A-Z0-9_-]{1,40}")
_PERSON = re.compile(r"[a-z0-9_-]{1,40}")
_MANGLED = re.compile(r"\d(?:\.\d+)?[Ee]\+\d+")
# Things that are weighed or measured are asked for in parts; things that are counted are not.
_MEASURED = {
    *("千克", "公斤", "斤", "克", "吨", "米", "厘米", "平方米", "立方米", "升", "毫升"),
    *(
        "kg",
        "g",
        "t",
        "m",
        "cm",
        "m2",
        "m3",
        "l",
        "ml",
        "kilogram",
        "gram",
        "metre",
        "meter",
        "litre",
        "liter",
    ),
}
_MEASURED_SCALE = 3
_TRACKING: Mapping[str, Tracking] = {
    "": TRACKING_NONE,
    "none": TRACKING_NONE,
    "no": TRACKING_NONE,
    "无": TRACKING_NONE,
    "不跟踪": TRACKING_NONE,
    "lot": TRACKING_LOT,
    "batch": TRACKING_LOT,
    "批次": TRACKING_LOT,
    "批号": TRACKING_LOT,
    "serial": TRACKING_SERIAL,
    "sn": TRACKING_SERIAL,
    "序列号": TRACKING_SERIAL,
}


@dataclass
class Prepared(Generic[Kind]):
    """The rows of a table as messages, with a report for every row; refused rows have no message."""

    messages: list[Kind] = field(default_factory=list)
    reports: list[RowReport] = field(default_factory=list)


def item_messages(sheet: Sheet) -> Prepared[ImportItemsRow]:
    """Rows of an items table as items."""
    prepared: Prepared[ImportItemsRow] = Prepared()
    first_rows: dict[str, int] = {}
    for row in sheet.rows:
        report = RowReport.of(row, "code")
        prepared.reports.append(report)
        try:
            item = _item(row.cells, report)
        except BadCell as bad:
            report.refuse(bad.reason, **bad.facts)
        if report.refused:
            continue
        if item.code in first_rows:
            report.refuse("DUPLICATE_CODE", code=item.code, first_row=str(first_rows[item.code]))
            continue
        first_rows[item.code] = row.number
        prepared.messages.append(ImportItemsRow(row=row.number, item=item))
    return prepared


def opening_messages(
    sheet: Sheet, tracking: Mapping[str, Tracking], today: Mapping[str, date]
) -> Prepared[OpeningLine]:
    """Rows of an opening stock table; `tracking` tells of each known item how its pieces are told apart, and
    `today` the day it is in each known warehouse."""
    prepared: Prepared[OpeningLine] = Prepared()
    for row in sheet.rows:
        report = RowReport.of(row, "item")
        prepared.reports.append(report)
        try:
            line = _opening_line(row, tracking, today, report)
        except BadCell as bad:
            report.refuse(bad.reason, **bad.facts)
        if not report.refused:
            prepared.messages.append(line)
    return prepared


def people_messages(sheet: Sheet, known: Mapping[str, Person]) -> Prepared[ImportPeopleRow]:
    """Rows of a people table as people; columns that a table lacks leave a known person as they are."""
    prepared: Prepared[ImportPeopleRow] = Prepared()
    first_rows: dict[str, int] = {}
    for row in sheet.rows:
        report = RowReport.of(row, "id")
        prepared.reports.append(report)
        identity = plain_text(row.cells["id"]).lower()
        if identity != row.cells["id"]:
            report.mend("CODE_NORMALISED", before=row.cells["id"][:60], after=identity[:60])
        if not _PERSON.fullmatch(identity):
            report.refuse("BAD_ID", id=row.cells["id"][:60])
        elif identity in first_rows:
            report.refuse("DUPLICATE_ID", id=identity, first_row=str(first_rows[identity]))
        if not row.cells["name"]:
            report.refuse("NAME_MISSING")
        if report.refused:
            continue
        first_rows[identity] = row.number
        person = _person(identity, row.cells, known.get(identity, Person(roles=[DEFAULT_ROLE])))
        prepared.messages.append(ImportPeopleRow(row=row.number, person=person))
    return prepared


def _person(identity: str, cells: Mapping[str, str], before: Person) -> Person:
    roles = _list(cells["roles"]) or [DEFAULT_ROLE] if "roles" in cells else before.roles
    return Person(
        id=identity,
        name=cells["name"],
        name_en=cells.get("name_en", before.name_en),
        department=cells.get("department", before.department),
        roles=roles,
        manager=plain_text(cells["manager"]).lower() if "manager" in cells else before.manager,
        language=cells.get("language", before.language).lower(),
        left=before.left,
    )


def _code(cell: str, report: RowReport) -> str:
    """An item's code in its one spelling; refuses what is none."""
    code = plain_text(cell).upper()
    if _MANGLED.fullmatch(code):
        report.refuse("MANGLED_NUMBER", code=cell[:60])
        return ""
    if code != cell:
        report.mend("CODE_NORMALISED", before=cell[:60], after=code[:60])
    if not code:
        report.refuse("CODE_MISSING")
    elif not _CODE.fullmatch(code):
        report.refuse("BAD_CODE", code=cell[:60])
    return code


def _item(cells: Mapping[str, str], report: RowReport) -> Item:
    name, name_en = cells.get("name", ""), cells.get("name_en", "")
    if is_service(cells["code"], name or name_en):
        report.refuse("SERVICE_CODE", code=cells["code"][:60])
        return Item()
    code = _code(cells["code"], report)
    if not name and not name_en:
        report.refuse("NAME_MISSING")
    elif is_remark(name or name_en):
        report.refuse("NAME_IS_A_REMARK", name=(name or name_en)[:60])
    if name and name.isascii() and "name_en" not in cells:
        name, name_en = "", name
    unit = cells.get("unit", "")
    if not unit:
        unit = DEFAULT_UNIT
        if "unit" in cells:
            report.mend("UNIT_ASSUMED", unit=unit)
    scale_cell = cells.get("scale", "")
    scale = whole(scale_cell, "scale", 6) if scale_cell else _MEASURED_SCALE * (unit.casefold() in _MEASURED)
    tracking = _TRACKING.get(cells.get("tracking", "").casefold())
    if tracking is None:
        raise BadCell("BAD_TRACKING", "tracking", cells["tracking"])
    item = Item(
        code=code,
        name=name,
        name_en=name_en,
        specification=cells.get("spec", ""),
        category=cells.get("category", ""),
        base_unit=unit,
        quantity_scale=scale,
        packs=_packs(cells.get("pack", "")),
        aliases=_aliases(cells.get("aliases", ""), report),
        barcode=_barcode(cells.get("barcode", "")),
        tracking=tracking,
        shelf_life_days=whole(cells.get("shelf_life_days", ""), "shelf_life_days", MAXIMUM_DAYS),
        reference_cost=price(cells.get("cost", ""), "cost"),
        list_price=price(cells.get("price", ""), "price"),
    )
    reorder_point = cells.get("reorder_point", "")
    if reorder_point:
        value = amount(reorder_point, "reorder_point")
        if value.startswith("-"):
            raise BadCell("NEGATIVE", "reorder_point", reorder_point)
        item.reorder_point.value = value
    return item


def _packs(cell: str) -> list[Pack]:
    """Packs written as 箱=8 or 箱=8|盒=1/2."""
    packs = []
    for part in _list(cell):
        unit, equals, holds = plain_text(part).partition("=")
        if not equals or not unit.strip():
            raise BadCell("BAD_PACK", "pack", cell)
        exact = factor(holds, "pack")
        packs.append(Pack(unit=unit.strip(), numerator=exact.numerator, denominator=exact.denominator))
    return packs


def _aliases(cell: str, report: RowReport) -> list[str]:
    aliases = _list(cell)
    once = list(dict.fromkeys(aliases))
    if len(once) < len(aliases):
        report.mend("ALIAS_TWICE")
    return once


def _barcode(cell: str) -> str:
    plain = plain_text(cell).replace(" ", "")
    if _MANGLED.fullmatch(plain):
        raise BadCell("MANGLED_NUMBER", "barcode", cell)
    return plain.removesuffix(".0")


def _opening_line(
    row: Row, tracking: Mapping[str, Tracking], today: Mapping[str, date], report: RowReport
) -> OpeningLine:
    cells = row.cells
    code = _code(cells["item"], report)
    quantity = amount(cells["quantity"], "quantity")
    if Fraction(quantity) <= 0:
        raise BadCell("NOT_POSITIVE", "quantity", cells["quantity"])
    warehouse = plain_text(cells["warehouse"]).upper()
    lot, serial = cells.get("lot", ""), cells.get("serial", "")
    either = cells.get("lot_or_serial", "")
    if either:
        if tracking.get(code) == TRACKING_SERIAL:
            serial = serial or either
        else:
            lot = lot or either
    if code and code not in tracking:
        report.refuse("NO_SUCH_ITEM", item=code)
    return OpeningLine(
        row=row.number,
        item=code,
        warehouse=warehouse,
        lot=lot,
        serial=serial,
        quantity=Quantity(value=Decimal(value=quantity), unit=cells.get("unit", "")),
        expiry_date=date_message(_expiry(cells, warehouse, today)),
        unit_cost=price(cells.get("unit_cost", ""), "unit_cost"),
    )


def _expiry(cells: Mapping[str, str], warehouse: str, today: Mapping[str, date]) -> date | None:
    """The last day of use: as written, else so many days from the day it is where the goods are."""
    written = day(cells.get("expiry_date", ""), "expiry_date")
    days = cells.get("expires_in_days", "")
    if written is not None or not days:
        return written
    if warehouse not in today:
        raise BadCell("UNKNOWN_WAREHOUSE", "warehouse", warehouse)
    return today[warehouse] + timedelta(days=whole(days, "expires_in_days", MAXIMUM_DAYS))


def _list(cell: str) -> list[str]:
    parts = re.split(r"[|;；、]", cell)
    return [part.strip() for part in parts if part.strip()]
