"""SQL of opening stock: what is already known of the rows' items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from services.kit.bulk import Prepared
from services.stock.domain.openings import Known, OpeningRow
from services.stock.domain.shelf import Key
from services.stock.domain.texts import ITEM_CODE
from services.stock.storage import balances, items, warehouses
from services.stock.storage.tables import BALANCES

_keys = Prepared(
    select(
        BALANCES.c.item,
        BALANCES.c.warehouse,
        BALANCES.c.lot,
        BALANCES.c.serial,
        BALANCES.c.on_hand,
        BALANCES.c.received_document,
    ),
    BALANCES.c.item,
)


def known(connection: Connection, rows: Sequence[OpeningRow], now: datetime) -> Known:
    """Everything that the verdicts on the rows depend on."""
    # What could not be a code is unknown without asking; a database may not even take it as a question.
    codes = {row.item for row in rows if ITEM_CODE.fullmatch(row.item)}
    received: dict[Key, str] = {}
    serial_places: dict[tuple[str, str], str] = {}
    for item, warehouse, lot, serial, on_hand, document in _keys(connection, codes):
        received[Key(item, warehouse, lot, serial)] = document
        if serial and on_hand:
            serial_places[item, serial] = warehouse
    return Known(
        measures=items.measures_with_packs(connection, codes),
        warehouses=frozenset(warehouses.today(connection, now)),
        received=received,
        serial_places=serial_places,
        lot_expiries=balances.lot_expiries(connection, codes),
    )
