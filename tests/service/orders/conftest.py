"""A running orders service for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.orders.neighbours import World, orders_at_work


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Orders at work, with neighbours that tell it things."""
    async with orders_at_work(tmp_path) as at_work:
        yield at_work
