"""A task that is asked to end does end, also where a wait swallows the first time it is asked."""

from __future__ import annotations

import asyncio

from services.kit.ending import ended


async def test_a_swallowed_cancellation_is_said_again() -> None:
    asked: list[int] = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                asked.append(len(asked))
                if len(asked) > 1:
                    raise

    task = asyncio.ensure_future(stubborn())
    await asyncio.sleep(0)
    await ended([task], again=0.01)
    assert task.cancelled()
    assert asked == [0, 1]


async def test_what_a_task_raised_ends_nothing_else() -> None:
    async def fails() -> None:
        raise ValueError("its own")

    async def waits() -> None:
        await asyncio.sleep(60)

    tasks = [asyncio.ensure_future(fails()), asyncio.ensure_future(waits())]
    await asyncio.sleep(0)
    await ended(tasks)
    assert [task.done() for task in tasks] == [True, True]
