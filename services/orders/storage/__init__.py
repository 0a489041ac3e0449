"""Tables and SQL of orders; plain functions that take a connection."""

from services.orders.storage.tables import METADATA

__all__ = ["METADATA"]
