"""A tap is answered in time or later, and never lost once the product was told that it arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from bot.chat.answering import within
from bot.chat.background import Background
from bot.chat.errors import Overloaded, Transient
from bot.chat.platform import Address, Answer, ClickIn, Event, Sender

CLICK = ClickIn(
    platform="x",
    tenant="t",
    sender=Sender("u"),
    address=Address.direct("u"),
    dedupe_key="k",
    sent_at=datetime(2026, 11, 22, tzinfo=UTC),
    received_at=datetime(2026, 11, 22, tzinfo=UTC),
    card_id="c",
    action="approve",
)


class Desk:
    """A sink that answers when it is let, after refusing as often as told."""

    def __init__(self, refuse: int = 0) -> None:
        self.refuse = refuse
        self.asked = 0
        self.ready = asyncio.Event()
        self.safe = asyncio.Event()
        self.safe.set()
        self.shown: list[Answer] = []
        self.behind = Background("tests")
        self.was_shown = asyncio.Event()

    async def handle(self, event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        self.asked += 1
        await self.safe.wait()
        if self.refuse:
            self.refuse -= 1
            raise Overloaded(0.0)
        if kept is not None:
            kept()
        await self.ready.wait()
        return Answer(toast="好")

    async def settled(self, event: Event, within: float, /) -> bool:
        return True

    async def late(self, answer: Answer) -> None:
        self.shown.append(answer)
        self.was_shown.set()


async def test_in_time_it_is_the_answer() -> None:
    desk = Desk()
    desk.ready.set()
    assert await within(desk, CLICK, 5.0, desk.late, desk.behind) == Answer(toast="好")
    assert desk.shown == []


async def test_nothing_is_acknowledged_before_it_is_kept() -> None:
    desk = Desk()
    desk.safe.clear()
    waiting = asyncio.create_task(within(desk, CLICK, 0.01, desk.late, desk.behind))
    await asyncio.sleep(0.1)
    assert not waiting.done(), "a crash now would lose the tap"
    desk.safe.set()
    assert await waiting is None
    desk.ready.set()
    await desk.was_shown.wait()


async def test_late_it_is_shown_when_it_comes() -> None:
    desk = Desk()
    assert await within(desk, CLICK, 0.0, desk.late, desk.behind) is None
    assert desk.shown == []
    desk.ready.set()
    await asyncio.wait_for(desk.was_shown.wait(), 5)
    assert desk.shown == [Answer(toast="好")]


async def test_in_time_what_was_not_kept_is_said() -> None:
    desk = Desk(refuse=1)
    desk.ready.set()
    with pytest.raises(Overloaded):
        await within(desk, CLICK, 5.0, desk.late, desk.behind)


async def test_after_its_time_what_was_not_kept_is_still_said() -> None:
    desk = Desk(refuse=1)
    desk.safe.clear()
    waiting = asyncio.create_task(within(desk, CLICK, 0.01, desk.late, desk.behind))
    await asyncio.sleep(0.1)
    assert not waiting.done(), "the product would be told that the tap arrived"
    desk.safe.set()
    with pytest.raises(Overloaded):
        await waiting
    assert desk.asked == 1, "the product brings it again: it is not handed over twice"
    assert desk.shown == []


async def test_who_asked_may_go_and_what_was_not_kept_is_said_in_the_log() -> None:
    desk = Desk(refuse=1)
    desk.safe.clear()
    asking = asyncio.create_task(within(desk, CLICK, 0.0, desk.late, desk.behind))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    with capture_logs() as said:
        desk.safe.set()
        for _ in range(100):
            await asyncio.sleep(0)
    assert "Overloaded" in said[0]["error"]


async def test_who_asked_may_go_and_the_answer_is_shown_all_the_same() -> None:
    desk = Desk()
    asking = asyncio.create_task(within(desk, CLICK, 60.0, desk.late, desk.behind))
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    desk.ready.set()
    await asyncio.wait_for(desk.was_shown.wait(), 5)
    assert desk.asked == 1


@pytest.mark.parametrize("error", [Transient("down"), ValueError("a fault of ours")])
async def test_an_answer_that_cannot_be_shown_harms_nobody(error: Exception) -> None:
    desk = Desk()

    async def late(answer: Answer) -> None:
        await desk.late(answer)
        raise error

    assert await within(desk, CLICK, 0.0, late, desk.behind) is None
    desk.ready.set()
    await asyncio.wait_for(desk.was_shown.wait(), 5)
