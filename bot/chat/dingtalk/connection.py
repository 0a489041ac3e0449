"""Keeps a stream to DingTalk open: pushes in, acknowledgements out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import aiohttp
import structlog

from bot.chat.background import Background
from bot.chat.dingtalk.api import Api
from bot.chat.dingtalk.frames import (
    FAILED,
    LONGEST_FRAME,
    OK,
    UNKNOWN_TOPIC,
    Answered,
    Frame,
    acknowledgement,
    read_frame,
)
from bot.chat.dingtalk.values import Malformed
from bot.chat.errors import Transient

log = structlog.get_logger("kuguan.dingtalk")

Handler = Callable[[Frame], Awaitable[Answered]]
"""Takes the pushes of one topic."""

HEARTBEAT: Final = 30.0
"""Seconds between our pings; a socket that does not answer within half of that is closed."""
CONNECT_SECONDS: Final = 10.0
AT_ONCE: Final = 64
"""Pushes worked on at the same time; more wait in the socket."""
LEAVING: Final = 12.0
"""Seconds for which a socket is still listened to after its end was announced; it comes after about ten."""
FINISH: Final = 2.0
"""Seconds for acknowledgements still to be given when we stop."""


class Connection:
    """One stream after the other. `connect_once` holds one until it ends or its end is announced."""

    def __init__(
        self,
        api: Api,
        session: aiohttp.ClientSession,
        handlers: Mapping[str, Handler],
        *,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._api = api
        self._session = session
        self._handlers = handlers
        self._heartbeat = heartbeat
        self._open: set[aiohttp.ClientWebSocketResponse] = set()
        self._leaving = Background("connections of dingtalk that end")
        self._at_work = Background("pushes of dingtalk", AT_ONCE)

    @property
    def is_open(self) -> bool:
        """Whether pushes can come in."""
        return bool(self._open)

    async def connect_once(self) -> None:
        """Open a stream with a new ticket and take its pushes; returns when the next one has to be opened."""
        gateway = await self._api.open_connection()
        try:
            # Not wait_for, which can swallow a cancellation: the stream would be opened for nobody.
            async with asyncio.timeout(CONNECT_SECONDS):
                socket = await self._session.ws_connect(
                    gateway.url, heartbeat=self._heartbeat, max_msg_size=LONGEST_FRAME, autoclose=True
                )
        except (aiohttp.ClientError, TimeoutError) as error:
            # The error's own text holds the ticket.
            raise Transient(f"not connected: {type(error).__name__}") from None
        self._open.add(socket)
        announced = False
        try:
            announced = await self._take(socket)
        finally:
            if not announced:
                await self._closed(socket)
        # Pushes still come on this one while the next is opened.
        if announced:
            self._leaving.start(self._take_the_last(socket))

    async def finish(self) -> None:
        """Give the acknowledgements that are due."""
        await self._at_work.finish(FINISH)

    async def stop(self) -> None:
        """Close everything; what is not acknowledged by now will not be."""
        await self._leaving.cancel()
        await self._at_work.cancel()
        for socket in list(self._open):
            await self._closed(socket)

    async def _take(self, socket: aiohttp.ClientWebSocketResponse) -> bool:
        """Take pushes until the socket ends; True when DingTalk announces that it will."""
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                try:
                    frame = read_frame(message.data)
                except Malformed as error:
                    log.warning("push not understood", error=str(error))
                    continue
                if frame.kind == "SYSTEM" and frame.topic == "disconnect":
                    return True
                await self._at_work.start_when_there_is_room(partial(self._answer, socket, frame))
        except aiohttp.ClientError as error:
            raise Transient(type(error).__name__) from None
        return False

    async def _take_the_last(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async with asyncio.timeout(LEAVING):
                await self._take(socket)
        except (TimeoutError, Transient) as error:
            log.info("left a connection that had been announced to end", error=type(error).__name__)
        finally:
            await self._closed(socket)

    async def _closed(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._open.discard(socket)
        await socket.close()

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, frame: Frame) -> None:
        """Acknowledge a push: as failed whatever was not done, so that it comes again."""
        answered = Answered(FAILED)
        try:
            answered = await self._handled(frame)
        finally:
            try:
                await socket.send_str(acknowledgement(frame, answered))
            except (aiohttp.ClientError, ConnectionError) as error:
                # DingTalk pushes again what it heard no acknowledgement of.
                log.warning("acknowledgement lost", topic=frame.topic, error=type(error).__name__)
            finally:
                answered.sent()

    async def _handled(self, frame: Frame) -> Answered:
        if frame.kind == "SYSTEM":
            return Answered(OK, frame.data)
        if frame.kind == "EVENT":
            return Answered(OK, {"status": "SUCCESS", "message": ""})
        handler = self._handlers.get(frame.topic)
        if handler is None:
            return Answered(UNKNOWN_TOPIC)
        return await handler(frame)
