"""Tables and SQL of approvals; plain functions that take a connection."""

from services.approvals.storage.tables import METADATA

__all__ = ["METADATA"]
