"""How the bot is, for operators and their tools: alive, figures, and the state of each chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import measures
from bot.chat.platform import Channel
from bot.chat.session import Gate


class Watch:
    """The routes that operators look at. They hold no business data and change nothing."""

    def __init__(self, gate: Gate, channels: Mapping[str, Channel], now: Callable[[], datetime]) -> None:
        self._gate = gate
        self._channels = channels
        self._now = now

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """`/healthz` while the process lives, `/metrics` for Prometheus, `/status` of each chat as JSON."""
        return [
            web.get("/healthz", self._alive),
            web.get("/metrics", self._metrics),
            web.get("/status", self._status),
        ]

    async def _alive(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response({"status": "ok"})

    async def _metrics(self, request: web.Request) -> web.Response:
        self._check(request)
        measures.look_at(self._channels)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _status(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response({"chats": [self._of(name) for name in self._channels]})

    def _of(self, name: str) -> dict[str, Any]:
        health = self._channels[name].health()
        last = health.last_inbound
        return {
            "platform": name,
            "connected": health.connected,
            "last_inbound": last.isoformat() if last else None,
            "silent_seconds": int((self._now() - last).total_seconds()) if last else None,
            "last_error": health.last_error,
        }

    def _check(self, request: web.Request) -> None:
        if not self._gate.is_asked_by_address(request):
            raise web.HTTPMisdirectedRequest(text="unknown host\n")
