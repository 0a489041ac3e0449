"""A shelf for each test, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.kit import testing
from tests.service.kit import shelf as shelves
from tests.service.kit.bus import Bus, Neighbours
from tests.service.kit.shelf import Shelf


@pytest.fixture(params=["one_process", "gate"])
def spoken(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings of a service by which it speaks gRPC itself, and by which a gate does for it."""
    return {"KUGUAN_GATE": "on" if request.param == "gate" else "off"}


@pytest.fixture
async def shelf(database_url: str, tmp_path: Path) -> AsyncIterator[Shelf]:
    """An empty shelf."""
    shelves.GROUPS.clear()
    made = Shelf(database_url, tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    """A broker of its own for each test, with streams and the shelf's consumer."""
    folder = tmp_path / "broker"
    with testing.broker(folder) as broker:
        made = Bus(broker, folder)
        await made.open()
        yield made
        await made.close()


@pytest.fixture
async def neighbours(shelf: Shelf, bus: Bus) -> AsyncIterator[Neighbours]:
    """The shelf connected to the broker."""
    made = Neighbours(shelf, bus)
    yield made
    await made.stop()
