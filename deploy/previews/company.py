"""A small company, an order and a task, as the bot hears of them: what samples of cards are drawn from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.decimal_pb2 import Decimal
from kuguan.approvals.v1.approvals_pb2 import (
    Assignment,
    AssignmentState,
    StepMode,
    Task,
    TaskLine,
    TaskState,
    TaskStep,
)
from kuguan.approvals.v1.people_pb2 import Person
from kuguan.orders.v1.orders_pb2 import Order, OrderLine, OrderState, StockEffect
from kuguan.stock.v1.items_pb2 import Item, Pack
from kuguan.stock.v1.warehouses_pb2 import Warehouse
from kuguan.type.v1.quantity_pb2 import Quantity

from bot.cards.facts import Facts
from bot.company import Company
from bot.storage.cards import CardRow
from bot.texts import Words
from services.kit import wire

ZONE = ZoneInfo("Asia/Shanghai")

_ITEMS = (
    ("BG-001", "A4打印纸", "A4 copy paper", "", "包"),
    ("BG-014", "0.5mm 黑色中性笔", "Gel pen, black", "GP-380", "盒"),
    ("IT-002", "无线鼠标", "Wireless mouse", "M185", "个"),
    ("SP-007", "原味酸奶 200g", "Plain yoghurt 200 g", "", "杯"),
    ("WL-031", "物料架(四层,带脚轮,承重 300 公斤)", "Shelf trolley, four tiers, 300 kg", "", "套"),
)


def company() -> Company:
    """Five items in two warehouses, a requester, a manager and a keeper."""
    known = Company()
    for code, name, name_en, specification, unit in _ITEMS:
        known.items[code] = Item(
            code=code, name=name, name_en=name_en, specification=specification, base_unit=unit
        )
    paper = known.items["BG-001"]
    paper.packs.append(Pack(unit="箱", numerator=8, denominator=1))
    paper.reference_cost.CopyFrom(wire.money(18_000_000))
    known.warehouses["ZC"] = Warehouse(code="ZC", name="主仓", name_en="Main warehouse")
    known.warehouses["LK"] = Warehouse(code="LK", name="冷库", name_en="Cold store")
    for person, name, name_en in (
        ("zhangsan", "张三", "Zhang San"),
        ("lixia", "李霞", "Li Xia"),
        ("zhaoliu", "赵六", "Zhao Liu"),
    ):
        known.people[person] = Person(id=person, name=name, name_en=name_en, department="Office")
    return known


def order(state: OrderState = OrderState.ORDER_STATE_PENDING_APPROVAL, **changes: Any) -> Order:
    """A requisition of five packs of paper."""
    values: dict[str, Any] = {
        "name": "LY1001",
        "number": 1001,
        "kind": "requisition",
        "stock_effect": StockEffect.STOCK_EFFECT_ISSUE,
        "state": state,
        "version": 1,
        "requester": "zhangsan",
        "department": "Office",
        "purpose": "tender",
        "amount": wire.money(90_000_000),
        "lines": [order_line(1, "BG-001", "5", "包", 90_000_000)],
        "update_time": at(6, 5),
    }
    return Order(**{**values, **changes})


def order_line(number: int, item: str, quantity: str, unit: str, micros: int) -> OrderLine:
    """A line of an order in base units, all of it reserved; the amount in millionths of a yuan."""
    known = company().items[item]
    return OrderLine(
        line=number,
        item=item,
        warehouse="ZC",
        item_name=known.name,
        item_name_en=known.name_en,
        base_unit=unit,
        quantity=Quantity(value=Decimal(value=quantity), unit=unit),
        base_quantity=Decimal(value=quantity),
        reserved=Decimal(value=quantity),
        amount=wire.money(micros),
    )


def task(
    state: TaskState = TaskState.TASK_STATE_OPEN, part: AssignmentState | None = None, **changes: Any
) -> Task:
    """The manager's decision about the order."""
    active = AssignmentState.ASSIGNMENT_STATE_ACTIVE
    mine = Assignment(person="lixia", why="manager", state=part or active)
    if part is not None:
        mine.decide_time.CopyFrom(at(6, 5))
    values: dict[str, Any] = {
        "name": "LY1001-1",
        "order": "LY1001",
        "order_version": 1,
        "kind": "requisition",
        "requester": "zhangsan",
        "department": "Office",
        "purpose": "tender",
        "amount": wire.money(90_000_000),
        "lines": [task_line("BG-001", "5", "包", 90_000_000)],
        "state": state,
        "steps": [TaskStep(title="manager", mode=StepMode.STEP_MODE_ANY, assignments=[mine])],
        "rule_title": "由主管审批",
        "rule_title_en": "The manager decides",
        "version": 3,
        "update_time": at(6, 5),
    }
    return Task(**{**values, **changes})


def task_line(item: str, quantity: str, unit: str, micros: int) -> TaskLine:
    """A line of what is to be decided; the amount in millionths of a yuan."""
    asked = Quantity(value=Decimal(value=quantity), unit=unit)
    return TaskLine(item=item, warehouse="ZC", quantity=asked, amount=wire.money(micros))


def at(hour: int, minute: int) -> Timestamp:
    """A time of a fixed day, in UTC."""
    moment = Timestamp()
    moment.FromDatetime(datetime(2026, 11, 22, hour, minute, tzinfo=UTC))
    return moment


def facts(person: str, language: str = "zh", **more: Any) -> Facts:
    """What a card for a person is drawn from."""
    return Facts(Words(language, ZONE), company(), person, **more)


def row(kind: str, person: str, data: dict[str, Any] | None = None, state: str = "open") -> CardRow:
    """A card's row."""
    return CardRow(id="card-1", person=person, kind=kind, subject="LY1001", data=data or {}, state=state)
