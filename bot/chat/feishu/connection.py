"""The long connection: one websocket on which events come and are answered."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import aiohttp
import structlog

from bot.chat.background import Background
from bot.chat.errors import AuthFailed, ChannelError, Transient
from bot.chat.feishu.api import Api
from bot.chat.feishu.events import Unreadable, parse_object
from bot.chat.feishu.frames import CONTROL, DATA, Assembly, Frame, FrameError, decode, encode, ping

log = structlog.get_logger("kuguan.feishu")

AT_ONCE: Final = 64
"""Events worked on at the same time on one connection; further ones wait unread."""
FRAME_LIMIT: Final = 2 * 1024 * 1024
CONNECT_TIMEOUT: Final = 15.0
PING_SECONDS: Final = (1.0, 600.0)
_PING_DEFAULT: Final = 120.0
_SILENCE: Final = 2.5
"""How many pauses between pings may pass without a single frame before the connection counts as dead."""
_LAST_ANSWERS: Final = 2.0
"""Seconds that events at work get when the connection is ended from this side."""
_CLOSING: Final = aiohttp.ClientWSTimeout(ws_close=2.0)
_DONE: Final = 200
_FAILED: Final = 500
_FORBIDDEN: Final = "403"
_AUTH_FAILED: Final = "514"
_TOO_MANY: Final = "1000040350"


class Answered:
    """What to answer an event with, and whom to tell that the answer has left."""

    def __init__(self, answer: Mapping[str, Any] | None = None) -> None:
        self.answer = answer
        self.sent = asyncio.Event()


Take = Callable[[Mapping[str, Any]], Awaitable[Answered]]
"""Handles one event; raises Overloaded when it was not kept and Unreadable when it cannot be read."""


class Connection:
    """Connects, answers, and notices when the other end is gone. `silence` is a factor of the ping pause."""

    def __init__(
        self, api: Api, session: aiohttp.ClientSession, take: Take, *, silence: float = _SILENCE
    ) -> None:
        self._api = api
        self._session = session
        self._take = take
        self._silence = silence
        self._pause = _PING_DEFAULT
        self._heard = 0.0
        self.is_open = False

    async def once(self) -> None:
        """Connect and serve until the connection ends; raises a ChannelError where it could not be had."""
        endpoint = await self._api.endpoint()
        url = endpoint.get("URL")
        if not isinstance(url, str):
            raise Transient("no address to connect to")
        service = _checked(url)
        self._configure(endpoint.get("ClientConfig"))
        try:
            # Not asyncio.wait_for: that swallows a cancellation which comes just as the connection does.
            async with asyncio.timeout(CONNECT_TIMEOUT):
                socket = await self._session.ws_connect(url, max_msg_size=FRAME_LIMIT, timeout=_CLOSING)
        except aiohttp.WSServerHandshakeError as error:
            raise _refusal(error) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Transient(f"not connected: {type(error).__name__}") from None
        async with socket:
            self.is_open = True
            try:
                await self._serve(socket, service)
            finally:
                self.is_open = False

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse, service: int) -> None:
        """Read until the end; when we end it ourselves, what was taken in is answered first."""
        self._heard = asyncio.get_running_loop().time()
        work = Background("events of feishu", AT_ONCE)
        assembly = Assembly()
        alive = asyncio.create_task(self._keep_alive(socket, service))
        try:
            async for message in socket:
                self._heard = asyncio.get_running_loop().time()
                if message.type is not aiohttp.WSMsgType.BINARY:
                    continue
                try:
                    frame = decode(message.data)
                    payload = assembly.add(frame, self._heard) if frame.method == DATA else None
                except FrameError as error:
                    log.warning("frame not understood", error=str(error))
                    continue
                if frame.method == CONTROL and frame.header("type") == "pong":
                    self._configure(_object(frame.payload))
                elif payload is not None and frame.header("type") == "event":
                    await work.start_when_there_is_room(partial(self._handle, socket, frame, payload))
        finally:
            alive.cancel()
            if not socket.closed:
                await work.finish(_LAST_ANSWERS)
        if self._is_silent():
            raise Transient("no sign of life from the other end")

    async def _handle(self, socket: aiohttp.ClientWebSocketResponse, frame: Frame, payload: bytes) -> None:
        """Answer an event: 500 for whatever was not taken, so that it comes again."""
        began = asyncio.get_running_loop().time()
        answered, code = Answered(), _FAILED
        try:
            answered = await self._take(parse_object(payload))
            code = _DONE
        except Unreadable as error:
            # A repeat would be as unreadable.
            log.warning("event not understood", error=str(error))
            code = _DONE
        finally:
            spent = int((asyncio.get_running_loop().time() - began) * 1000)
            try:
                await socket.send_bytes(encode(frame.answer(_body(code, answered.answer), spent)))
            except (aiohttp.ClientError, ConnectionError) as error:
                log.info("answer not sent", error=type(error).__name__)
            finally:
                answered.sent.set()

    async def _keep_alive(self, socket: aiohttp.ClientWebSocketResponse, service: int) -> None:
        """Ping at the pace the other end asked for, and close when it has gone silent."""
        while True:
            try:
                await socket.send_bytes(encode(ping(service)))
            except (aiohttp.ClientError, ConnectionError) as error:
                log.info("ping not sent", error=type(error).__name__)
            await asyncio.sleep(self._pause)
            if self._is_silent():
                await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    def _is_silent(self) -> bool:
        return asyncio.get_running_loop().time() - self._heard > self._pause * self._silence

    def _configure(self, config: Any) -> None:
        """Take over the ping pause, in seconds; it may change while connected."""
        seconds = config.get("PingInterval") if isinstance(config, dict) else None
        if isinstance(seconds, int | float) and not isinstance(seconds, bool):
            self._pause = min(max(float(seconds), PING_SECONDS[0]), PING_SECONDS[1])


def _checked(url: str) -> int:
    """The service named in an address to connect to; raises Transient for an address without encryption."""
    parts = urlsplit(url)
    if parts.scheme != "wss" and not (parts.scheme == "ws" and _is_local(parts.hostname or "")):
        raise Transient("the address to connect to is not encrypted")
    service = parse_qs(parts.query).get("service_id", [""])[0]
    return int(service) if service.isascii() and service.isdigit() and len(service) <= 9 else 0


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refusal(error: aiohttp.WSServerHandshakeError) -> ChannelError:
    headers: Mapping[str, str] = error.headers or {}
    status, detail = headers.get("handshake-status", ""), headers.get("handshake-autherrcode", "")
    if status == _FORBIDDEN or (status == _AUTH_FAILED and detail != _TOO_MANY):
        return AuthFailed(f"connection refused: {status} {detail}")
    return Transient(f"connection refused: HTTP {error.status} {status} {detail}")


def _body(code: int, answer: Mapping[str, Any] | None) -> bytes:
    body: dict[str, Any] = {"code": code}
    if answer is not None:
        body["data"] = base64.b64encode(json.dumps(answer, ensure_ascii=False).encode()).decode()
    return json.dumps(body).encode()


def _object(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        return None
