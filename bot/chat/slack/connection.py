"""Slack in Socket Mode: a websocket that Slack renews now and then; the next one opens before the last ends.

The client of slack-sdk is not used here: it closes the old connection before it opens the next, answers over
another connection than it was asked on, and keeps an unbounded queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import aiohttp
import structlog

from bot.chat.background import Background
from bot.chat.errors import AuthFailed, Overloaded, Transient
from bot.chat.slack.events import Unreadable, parsed

log = structlog.get_logger("kuguan.slack")

HELLO_SECONDS: Final = 10.0
HEARTBEAT: Final = 20.0
"""Seconds between our own pings; without an answer in half of it the connection counts as dead."""
CLOSE_SECONDS: Final = 2.0
"""How long the other end may take to say goodbye."""
LARGEST_FRAME: Final = 1024 * 1024
AT_ONCE: Final = 64
"""Envelopes at work on one connection; more of them wait in the socket."""
LAST_SECONDS: Final = 1.0
"""For how long what is at work is waited for once its connection has ended."""
DRAIN_SECONDS: Final = 30.0
"""For how long a connection whose end was announced is listened to, at most."""

Take = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Keeps what an envelope of this type says; raises Overloaded or Unreadable."""


class Socket:
    """One connection after the other."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        address: Callable[[], Awaitable[str]],
        take: Take,
        heartbeat: float = HEARTBEAT,
    ) -> None:
        self._session = session
        self._address = address
        self._take = take
        self._heartbeat = heartbeat
        self._live: set[aiohttp.ClientWebSocketResponse] = set()
        self._draining = Background("connections of slack that end")

    @property
    def is_connected(self) -> bool:
        return bool(self._live)

    async def connect_once(self) -> None:
        """Connect and listen until the connection ends or its end is announced.

        An announced end is waited for in the background, so that nothing is missed until the next
        connection is there. Raises a ChannelError or an error of the connection.
        """
        socket = await self._open()
        try:
            reason = await self._listen(socket)
        except BaseException:
            await self._close(socket)
            raise
        if reason is None:
            code = socket.close_code
            await self._close(socket)
            log.info("connection ended", code=code)
            return
        if reason == "link_disabled":
            await self._close(socket)
            raise AuthFailed("Socket Mode is switched off for the app")
        if reason == "too_many_websockets":
            await self._close(socket)
            raise Transient("too many connections")
        log.info("connection will end", reason=reason[:40])
        self._draining.start(self._drain(socket))

    async def close(self) -> None:
        """End every connection."""
        await self._draining.cancel()
        for socket in tuple(self._live):
            await self._close(socket)

    async def _open(self) -> aiohttp.ClientWebSocketResponse:
        url = await self._address()
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                socket = await self._session.ws_connect(
                    url,
                    heartbeat=self._heartbeat,
                    max_msg_size=LARGEST_FRAME,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_SECONDS),
                )
                try:
                    first = parsed(await socket.receive_str())
                except BaseException:
                    await socket.close()
                    raise
        except (aiohttp.ClientError, TypeError, Unreadable, TimeoutError) as error:
            # Never the error itself: it names the address, which holds a ticket.
            raise Transient(f"no connection: {type(error).__name__}") from None
        if first.get("type") != "hello":
            await socket.close()
            raise Transient("no connection: it does not begin with hello")
        self._live.add(socket)
        return socket

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> str | None:
        """Take envelopes until the end is announced, which gives the reason, or there, which gives None."""
        at_work = Background("envelopes of slack", AT_ONCE)
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                try:
                    frame = parsed(message.data)
                except Unreadable:
                    log.warning("frame unreadable")
                    continue
                if frame.get("type") == "disconnect":
                    return str(frame.get("reason") or "unknown")
                if not isinstance(frame.get("envelope_id"), str):
                    continue
                await at_work.start_when_there_is_room(partial(self._work, socket, frame))
        finally:
            if socket.closed:
                # Nobody is left to be told; what is kept is kept.
                await at_work.finish(LAST_SECONDS)
        return None

    async def _work(self, socket: aiohttp.ClientWebSocketResponse, frame: Mapping[str, Any]) -> None:
        """Keep an envelope, then acknowledge it on the connection it came over."""
        payload = frame.get("payload")
        try:
            if isinstance(payload, dict):
                await self._take(str(frame.get("type") or ""), payload)
        except Overloaded:
            # Not acknowledged: Slack brings events again, and tells people that their tap did not work.
            log.warning("envelope not kept")
            return
        except Unreadable as error:
            log.warning("envelope unreadable", part=str(error))
        try:
            await socket.send_json({"envelope_id": frame["envelope_id"]})
        except (ConnectionError, aiohttp.ClientError, RuntimeError):
            # It will be brought again over another connection, and found to be kept.
            log.info("envelope not acknowledged: the connection is gone")

    async def _drain(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                # A second announcement says nothing new.
                while await self._listen(socket) is not None:
                    pass
        except TimeoutError:
            log.info("connection outlived its announced end")
        finally:
            await self._close(socket)

    async def _close(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._live.discard(socket)
        await socket.close()
