"""Tables and SQL of the bot; plain functions that take a connection or a transaction."""

from bot.storage import (
    cards,
    conversation,
    deliveries,
    links,
    preferences,
    projections,
    received,
)
from bot.storage.tables import METADATA

__all__ = [
    "METADATA",
    "cards",
    "conversation",
    "deliveries",
    "links",
    "preferences",
    "projections",
    "received",
]
