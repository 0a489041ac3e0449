"""A shelf for each test, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.kit import shelf as shelves
from tests.service.kit.shelf import Shelf


@pytest.fixture
async def shelf(database_url: str, tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty shelf."""
    shelves.GROUPS.clear()
    made = Shelf(database_url, tmp_path)
    yield made
    await made.close()
