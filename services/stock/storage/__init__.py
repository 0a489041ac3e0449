"""What stock keeps: tables and the SQL on them."""

from services.stock.storage.tables import METADATA

__all__ = ["METADATA"]
