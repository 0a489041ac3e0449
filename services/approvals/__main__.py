"""Starts approvals alone: ``python -m services.approvals``."""

from services.approvals.service import SERVICE
from services.kit.run import run

run([SERVICE])
