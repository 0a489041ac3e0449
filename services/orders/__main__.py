"""Starts orders alone: ``python -m services.orders``."""

from services.kit.run import run
from services.orders.service import SERVICE

run([SERVICE])
