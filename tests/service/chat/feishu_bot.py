"""A bot with nothing but the Feishu channel: what comes in is kept in lists, what is answered is scripted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.chat.errors import Overloaded
from bot.chat.feishu import FeishuChannel, configured
from bot.chat.platform import Address, Answer, Button, Card, CardState, ClickIn, EnterIn, Event, Line, Tone
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from tests.fakes.feishu import FakeFeishu


class NoLeases:
    """Nothing here is done by one replica only."""

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        return True

    async def let_go(self, name: str, holder: str) -> None:
        return None


@dataclass
class Recorder:
    """A sink that keeps each event once, as the bot does, and answers taps as it is told."""

    events: list[Event] = field(default_factory=list)
    deliveries: int = 0
    answer: Callable[[Event], Awaitable[Answer | None]] | None = None
    refuse: int = 0
    faults: int = 0
    holding: asyncio.Event | None = None
    """The first delivery waits for it."""

    async def handle(self, event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        self.deliveries += 1
        if self.holding is not None and self.deliveries == 1:
            await self.holding.wait()
        if self.faults:
            self.faults -= 1
            raise RuntimeError("scripted")
        if self.refuse:
            self.refuse -= 1
            raise Overloaded(detail="scripted")
        if event.dedupe_key not in {known.dedupe_key for known in self.events}:
            self.events.append(event)
        if kept is not None:
            kept()
        if self.answer is not None and isinstance(event, ClickIn | EnterIn):
            return await self.answer(event)
        return None

    async def settled(self, event: Event, within: float) -> bool:
        return True


@dataclass
class Clock:
    """The time, which a test may move."""

    ahead: float = 0.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.ahead, UTC)


@dataclass
class World:
    """The product, the channel and the sink."""

    fake: FakeFeishu
    channel: FeishuChannel
    sink: Recorder
    clock: Clock
    session: aiohttp.ClientSession

    def address(self, user: str) -> Address:
        """A person's direct chat."""
        return Address.direct(self.fake.open_id(user))


@asynccontextmanager
async def world(transport: str, folder: Path) -> AsyncIterator[World]:
    """A started channel, connected to a started product."""
    fake, sink, clock = FakeFeishu(transport), Recorder(), Clock()
    await fake.start(folder)
    async with aiohttp.ClientSession() as session:
        channel = configured(ChatSettings("FEISHU", fake.environment, {}), Tools(session, clock, NoLeases()))
        assert isinstance(channel, FeishuChannel)
        app = web.Application()
        app.add_routes(channel.routes())
        runner = web.AppRunner(app, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            await channel.start(sink)
            await fake.bot_is_at(f"http://127.0.0.1:{runner.addresses[0][1]}")
            yield World(fake, channel, sink, clock, session)
        finally:
            await channel.stop()
            await runner.cleanup()
            await fake.stop()


def approval(state: CardState = CardState.OPEN, stamp: str = "", card_id: str = "c-1") -> Card:
    """A card that asks for a decision, or shows it."""
    buttons = (
        Button("approve", "同意", Tone.PRIMARY),
        Button("reject", "拒绝", Tone.DANGER, "拒绝的理由(可不填)"),
    )
    return Card(
        card_id,
        "领用申请 LY1027",
        "张三 · 办公室",
        (Line("A4打印纸", "−5 包:现存 320 → 315"), Line("用途", "投标")),
        buttons=buttons if state is CardState.OPEN else (),
        state=state,
        stamp=stamp,
        number="LY1027",
        fallback="也可以回复:同意 1027 / 拒绝 1027 理由" if state is CardState.OPEN else "",
    )
