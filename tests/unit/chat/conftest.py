"""A running web channel on loopback, with people, a clock and a sink that tests drive."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.chat.console import Console
from bot.chat.http import runner_of
from bot.chat.live import Live
from bot.chat.local import LocalChat
from bot.chat.session import Gate, Sessions
from bot.chat.web import WebChannel
from tests.unit.chat.local_world import MemoryConversation, NotingSink, SmallDirectory

CONSOLE_SECRET = "console-secret-of-thirty-two-characters"
SESSION_SECRET = b"session-secret-of-thirty-two-bytes-"


@dataclass
class World:
    """Everything a test touches. `url` is where the page is."""

    conversation: MemoryConversation
    directory: SmallDirectory
    sink: NotingSink
    clock: list[datetime]
    channel: WebChannel
    live: Live
    url: str = ""
    tokens: dict[str, str] = field(default_factory=dict)
    interpreted: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Browser:
    """A browser that shows our own page: it keeps cookies and sends its origin."""

    client: aiohttp.ClientSession
    url: str

    async def get(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        return await self.client.get(self.url + path, **options)

    async def post(self, path: str, data: Any, **options: Any) -> aiohttp.ClientResponse:
        headers = {"Origin": self.url, **options.pop("headers", {})}
        return await self.client.post(self.url + path, json=data, headers=headers, **options)

    async def become(self, person: str) -> None:
        response = await self.post("/api/demo/persona", {"person": person})
        assert response.status == 200, await response.text()


async def _world(demo: bool) -> AsyncIterator[World]:
    clock = [datetime(2026, 11, 22, 9, 0, tzinfo=UTC)]
    conversation = MemoryConversation(lambda: clock[0])
    directory, sink = SmallDirectory(), NotingSink()
    local = LocalChat(conversation, lambda: clock[0])
    live = Live(conversation, beat=0.2)
    tokens: dict[str, str] = {}
    interpreted: list[tuple[str, str]] = []

    async def redeem(token: str) -> str | None:
        return tokens.pop(token, None)

    async def interpret(person: str, text: str) -> Mapping[str, Any]:
        interpreted.append((person, text))
        return {"command": "help"}

    async def choose_language(person: str, language: str) -> None:
        directory.languages[person] = language

    channel = WebChannel(
        local,
        directory,
        Sessions([SESSION_SECRET], lambda: clock[0], demo=demo, secure=False),
        Gate(None if demo else "https://kuguan.example", demo=demo),
        demo=demo,
        redeem=redeem,
        choose_language=choose_language,
        console=Console(local, directory, interpret, CONSOLE_SECRET),
        live=live,
    )
    await channel.start(sink)
    application = web.Application()
    application.add_routes(channel.routes())
    runner = runner_of(application, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    world = World(conversation, directory, sink, clock, channel, live, f"http://127.0.0.1:{port}", tokens)
    world.interpreted = interpreted
    yield world
    await channel.stop()
    await runner.cleanup()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """A demo company: anybody on this machine may be anybody."""
    async for each in _world(demo=True):
        yield each


@pytest.fixture
async def real_world() -> AsyncIterator[World]:
    """No demo: people sign in by one-time links; the page is published under a name of its own."""
    async for each in _world(demo=False):
        yield each


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Browser(client, world.url)


@pytest.fixture
async def real_browser(real_world: World) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        yield Browser(client, real_world.url)


@pytest.fixture
async def page(browser: Browser) -> Browser:
    """A browser in which 张三 is signed in."""
    await browser.become("zhangsan")
    return browser
