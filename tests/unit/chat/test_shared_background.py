"""What nobody waits for is kept until it ends, bounded, and never goes wrong in silence."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot.chat.background import Background
from bot.chat.errors import ChannelError, Overloaded, Transient


class Work:
    """Work that ends when it is let."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.done: list[int] = []
        self.may_end = asyncio.Event()

    async def __call__(self, number: int = 0) -> None:
        self.begun.append(number)
        await self.may_end.wait()
        self.done.append(number)


async def _fail(error: BaseException) -> None:
    raise error


async def test_it_is_done_though_nobody_waits() -> None:
    background, work = Background("tests"), Work()
    background.start(work())
    assert len(background) == 1
    work.may_end.set()
    await background.finish(5)
    assert work.done == [0]
    assert len(background) == 0


@pytest.mark.parametrize("error", [Transient("down"), Overloaded(1.0)])
async def test_what_a_product_refused_is_a_warning(error: ChannelError) -> None:
    background = Background("tests")
    with capture_logs() as said:
        background.start(_fail(error))
        await background.finish(5)
    assert said == [{"event": "not done", "log_level": "warning", "work": "tests", "error": repr(error)}]


async def test_a_fault_of_ours_is_an_error_with_its_place_and_harms_nobody_else() -> None:
    background, work = Background("tests"), Work()
    background.start(work())
    with capture_logs() as said:
        background.start(_fail(RuntimeError("a fault of ours")))
        await asyncio.sleep(0)
        work.may_end.set()
        await background.finish(5)
    [line] = said
    assert line["log_level"] == "error"
    assert isinstance(line["exc_info"], RuntimeError)
    assert line["exc_info"].__traceback__ is not None
    assert work.done == [0]


async def test_finish_waits_no_longer_than_told() -> None:
    background, work = Background("tests"), Work()
    background.start(work())
    await background.finish(0.01)
    assert len(background) == 1, "it goes on"
    await background.cancel()


async def test_what_is_cancelled_ends_and_is_no_fault() -> None:
    background, work = Background("tests"), Work()
    background.start(work())
    await asyncio.sleep(0)
    with capture_logs() as said:
        await background.cancel()
    assert len(background) == 0
    assert work.done == []
    assert said == []


async def test_no_more_than_the_bound_are_at_work_and_nothing_is_left_out() -> None:
    background, work = Background("tests", 2), Work()

    async def read() -> None:
        for number in range(5):
            await background.start_when_there_is_room(partial(work, number))

    reading = asyncio.create_task(read())
    await asyncio.sleep(0.01)
    assert work.begun == [0, 1]
    assert not reading.done(), "whoever brings more waits"
    work.may_end.set()
    await reading
    await background.finish(5)
    assert work.done == [0, 1, 2, 3, 4]


async def test_what_failed_or_was_cancelled_leaves_its_room() -> None:
    background, work = Background("tests", 1), Work()
    await background.start_when_there_is_room(partial(_fail, ValueError("a fault of ours")))
    await background.start_when_there_is_room(work)
    await asyncio.sleep(0)
    await background.cancel()
    work.may_end.set()
    async with asyncio.timeout(5):
        await background.start_when_there_is_room(work)
    await background.finish(5)
    assert work.done == [0]


async def test_what_waits_for_room_is_never_begun_once_whoever_asks_has_gone() -> None:
    background, work = Background("tests", 1), Work()
    await background.start_when_there_is_room(partial(work, 1))
    waiting = asyncio.create_task(background.start_when_there_is_room(partial(work, 2)))
    await asyncio.sleep(0.01)
    waiting.cancel()
    work.may_end.set()
    await background.finish(5)
    await asyncio.gather(waiting, return_exceptions=True)
    assert work.begun == [1]
    assert len(background) == 0
