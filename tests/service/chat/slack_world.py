"""The Slack channel and the workspace on this machine, over Socket Mode or over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.chat.platform import (
    Address,
    CardRef,
)
from bot.chat.slack.channel import SlackChannel
from tests.fakes.slack import FakeSlack
from tests.service.chat.wecom_world import (
    Clock,
    RecordingSink,
    approval,
    listening,
    settings_of,
    tools_of,
)

ZHANG, LI = "U0ZHANG001", "U0LI000001"
GENERAL = "C0GENERAL1"


@dataclass
class World:
    fake: FakeSlack
    channel: SlackChannel
    sink: RecordingSink
    session: aiohttp.ClientSession


async def slack_world(folder: Path, *, over_http: bool) -> AsyncIterator[World]:
    fake, sink, clock = FakeSlack(over_http=over_http), RecordingSink(), Clock()
    await fake.start(folder)
    async with aiohttp.ClientSession() as session:
        chat = settings_of("SLACK", fake.environment)
        channel = SlackChannel(
            chat, tools_of(session, clock), first_pause=0.02, longest_pause=0.1, heartbeat=0.4
        )
        runner, url = await listening(channel)
        await channel.start(sink)
        await fake.bot_is_at(url)
        yield World(fake, channel, sink, session)
        await channel.stop()
        await runner.cleanup()
    await fake.stop()


async def sent_card(world: World, user: str = LI, **changes: Any) -> CardRef:
    reference = await world.channel.send(Address.direct(user), approval(**changes), "key-card")
    assert isinstance(reference, CardRef)
    return reference
