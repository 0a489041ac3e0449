"""What is parked is copied for whoever looks after the system, however it was sent."""

from __future__ import annotations

import pytest

from services.kit import inbox
from services.kit.events import Broker
from services.kit.testing import eventually
from tests.service.kit.bus import Bus, Neighbours, told
from tests.service.kit.shelf import Shelf


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses between the tries."""
    monkeypatch.setattr(inbox, "PAUSES", (0.02,) * len(inbox.PAUSES))


@pytest.mark.parametrize("bad", ["a", "b", "c"])
async def test_an_event_sent_in_a_batch_is_parked_like_any_other(
    shelf: Shelf, bus: Bus, neighbours: Neighbours, bad: str
) -> None:
    neighbours.failing = {bad}
    relay = Broker("shelf", bus.url, None)
    await relay.connect()
    await neighbours.hear(shelf.writer())
    await relay.publish([told(code, 1, code) for code in ("a", "b", "c")])
    await eventually(bus.settled)
    assert await shelf.things() == {"a", "b", "c"} - {bad}
    assert len(await bus.dead()) == 1
    await bus.tell(told("d", 1, "d"))
    await eventually(bus.settled)
    assert "d" in await shelf.things()
    await relay.close()
