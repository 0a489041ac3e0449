"""Tables and SQL of the bot; plain functions that take a connection or a transaction."""

from bot.storage import (
    attachments,
    bindings,
    cards,
    conversation,
    counts,
    deliveries,
    leases,
    links,
    preferences,
    projections,
    received,
)
from bot.storage.tables import METADATA

__all__ = [
    "METADATA",
    "attachments",
    "bindings",
    "cards",
    "conversation",
    "counts",
    "deliveries",
    "leases",
    "links",
    "preferences",
    "projections",
    "received",
]
