"""Runs the bot as a process of its own: ``python -m bot``."""

from bot.service import SERVICE
from services.kit.run import run

if __name__ == "__main__":
    run([SERVICE])
