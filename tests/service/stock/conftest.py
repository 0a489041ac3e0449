"""A running stock service for each test, once on each kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.stock.house import House, stock_at_work


@pytest.fixture
async def house(tmp_path: Path, database_url: str) -> AsyncIterator[House]:
    """Stock at work, with a neighbour that tells it about orders."""
    async with stock_at_work(tmp_path, database_url) as at_work:
        yield at_work
