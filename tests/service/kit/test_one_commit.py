"""Effect, events and answer are one commit: what cannot be told has not happened."""

from __future__ import annotations

from typing import Any

import pytest

from services.kit import outbox
from services.kit.errors import InternalFault
from tests.service.kit.shelf import LIXIA, Crash, Shelf, create_thing, wanted


async def test_a_change_whose_events_cannot_be_written_has_not_happened(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> int:
        raise Crash("events")

    writer = shelf.writer()
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "append", fail)
        with pytest.raises(InternalFault):
            await writer.submit(create_thing, wanted("a"), LIXIA)
    assert (await shelf.things(), await shelf.answered(), await shelf.audited()) == (set(), set(), [])
    answer = await writer.submit(create_thing, wanted("a"), LIXIA)
    assert answer.warehouse.code == "a"
    assert await shelf.events() == [("a", 1)]
