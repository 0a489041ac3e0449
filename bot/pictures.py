"""Pictures that people send: brought from the chat and kept with their message."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from bot import arrivals
from bot.chat.errors import ChannelError, RateLimited, Transient
from bot.chat.platform import Media
from bot.commands.ask import Ask, Say
from bot.desk import Desk
from bot.storage import attachments
from bot.storage.received import Received
from bot.ways import Ways

log = structlog.get_logger("kuguan.pictures")

_PAUSES: Final = (0.5, 2.0, 5.0)
"""Seconds before each further try."""


class Pictures:
    """Where pictures are kept."""

    def __init__(self, desk: Desk, ways: Ways) -> None:
        self._desk = desk
        self._ways = ways

    async def keep(self, row: Received, ask: Ask) -> Say:
        """Keep a picture with its message; one that cannot be brought is said to be missing."""
        try:
            media = await self._fetch(row)
        except ChannelError as error:
            log.warning("picture not fetched", cause=row.cause, error=repr(error))
            return Say(ask.words("picture.missing"))
        await self._desk.runtime.writer.act(
            lambda tx: attachments.keep(tx, row.cause, ask.person, media.media_type, media.data)
        )
        return Say(ask.words("picture.kept"))

    async def _fetch(self, row: Received) -> Media:
        """The picture; asked for again where the product is busy or was not reached."""
        channel = self._ways.channel(row.platform)
        assert channel is not None, "events come from channels"
        for pause in _PAUSES:
            try:
                return await channel.fetch(arrivals.picture(row))
            except (RateLimited, Transient) as error:
                log.info("picture not there yet", cause=row.cause, error=repr(error))
            await asyncio.sleep(pause)
        return await channel.fetch(arrivals.picture(row))
