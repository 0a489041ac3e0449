"""A group is told once an hour for each stranger that they are not known, whatever keys events have."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.storage import received
from bot.storage.received import Received
from bot.storage.tables import DELIVERIES
from bot.strangers import Strangers
from bot.texts import Words
from tests.service.bot.conftest import Store


async def test_keys_with_slashes_bring_no_more_hints(store: Store) -> None:
    desk: Any = SimpleNamespace(
        runtime=store, words=lambda language: Words(language, ZoneInfo("Asia/Shanghai"))
    )
    nobody: Any = SimpleNamespace()
    strangers = Strangers(desk, nobody)
    first = Received(
        platform="dingtalk",
        tenant="corp",
        dedupe_key="msgA/1==",
        kind="text",
        sender="s1",
        address_kind="group",
        address="g1",
        door="robot",
        body={"text": "在吗"},
        received_at=store.clock(),
    )
    for row in (first, replace(first, dedupe_key="msgB/2=="), replace(first, dedupe_key="msgC", sender="s2")):
        await store.change(lambda tx, row=row: received.keep(tx, row))  # type: ignore[misc]
        assert await strangers.answer(row) is None
    people = await store.read(lambda c: c.execute(select(DELIVERIES.c.person)).scalars().all())
    assert sorted(people) == ["@dingtalk/corp/s1", "@dingtalk/corp/s2"]
    assert await store.read(lambda c: received.unfinished(c, 10)) == []
