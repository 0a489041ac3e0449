"""The tables of orders: documents with their lines and history, and what stock told about items."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from services.kit.tables import APPEND_ONLY, UtcTime
from services.orders.domain.order import OPEN_STATES, OrderState

METADATA = MetaData()


def _listed(states: frozenset[OrderState]) -> str:
    return ", ".join(f"'{state.value}'" for state in OrderState if state in states)


ORDERS = Table(
    "orders",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("counterpart", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("granted_task", Text, nullable=False),
    Column("granted_version", BigInteger, nullable=False),
    Column("outcome_reason", Text, nullable=False),
    Column("outcome_person", Text, nullable=False),
    Column("expire_time", UtcTime),
    Column("create_time", UtcTime, nullable=False),
    Column("update_time", UtcTime, nullable=False),
    UniqueConstraint("name", name="orders_name"),
    UniqueConstraint("request_id", name="orders_request_id"),
    CheckConstraint(f"state IN ({_listed(frozenset(OrderState))})", name="orders_state"),
    # Every order ends or has a timer (I12).
    CheckConstraint(f"(state IN ({_listed(OPEN_STATES)})) = (expire_time IS NOT NULL)", name="orders_timer"),
    # Nothing is carried out without a grant of the same version (I9).
    CheckConstraint(
        "state NOT IN ('APPROVED', 'PARTLY_FULFILLED', 'FULFILLED')"
        " OR (granted_task <> '' AND granted_version = version)",
        name="orders_granted",
    ),
)
Index("orders_requester", ORDERS.c.requester, ORDERS.c.number)
Index("orders_state_number", ORDERS.c.state, ORDERS.c.number)
Index("orders_expiry", ORDERS.c.expire_time)

# Quantities of a line are whole numbers of 10 ** -scale base units; what was entered, of millionths.
ORDER_LINES = Table(
    "order_lines",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("item", Text, nullable=False),
    Column("item_name", Text, nullable=False),
    Column("item_name_en", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("entered_micros", BigInteger, nullable=False),
    Column("entered_unit", Text, nullable=False),
    Column("base_unit", Text, nullable=False),
    Column("scale", Integer, nullable=False),
    Column("ordered", BigInteger, nullable=False),
    Column("amount_micros", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("short", BigInteger, nullable=False),
    Column("fulfilled", BigInteger, nullable=False),
    Column("unrecorded", BigInteger, nullable=False, server_default="0"),
    ForeignKeyConstraint(["number"], ["orders.number"], name="order_lines_order"),
    UniqueConstraint("number", "item", "warehouse", name="order_lines_once"),
    CheckConstraint("ordered > 0 AND amount_micros >= 0", name="order_lines_positive"),
    CheckConstraint("reserved >= 0 AND short >= 0", name="order_lines_promise"),
    CheckConstraint("fulfilled >= 0 AND fulfilled <= ordered", name="order_lines_fulfilled"),
)

Index("order_lines_item", ORDER_LINES.c.item)

# Each step an order made along its state machine; revision 1 is its placing.
ORDER_STEPS = Table(
    "order_steps",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("state_before", Text, nullable=False),
    Column("state_after", Text, nullable=False),
    Column("step_time", UtcTime, nullable=False),
    ForeignKeyConstraint(["number"], ["orders.number"], name="order_steps_order"),
    info=APPEND_ONLY,
)

CATALOGUE_ITEMS = Table(
    "catalogue_items",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("base_unit", Text, nullable=False),
    Column("quantity_scale", Integer, nullable=False),
    Column("packs", JSON, nullable=False),
    Column("reference_cost_micros", BigInteger, nullable=False),
    Column("archived", Boolean(create_constraint=False), nullable=False),
    Column("etag", Text, nullable=False),
    Column("update_time", UtcTime, nullable=False),
    Column("tracked", Boolean(create_constraint=False), nullable=False, server_default=false()),
)

CATALOGUE_WAREHOUSES = Table(
    "catalogue_warehouses",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
)
