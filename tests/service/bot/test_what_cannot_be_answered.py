"""Whoever says something while a service is away is told so where they said it, also after a restart."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot import webhook
from bot.arrivals import kept
from bot.chat.local import PLATFORM as LOCAL
from bot.chat.platform import Address, AddressKind, Sender, TextIn
from bot.clients import Badge
from bot.storage import received
from bot.storage.tables import DELIVERIES
from bot.texts import Words
from bot.webhook import Reception
from services.kit.errors import Unreachable
from tests.service.bot.conftest import Store

ENOUGH = 60.0


class Away:
    """Services that do not answer; who somebody is they told before, or never."""

    def __init__(self, person: str) -> None:
        self.person = person

    async def badge(self, who: tuple[str, str, str]) -> Badge:
        raise Unreachable

    def person_behind(self, who: tuple[str, str, str]) -> str:
        return self.person


@pytest.mark.parametrize("platform", ["slack", LOCAL])
@pytest.mark.parametrize("person", ["lixia", ""])
async def test_nothing_that_was_said_stays_without_an_answer(
    store: Store, monkeypatch: pytest.MonkeyPatch, platform: str, person: str
) -> None:
    monkeypatch.setattr(webhook, "_PAUSES", (0.0, 0.0))

    async def language(person: str) -> str:
        return "zh"

    def words(language: str) -> Words:
        return Words(language, ZoneInfo("Asia/Shanghai"))

    desk: Any = SimpleNamespace(runtime=store, services=Away(person), words=words, language=language)
    nobody: Any = SimpleNamespace(wake=lambda: None)
    said = TextIn(
        platform=platform,
        tenant="T1",
        sender=Sender("U1"),
        address=Address.direct("U1") if platform == LOCAL else Address(AddressKind.GROUP, "C1"),
        dedupe_key="k1",
        sent_at=store.clock(),
        received_at=store.clock(),
        text="库存",
    )
    bot = Reception(desk, nobody, nobody)
    await bot.handle(said)
    cause = kept(said).cause
    async with asyncio.timeout(ENOUGH):
        while await store.read(lambda c: received.unfinished(c, 1)):  # noqa: ASYNC110 - nobody tells it
            await asyncio.sleep(0.01)
    [told] = await store.read(lambda c: c.execute(select(DELIVERIES)).all())
    assert told.person == (person or f"@{platform}/T1/U1")
    assert told.data["text"] == words("zh").error(Unreachable())
    place = {"platform": platform, "address_kind": said.address.kind.value, "address": said.address.id}
    # Who is known on the page is found there by themselves.
    assert told.data.get("to") == (None if person and platform == LOCAL else place)
    row = await store.read(lambda c: received.get(c, cause))
    assert row is not None
    assert row.state == "parked"
