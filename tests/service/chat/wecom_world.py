"""A bot of nothing but a channel: it notes what it hears, answers as told, and listens on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web

from bot.chat.errors import Overloaded
from bot.chat.platform import Answer, Button, Card, CardState, Channel, ClickIn, Event, Line, Tone
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from bot.chat.wecom.channel import WecomChannel
from bot.chat.wecom_bot.channel import WecomBotChannel
from bot.chat.wecom_bot.connection import Timing
from tests.fakes.chat import FakeChat, ShownCard
from tests.fakes.wecom import FakeWecom
from tests.fakes.wecom_bot import FakeWecomBot


@dataclass
class Clock:
    """The time of day, moved by the test."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def seconds(self) -> float:
        return self().timestamp()

    def turn(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@dataclass
class MemoryLeases:
    """Leases of replicas that share this object."""

    clock: Callable[[], datetime]
    held: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        owner, until = self.held.get(name, (holder, self.clock()))
        if owner != holder and until > self.clock():
            return False
        self.held[name] = (holder, self.clock() + timedelta(seconds=seconds))
        return True

    async def let_go(self, name: str, holder: str) -> None:
        if self.held.get(name, ("", None))[0] == holder:
            del self.held[name]


@dataclass
class RecordingSink:
    """Keeps each event once. `answers` is asked for every tap and entrance; `refuse` is raised that often."""

    heard: list[Event] = field(default_factory=list)
    repeats: int = 0
    refuse: int = 0
    answers: Callable[[Event], Awaitable[Answer | None]] | None = None

    async def handle(self, event: Event, kept: Callable[[], None] | None = None) -> Answer | None:
        if self.refuse:
            self.refuse -= 1
            raise Overloaded(detail="as the test asked")
        if any(known.dedupe_key == event.dedupe_key for known in self.heard):
            self.repeats += 1
        else:
            self.heard.append(event)
        if kept is not None:
            kept()
        return await self.answers(event) if self.answers else None

    async def settled(self, event: Event, within: float, /) -> bool:
        return True

    @property
    def clicks(self) -> list[ClickIn]:
        return [event for event in self.heard if isinstance(event, ClickIn)]


@dataclass
class World:
    """A channel, its sink, and what it is given."""

    channel: Any
    sink: RecordingSink
    clock: Clock
    session: aiohttp.ClientSession
    url: str = ""


async def listening(channel: Channel) -> tuple[web.AppRunner, str]:
    """The channel's routes on a free port."""
    application = web.Application(client_max_size=1024 * 1024)
    application.add_routes(channel.routes())
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


def settings_of(product: str, environment: Mapping[str, str]) -> ChatSettings:
    return ChatSettings(product, environment, {})


def tools_of(session: aiohttp.ClientSession, clock: Clock, leases: MemoryLeases | None = None) -> Tools:
    return Tools(session, clock, leases or MemoryLeases(clock))


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for happens in a fake, which has no event to set
            await asyncio.sleep(0.01)


def approval(card_id: str = "card-1", **changes: Any) -> Card:
    """A card that asks for a decision."""
    facts: dict[str, Any] = {
        "title": "审批 领用 LY1027",
        "subtitle": "张三 · 市场部",
        "lines": (Line("A4打印纸", "−5 包:现存 320 → 315"), Line("用途", "投标文件")),
        "buttons": (Button("approve", "同意", Tone.PRIMARY), Button("reject", "拒绝", Tone.DANGER)),
        "number": "LY1027",
        "fallback": "也可以回复「同意 1027」或「拒绝 1027」",
    }
    return Card(card_id, **{**facts, **changes})


def decided(card: Card) -> Card:
    """The same card after the decision."""
    return replace(card, buttons=(), state=CardState.DONE, stamp="已同意 · 李四 14:05", fallback="")


def answering(answer: Answer | None) -> Callable[[Event], Awaitable[Answer | None]]:
    """A sink that answers every tap and entrance alike."""

    async def answers(event: Event) -> Answer | None:
        return answer

    return answers


def last_card(fake: FakeChat, chat: str) -> ShownCard:
    """The newest card in a chat, as it looks now."""
    return [shown.card for shown in fake.seen(chat) if shown.card][-1]


@asynccontextmanager
async def app_world(fake: FakeWecom, clock: Clock) -> AsyncIterator[World]:
    """The channel `wecom`, listening, and connected with the fake."""
    async with aiohttp.ClientSession() as session:
        channel = WecomChannel(settings_of("WECOM", fake.environment), tools_of(session, clock))
        sink = RecordingSink()
        await channel.start(sink)
        runner, url = await listening(channel)
        await fake.bot_is_at(url)
        yield World(channel, sink, clock, session, url)
        await channel.stop()
        await runner.cleanup()


QUICK = Timing(ping=0.2, call=1.0, lease=0.6, evicted=0.3, longest_evicted=0.6, pause=0.05, longest_pause=0.2)


@asynccontextmanager
async def bot_world(
    fake: FakeWecomBot, leases: MemoryLeases | None = None, timing: Timing = QUICK, wait: bool = True
) -> AsyncIterator[World]:
    """The channel `wecom-bot`, connected with the fake unless it need not wait for that."""
    clock = Clock()
    async with aiohttp.ClientSession() as session:
        settings = settings_of("WECOM_BOT", fake.environment)
        channel = WecomBotChannel(settings, tools_of(session, clock, leases), timing)
        sink = RecordingSink()
        await channel.start(sink)
        if wait:
            await until(lambda: channel.health().connected and fake.subscribed.is_set())
        yield World(channel, sink, clock, session)
        await channel.stop()
