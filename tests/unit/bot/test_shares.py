"""Each product has calls and a line of its own."""

from __future__ import annotations

import asyncio

import pytest

from bot.patience import ProductAway
from bot.shares import Shares


async def test_a_line_that_is_too_long_takes_nobody_and_concerns_no_other_product() -> None:
    shares = Shares(at_once=2, longest_line=3)
    leave = asyncio.Event()
    at_work: list[str] = []

    async def call(product: str) -> None:
        async with shares.of(product):
            at_work.append(product)
            await leave.wait()

    calls = [asyncio.create_task(call("wecom")) for _ in range(5)]
    calls.append(asyncio.create_task(call("slack")))
    while shares.taken < 6 or len(at_work) < 3:  # noqa: ASYNC110 - nobody tells it
        await asyncio.sleep(0)
    assert sorted(at_work) == ["slack", "wecom", "wecom"]
    with pytest.raises(ProductAway):
        await call("wecom")
    calls[4].cancel()
    leave.set()
    await asyncio.wait(calls)
    assert len(at_work) == 5
    assert shares.taken == 0
