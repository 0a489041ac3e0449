"""Starts stock alone: ``python -m services.stock``."""

from services.kit.run import run
from services.stock.service import SERVICE

run([SERVICE])
