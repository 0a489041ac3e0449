"""The bot's storage at work on a real database, with a clock that the test turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

import bot
from services.kit.changes import Transaction
from services.kit.database import Database
from services.kit.reading import Reader
from services.kit.run import KIT_MIGRATIONS
from services.kit.writing import Writer

Result = TypeVar("Result")


@dataclass
class Clock:
    """A clock that stands still until it is turned."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@dataclass
class Store:
    """A database with the writer and readers that the running bot has."""

    database: Database
    writer: Writer
    reader: Reader
    clock: Clock

    async def change(self, function: Callable[[Transaction], Result]) -> Result:
        return await self.writer.act(function)

    async def read(self, function: Callable[[Connection], Result]) -> Result:
        return await self.reader.look(function)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """An empty bot database of each kind."""
    assert bot.__file__ is not None
    database = Database(database_url, "bot")
    database.migrate({"kit": KIT_MIGRATIONS, "bot": Path(bot.__file__).parent / "migrations"})
    clock = Clock()
    at_work = Store(
        database, Writer(database, asyncio.get_running_loop(), clock), Reader(database, clock), clock
    )
    yield at_work
    await at_work.writer.stop()
    at_work.reader.stop()
    database.dispose()
