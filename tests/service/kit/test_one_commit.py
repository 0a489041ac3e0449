"""Effect, events and answer are one commit: what cannot be told has not happened."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy import event

from services.kit import outbox
from services.kit.errors import InternalFault, Unreachable
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


async def test_a_turn_that_does_not_come_in_time_costs_only_who_waited_for_it(shelf: Shelf) -> None:
    """Another replica, or another process beside SQLite, has a long group: later it is our turn again."""

    patience = "PRAGMA busy_timeout=50" if shelf.database.is_sqlite else "SET lock_timeout = '50ms'"

    def be_impatient(connection: Any, _record: Any) -> None:
        connection.execute(patience)
        connection.commit()

    event.listen(shelf.database.writing, "connect", be_impatient)
    shelf.database.writing.dispose()
    other, has_begun, may_end = shelf.open(), threading.Event(), threading.Event()

    def hold() -> None:
        with other.group():
            has_begun.set()
            assert may_end.wait(20)

    writer = shelf.writer()
    holding = asyncio.create_task(asyncio.to_thread(hold))
    await asyncio.to_thread(has_begun.wait, 20)
    with pytest.raises(Unreachable):
        await writer.submit(create_thing, wanted("a"), LIXIA)
    may_end.set()
    await holding
    for code in ("b", "c"):
        answer = await writer.submit(create_thing, wanted(code), LIXIA)
        assert answer.warehouse.code == code
    assert await shelf.things() == {"b", "c"}
    other.dispose()
