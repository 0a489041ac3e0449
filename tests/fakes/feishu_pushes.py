"""How the Feishu on this machine pushes events: over the long connection, or to the webhook."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.chat.feishu.frames import CONTROL, DATA, Frame, decode, encode

APP_ID, APP_SECRET = "cli_a1b2c3d4e5f6", "secret-of-the-app"
ENCRYPT_KEY, VERIFICATION_TOKEN = "encrypt-key", "verification-token"
TENANT = "2ed263bf32cf1651"
BOT = "ou_0123456789abcdef0123456789abcdef"
PATH = "/chat/feishu"
CONNECTIONS = 50
ANSWER_SECONDS = 3.0


def encrypted(plain: bytes, key: str = ENCRYPT_KEY, initial: bytes | None = None) -> str:
    """What the product sends for these bytes."""
    initial = initial or os.urandom(16)
    padding = 16 - len(plain) % 16
    cipher = Cipher(algorithms.AES(hashlib.sha256(key.encode()).digest()), modes.CBC(initial)).encryptor()
    return base64.b64encode(initial + cipher.update(plain + bytes([padding]) * padding)).decode()


def signed(body: bytes, timestamp: str = "", nonce: str = "", key: str = ENCRYPT_KEY) -> dict[str, str]:
    """The headers of a signed push."""
    timestamp, nonce = timestamp or str(int(time.time())), nonce or os.urandom(8).hex()
    digest = hashlib.sha256((timestamp + nonce + key).encode() + body).hexdigest()
    return {
        "X-Lark-Request-Timestamp": timestamp,
        "X-Lark-Request-Nonce": nonce,
        "X-Lark-Signature": digest,
        "Content-Type": "application/json; charset=utf-8",
    }


class Pushes:
    """The pushing side. `transport` is how the app has subscribed: websocket or webhook."""

    def __init__(self, transport: str) -> None:
        self.transport = transport
        self.ping_seconds: float = 120
        self.answers_pings = True
        self.limit = CONNECTIONS
        self.address = ""
        self.redelivery: Sequence[float] = (0.05, 0.2, 0.5, 1.0)
        self.connections: dict[web.WebSocketResponse, dict[str, asyncio.Future[Frame]]] = {}
        self.connected = asyncio.Event()
        self.answers: list[Frame] = []
        self.pings = 0
        self.url = ""
        self.bot_url = ""
        self._next = 0
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _config(self) -> dict[str, Any]:
        return {
            "ReconnectCount": -1,
            "ReconnectInterval": 1,
            "ReconnectNonce": 1,
            "PingInterval": self.ping_seconds,
        }

    # ------------------------------------------------------------ the long connection

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if len(self.connections) >= self.limit:
            headers = {
                "handshake-status": "514",
                "handshake-msg": "too many connections",
                "handshake-autherrcode": "1000040350",
            }
            return web.Response(status=400, headers=headers)
        socket = web.WebSocketResponse(max_msg_size=4 * 1024 * 1024)
        await socket.prepare(request)
        waiting: dict[str, asyncio.Future[Frame]] = {}
        self.connections[socket] = waiting
        self.connected.set()
        try:
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.BINARY:
                    continue
                frame = decode(message.data)
                if frame.method == CONTROL and frame.header("type") == "ping":
                    self.pings += 1
                    await self._pong(socket, frame)
                elif frame.method == DATA:
                    self.answers.append(frame)
                    future = waiting.get(frame.header("message_id"))
                    if future is not None and not future.done():
                        future.set_result(frame)
        finally:
            self.connections.pop(socket, None)
            if not self.connections:
                self.connected.clear()
            for future in waiting.values():
                future.cancel()
        return socket

    async def _pong(self, socket: web.WebSocketResponse, frame: Frame) -> None:
        if self.answers_pings:
            payload = json.dumps(self._config()).encode()
            pong = Frame(0, 0, frame.service, CONTROL, (("type", "pong"),), payload=payload)
            await socket.send_bytes(encode(pong))

    async def close_connections(self, code: int) -> None:
        """End every long connection in this way."""
        for socket in list(self.connections):
            await socket.close(code=code)

    async def push(self, event: Mapping[str, Any], *, repeat: bool = True, parts: int = 1) -> dict[str, Any]:
        """Deliver an event, again where it was not taken, and give what was answered."""
        data = json.dumps(event, ensure_ascii=False).encode()
        for pause in (0.0, *(self.redelivery if repeat else ())):
            await asyncio.sleep(pause)
            answer = await self.deliver(data, parts)
            if answer is not None:
                return answer
        raise AssertionError("the event was not taken in the end")

    async def deliver(self, data: bytes, parts: int = 1) -> dict[str, Any] | None:
        """One delivery; None where it was not taken."""
        if self.transport == "webhook":
            status, answer = await self.post(data)
            return answer if status == 200 else None
        if not self.connections:
            return None
        socket, waiting = random.choice(list(self.connections.items()))
        number, size = self._number(), -(-len(data) // parts)
        key = f"{number:032x}"
        waiting[key] = asyncio.get_running_loop().create_future()
        pieces = [data[place * size : (place + 1) * size] for place in range(parts)]
        for place, piece in random.sample(list(enumerate(pieces)), parts):
            headers = {"type": "event", "message_id": key, "sum": parts, "seq": place, "trace_id": key}
            frame = Frame(number, number, 33554678, DATA, tuple((k, str(v)) for k, v in headers.items()))
            await socket.send_bytes(encode(replace(frame, payload=piece)))
        try:
            frame = await asyncio.wait_for(waiting[key], ANSWER_SECONDS)
        except (TimeoutError, asyncio.CancelledError):
            return None
        finally:
            waiting.pop(key, None)
        assert frame.header("trace_id") == key
        assert frame.header("biz_rt").isdigit()
        answer = json.loads(frame.payload)
        if answer["code"] != 200:
            return None
        return dict(json.loads(base64.b64decode(answer["data"]))) if answer.get("data") else {}

    # ------------------------------------------------------------ the webhook

    async def post(
        self,
        plain: bytes,
        *,
        sign: bool = True,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Push to the webhook: status and answer; `headers` and `body` replace what is made of `plain`."""
        assert self._session is not None
        body = json.dumps({"encrypt": encrypted(plain)}).encode() if body is None else body
        if headers is None:
            headers = signed(body) if sign else {"Content-Type": "application/json"}
        limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with self._session.post(
            self.bot_url + PATH, data=body, headers=dict(headers), timeout=limit, allow_redirects=False
        ) as response:
            return response.status, await response.json()
