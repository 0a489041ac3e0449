"""The tables of stock; quantities are on the scale of their item, money in millionths of a yuan."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from services.kit.tables import APPEND_ONLY, RowNumber, UtcTime

METADATA = MetaData()

# Running numbers that must have no gaps; the writers of a service take turns, so a plain row is enough.
NUMBERS = Table(
    "numbers",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

# Settings of the process that commands go by.
SETTINGS = Table(
    "settings",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

ITEMS = Table(
    "items",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("specification", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("base_unit", Text, nullable=False),
    Column("scale", Integer, nullable=False),
    Column("barcode", Text),
    Column("tracking", Text, nullable=False),
    Column("shelf_life_days", Integer, nullable=False),
    Column("reference_cost_micros", BigInteger),
    Column("list_price_micros", BigInteger),
    Column("reorder_point", BigInteger),
    Column("archived", Boolean(create_constraint=False), nullable=False),
    Column("version", BigInteger, nullable=False),
    # Grows with every change of the catalogue: the word index asks for what is newer than it knows.
    Column("change", BigInteger, nullable=False),
    Column("request_id", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    CheckConstraint("scale BETWEEN 0 AND 6", name="items_scale"),
    UniqueConstraint("barcode", name="items_barcode"),
    UniqueConstraint("request_id", name="items_request_id"),
)
Index("items_change", ITEMS.c.change)
Index("items_category", ITEMS.c.category, ITEMS.c.code)
Index(
    "items_watched",
    ITEMS.c.code,
    sqlite_where=ITEMS.c.reorder_point.is_not(None),
    postgresql_where=ITEMS.c.reorder_point.is_not(None),
)

ITEM_UNITS = Table(
    "item_units",
    METADATA,
    Column("item", Text, ForeignKey("items.code", name="item_units_item"), primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("numerator", BigInteger, nullable=False),
    Column("denominator", BigInteger, nullable=False),
    CheckConstraint("numerator > 0 AND denominator > 0", name="item_units_factor"),
)

ITEM_ALIASES = Table(
    "item_aliases",
    METADATA,
    Column("item", Text, ForeignKey("items.code", name="item_aliases_item"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("alias", Text, nullable=False),
)

WAREHOUSES = Table(
    "warehouses",
    METADATA,
    Column("code", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("request_id", Text),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("number", name="warehouses_number"),
    UniqueConstraint("request_id", name="warehouses_request_id"),
)

LOTS = Table(
    "lots",
    METADATA,
    Column("item", Text, primary_key=True),
    Column("lot", Text, primary_key=True),
    Column("expiry", Date),
    Column("created_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

BALANCES = Table(
    "balances",
    METADATA,
    Column("item", Text, primary_key=True),
    Column("warehouse", Text, primary_key=True),
    Column("lot", Text, primary_key=True),
    Column("serial", Text, primary_key=True),
    Column("on_hand", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("received_document", Text, nullable=False),
    CheckConstraint("on_hand >= 0", name="balances_on_hand"),
    CheckConstraint("held >= 0", name="balances_held"),
    CheckConstraint("reserved >= 0", name="balances_reserved"),
    CheckConstraint("on_hand - held - reserved >= 0", name="balances_available"),
    CheckConstraint("serial = '' OR on_hand <= 1", name="balances_serial_piece"),
    sqlite_with_rowid=False,
)
# A serial is on hand in one place at most.
Index(
    "balances_serial",
    BALANCES.c.item,
    BALANCES.c.serial,
    unique=True,
    sqlite_where=(BALANCES.c.serial != "") & (BALANCES.c.on_hand > 0),
    postgresql_where=(BALANCES.c.serial != "") & (BALANCES.c.on_hand > 0),
)

ENTRIES = Table(
    "entries",
    METADATA,
    Column("sequence", RowNumber, primary_key=True, autoincrement=False),
    Column("item", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("lot", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("movement", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("counterpart", Text, nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("unit_cost_micros", BigInteger),
    Column("reverses", BigInteger),
    CheckConstraint("quantity <> 0", name="entries_quantity"),
    CheckConstraint("document <> '' AND line > 0 AND request_id <> ''", name="entries_cause"),
    info=APPEND_ONLY,
)
# The quantity stands in the index so that sums over a place read nothing else.
Index(
    "entries_place",
    ENTRIES.c.item,
    ENTRIES.c.warehouse,
    ENTRIES.c.sequence,
    ENTRIES.c.quantity,
)
Index("entries_item", ENTRIES.c.item, ENTRIES.c.sequence)
Index("entries_warehouse", ENTRIES.c.warehouse, ENTRIES.c.sequence)
Index("entries_document", ENTRIES.c.document, ENTRIES.c.sequence)
Index("entries_occurred", ENTRIES.c.occurred_at)
Index(
    "entries_lot",
    ENTRIES.c.lot,
    ENTRIES.c.sequence,
    sqlite_where=ENTRIES.c.lot != "",
    postgresql_where=ENTRIES.c.lot != "",
)

RESERVATIONS = Table(
    "reservations",
    METADATA,
    Column("document", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("of_order", Boolean(create_constraint=False), nullable=False),
    Column("approved", Boolean(create_constraint=False), nullable=False),
    Column("movement", Text, nullable=False),
    Column("counterpart", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("request_id", Text),
    Column("expires_at", UtcTime),
    Column("approved_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint(
        "state IN ('held', 'reserved', 'issued', 'released', 'expired')", name="reservations_state"
    ),
    UniqueConstraint("request_id", name="reservations_request_id"),
    sqlite_with_rowid=False,
)
Index(
    "reservations_expiring",
    RESERVATIONS.c.expires_at,
    sqlite_where=RESERVATIONS.c.state == "held",
    postgresql_where=RESERVATIONS.c.state == "held",
)

RESERVATION_LINES = Table(
    "reservation_lines",
    METADATA,
    Column("document", Text, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("item", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("wanted", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("issued", BigInteger, nullable=False),
    # What an approved, living promise still misses: the queue for goods that arrive.
    Column("waiting", BigInteger, nullable=False),
    CheckConstraint("wanted > 0 AND reserved >= 0 AND issued >= 0", name="reservation_lines_signs"),
    CheckConstraint("reserved + issued + waiting <= wanted", name="reservation_lines_sum"),
    sqlite_with_rowid=False,
)
Index(
    "reservation_lines_waiting",
    RESERVATION_LINES.c.item,
    RESERVATION_LINES.c.warehouse,
    sqlite_where=RESERVATION_LINES.c.waiting > 0,
    postgresql_where=RESERVATION_LINES.c.waiting > 0,
)

# Which lots and serials are promised to a line; goods without them need no row.
ALLOCATIONS = Table(
    "allocations",
    METADATA,
    Column("document", Text, primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("lot", Text, primary_key=True),
    Column("serial", Text, primary_key=True),
    Column("item", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    CheckConstraint("quantity > 0", name="allocations_quantity"),
    sqlite_with_rowid=False,
)

RETURNS = Table(
    "returns",
    METADATA,
    Column("document", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("approved", Boolean(create_constraint=False), nullable=False),
    Column("movement", Text, nullable=False),
    Column("counterpart", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint("state IN ('expected', 'received', 'withdrawn')", name="returns_state"),
)

RETURN_LINES = Table(
    "return_lines",
    METADATA,
    Column("document", Text, ForeignKey("returns.document", name="return_lines_document"), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("item", Text, nullable=False),
    Column("warehouse", Text, nullable=False),
    Column("expected", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    CheckConstraint("expected > 0 AND returned >= 0 AND returned <= expected", name="return_lines_sum"),
)
