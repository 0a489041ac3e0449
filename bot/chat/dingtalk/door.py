"""Taps over HTTP, for companies that have DingTalk call an address instead of the stream."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from aiohttp import web
from aiohttp.web import AbstractRouteDef, Request, StreamResponse

from bot.chat.dingtalk.connection import Handler
from bot.chat.dingtalk.frames import CARDS, OK, Frame
from bot.chat.http import Refusal, answering, as_json, read_object
from services.kit.settings import Secret

PATH: Final = "/callbacks/dingtalk"
FRESH_SECONDS: Final = 300
_TIMESTAMP: Final = "x-ddpaas-signature-timestamp"
_SIGNATURE: Final = "x-ddpaas-signature"


def signature(secret: str, timestamp: str) -> str:
    """DingTalk's signature of a callback. It covers the time alone: the body is as safe as the connection."""
    made = hmac.new(secret.encode(), timestamp.encode(), hashlib.sha256).digest()
    return base64.b64encode(made).decode()


def is_signed(secret: str, timestamp: str, given: str, now: datetime) -> bool:
    """Whether a callback is DingTalk's and not older, or further ahead, than five minutes."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 15:
        return False
    right = hmac.compare_digest(signature(secret, timestamp).encode(), given.encode(errors="replace"))
    return right and abs(now.timestamp() - int(timestamp) / 1000) <= FRESH_SECONDS


class Door:
    """The address that DingTalk calls."""

    def __init__(self, secret: Secret, now: Callable[[], datetime], tapped: Handler) -> None:
        self._secret = secret
        self._now = now
        self._tapped = tapped

    def routes(self) -> Sequence[AbstractRouteDef]:
        """The one route there is."""
        return [web.post(PATH, answering(self._serve))]

    async def _serve(self, request: Request) -> StreamResponse:
        timestamp = request.headers.get(_TIMESTAMP, "")
        if not is_signed(self._secret.value, timestamp, request.headers.get(_SIGNATURE, ""), self._now()):
            raise Refusal(401, "SIGNATURE_WRONG")
        data = await read_object(request)
        # A callback that comes again is the same, whoever sends it.
        same = hashlib.sha256(f"{timestamp}\n{json.dumps(data, sort_keys=True)}".encode()).hexdigest()
        answered = await self._tapped(Frame("CALLBACK", CARDS, same, int(timestamp), data))
        response = as_json(answered.data.get("response") or {}, 200 if answered.code == OK else 503)
        try:
            await response.prepare(request)
            await response.write_eof()
        finally:
            answered.sent()
        return response
