"""What orders do when they hear of stock and approvals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.kit.changes import Transaction
from services.orders import commands

REACTIONS: Mapping[str, Callable[[Transaction, Any], None]] = {
    "kuguan.stock.v1.ItemCreated": commands.know_items,
    "kuguan.stock.v1.ItemUpdated": commands.know_items,
    "kuguan.stock.v1.ItemAnnounced": commands.know_items,
    "kuguan.stock.v1.WarehouseCreated": commands.know_warehouse,
    "kuguan.stock.v1.WarehouseAnnounced": commands.know_warehouse,
    "kuguan.stock.v1.StockReserved": commands.note_promise,
    "kuguan.stock.v1.StockShort": commands.note_promise,
    "kuguan.stock.v1.StockReleased": commands.note_promise,
    "kuguan.stock.v1.HoldExpired": commands.note_promise,
    "kuguan.stock.v1.StockIssued": commands.note_issue,
    "kuguan.stock.v1.StockReturned": commands.note_return,
    "kuguan.stock.v1.ReturnClosed": commands.note_closed_return,
    "kuguan.approvals.v1.ApprovalGranted": commands.note_grant,
    "kuguan.approvals.v1.ApprovalRefused": commands.note_refusal,
    "kuguan.approvals.v1.ApprovalWithdrawn": commands.note_withdrawal,
}
