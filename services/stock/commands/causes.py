"""Why entries of the ledger are written, as far as the change itself knows it."""

from __future__ import annotations

from services.kit.changes import Transaction
from services.stock.domain.ledger import Cause


def cause_of(tx: Transaction, document: str, movement: str, counterpart: str = "") -> Cause:
    """What happens now for a document, by whoever asks for the change."""
    return Cause(
        document=document,
        movement=movement,
        counterpart=counterpart,
        occurred_at=tx.now,
        recorded_at=tx.now,
        actor=tx.caller.name,
        client=tx.caller.client,
        request_id=tx.request_id,
    )
