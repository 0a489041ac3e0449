"""A broker for all tests of approvals, and a company of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.kit.testing import broker
from tests.service.approvals.company import Company, company


@pytest.fixture
def broker_url(tmp_path: Path) -> Iterator[str]:
    """The address of a real broker."""
    with broker(tmp_path / "broker") as started:
        yield started.url


@pytest.fixture
async def here(broker_url: str, tmp_path: Path, database_url: str) -> AsyncIterator[Company]:
    """A company whose people are hired, without rules, on each kind of database."""
    async with company(broker_url, tmp_path / "data", database_url) as made:
        yield made
