"""The inbox while its own database is away: no event is counted as failed, and nothing ends."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from services.kit import inbox
from services.kit.errors import TooBusy, Unreachable
from services.kit.tables import PARKED
from services.kit.testing import eventually
from tests.service.kit.bus import Bus, Neighbours, told
from tests.service.kit.shelf import Shelf


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same number of tries with shorter pauses."""
    monkeypatch.setattr(inbox, "PAUSES", (0.02,) * len(inbox.PAUSES))


@pytest.mark.parametrize(
    "error", [Unreachable(), TooBusy("writer_queue", 0.1), OperationalError("BEGIN", None, Exception("away"))]
)
async def test_a_database_that_is_away_uses_up_no_event_and_ends_nothing(
    shelf: Shelf, bus: Bus, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    writer = shelf.writer()
    at_work, failures = writer.act, iter(range(3 * inbox.TRIES))

    def act(*asked: Any, **more: Any) -> Any:
        if next(failures, None) is None:
            return at_work(*asked, **more)
        raise error

    monkeypatch.setattr(writer, "act", act)
    await neighbours.hear(writer)
    await bus.tell(told("a", 1))
    await eventually(bus.settled)
    assert await shelf.things() == {"a"}
    assert await shelf.read(lambda c: c.execute(select(PARKED)).all()) == []
