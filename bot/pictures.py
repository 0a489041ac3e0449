"""Pictures that people send: brought from the chat and kept with their message."""

from __future__ import annotations

import structlog

from bot import arrivals
from bot.chat.errors import ChannelError
from bot.commands.ask import Ask, Say
from bot.desk import Desk
from bot.storage import attachments
from bot.storage.received import Received
from bot.ways import Ways

log = structlog.get_logger("kuguan.pictures")


class Pictures:
    """Where pictures are kept."""

    def __init__(self, desk: Desk, ways: Ways) -> None:
        self._desk = desk
        self._ways = ways

    async def keep(self, row: Received, ask: Ask) -> Say:
        """Keep a picture with its message; one that cannot be brought is said to be missing."""
        channel = self._ways.channel(row.platform)
        try:
            assert channel is not None, "events come from channels"
            media = await channel.fetch(arrivals.picture(row))
        except ChannelError as error:
            log.warning("picture not fetched", cause=row.cause, error=repr(error))
            return Say(ask.words("picture.missing"))
        await self._desk.runtime.writer.act(
            lambda tx: attachments.keep(tx, row.cause, ask.person, media.media_type, media.data)
        )
        return Say(ask.words("picture.kept"))
