"""A DingTalk channel connected to the fake, with a sink that notes and answers as tests say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.chat.dingtalk import DingTalkChannel
from bot.chat.dingtalk.account import Account
from bot.chat.platform import Answer, Button, Card, CardState, ClickIn, Event, Line, TextIn, Tone
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from tests.fakes.dingtalk import DingTalkFake


class NoLeases:
    """DingTalk needs no lease."""

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        raise AssertionError("no lease is asked for")

    async def let_go(self, name: str, holder: str) -> None:
        raise AssertionError("no lease is asked for")


@dataclass
class NotingSink:
    """Keeps each event once, and answers taps with what `answer` gives."""

    events: list[Event] = field(default_factory=list)
    repeats: int = 0
    answer: Callable[[ClickIn], Awaitable[Answer | None]] | None = None
    refusals: list[Exception] = field(default_factory=list)

    async def handle(self, event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        if self.refusals:
            raise self.refusals.pop(0)
        if event.dedupe_key in {one.dedupe_key for one in self.events}:
            self.repeats += 1
        else:
            self.events.append(event)
        if kept is not None:
            kept()
        if isinstance(event, ClickIn) and self.answer is not None:
            return await self.answer(event)
        return None

    async def settled(self, event: Event, within: float, /) -> bool:
        return True

    @property
    def texts(self) -> list[str]:
        """What was written, in order."""
        return [event.text for event in self.events if isinstance(event, TextIn)]


@dataclass
class World:
    """Everything a test touches."""

    fake: DingTalkFake
    sink: NotingSink
    channel: DingTalkChannel
    session: aiohttp.ClientSession


@asynccontextmanager
async def world(folder: Path, *, heartbeat: float = 30.0, **settings: str) -> AsyncIterator[World]:
    """The channel connected to the fake; `settings` take the place of the fake's own."""
    fake = DingTalkFake()
    await fake.start(folder)
    changed = {f"KUGUAN_DINGTALK_{name.upper()}": value for name, value in settings.items()}
    chat = ChatSettings("DINGTALK", {**fake.environment, **changed}, {})
    sink = NotingSink()
    async with aiohttp.ClientSession() as session:
        tools = Tools(session, lambda: datetime.now(UTC), NoLeases())
        channel = DingTalkChannel(Account.of(chat), tools, heartbeat=heartbeat)
        await channel.start(sink)
        try:
            await fake.until_connected()
            yield World(fake, sink, channel, session)
        finally:
            await channel.stop()
            await fake.stop()
    assert fake.wrong == []


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is so."""
    ends = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < ends, "it did not come to that"
        await asyncio.sleep(0.01)


def card(identifier: str = "card-1", state: CardState = CardState.OPEN, stamp: str = "") -> Card:
    """An approval as the bot shows it."""
    buttons = (Button("approve", "同意", Tone.PRIMARY), Button("reject", "拒绝", Tone.DANGER))
    return Card(
        identifier,
        "请审批 · 领用 LY1027",
        "张三 · 行政部",
        (Line("A4打印纸", "−5 包:现存 320 → 315"), Line("用途", "新员工入职")),
        buttons=buttons if state is CardState.OPEN else (),
        state=state,
        stamp=stamp,
        number="LY1027",
        fallback="也可以回复:同意 1027 / 拒绝 1027" if state is CardState.OPEN else "",
    )
