"""Slack on this machine: its Web API, its sockets, its signed requests, and the people of one workspace.

It refuses what Slack refuses. Requests are signed by slack-sdk, so that our reading is never checked
against itself.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from tests.fakes.chat import Shown, ShownCard
from tests.fakes.slack_api import (
    APP,
    APP_TOKEN,
    BOT,
    BOT_TOKEN,
    SIGNING_SECRET,
    TEAM,
    Message,
    Workspace,
    direct,
)
from tests.fakes.slack_blocks import buttons_of, title_of, unescaped, words_of

ACK_SECONDS = 3.0
TRIGGER_SECONDS = 3.0


@dataclass(eq=False)
class Link:
    """One open websocket of the bot."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    acks: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    def fall_deaf(self) -> None:
        """Read nothing any more, with the connection open."""
        assert self.transport is not None
        self.transport.pause_reading()


class FakeSlack(Workspace):
    """The workspace. `over_http` = the app has request URLs in place of Socket Mode."""

    platform = "slack"
    tenant = TEAM

    def __init__(self, *, over_http: bool = False) -> None:
        self.over_http = over_http
        super().__init__()
        self.links: list[Link] = []
        self.connections = 0
        self.reason = ""
        """What people write into the window that asks for words."""
        self.pongs = True
        self._folder = Path()
        self.request_url = ""
        self._runner: web.AppRunner | None = None
        self._client: aiohttp.ClientSession | None = None

    # ------------------------------------------------------------ of every fake

    @property
    def environment(self) -> dict[str, str]:
        door = "SIGNING_SECRET" if self.over_http else "APP_TOKEN"
        return {
            "KUGUAN_SLACK_API_URL": f"{self.url}/api/",
            "KUGUAN_SLACK_BOT_TOKEN_FILE": str(self._folder / "slack-bot-token"),
            f"KUGUAN_SLACK_{door}_FILE": str(self._folder / f"slack-{door}"),
        }

    async def start(self, folder: Path) -> None:
        self._folder = folder
        secrets = {"bot-token": BOT_TOKEN, "APP_TOKEN": APP_TOKEN, "SIGNING_SECRET": SIGNING_SECRET}
        for name, value in secrets.items():
            self.write_secret(name, value)
        application = web.Application(client_max_size=32 * 1024 * 1024)
        application.add_routes(
            [
                web.route("*", "/api/{method}", self._serve),
                web.get("/link/{ticket}", self._link),
                web.post("/upload/{file}", self._upload),
                web.get("/files/{file}", self._download),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession()

    def write_secret(self, name: str, value: str) -> None:
        """Put a secret where the bot reads it."""
        (self._folder / f"slack-{name}").write_text(f"{value}\n")

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.close()
        for link in tuple(self.links):
            await link.socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def bot_is_at(self, url: str) -> None:
        if self.over_http:
            self.request_url = url.rstrip("/") + "/callbacks/slack"
            challenge = {"type": "url_verification", "token": "old", "challenge": "say this back"}
            status, body = await self.post_signed(json.dumps(challenge).encode(), "application/json")
            assert (status, body) == (200, "say this back"), (status, body)
            return
        async with asyncio.timeout(20):
            while not self.links:  # noqa: ASYNC110 - the bot decides when it connects
                await asyncio.sleep(0.01)

    async def say(self, user: str, text: str, group: str = "") -> None:
        event = self.written(user, f"<@{BOT}> {text}" if group else text, group)
        if group:
            # Who subscribed to both is told of a mention twice.
            await self.push_event({**event, "type": "app_mention"})
        await self.push_event(event)

    async def send_picture(self, user: str, data: bytes) -> None:
        files = [self.picture(f"F{next(self.numbers):09d}", data)]
        await self.push_event(self.written(user, "", subtype="file_share", files=files))

    async def enter(self, user: str) -> None:
        await self.push_event({"type": "app_home_opened", "user": user, "channel": direct(user),
                               "tab": "messages", "event_ts": self.moment()})  # fmt: skip

    async def tap(self, user: str, card: ShownCard, action: str) -> str:
        message = self.message(card.key)
        button = next(one for one in buttons_of(message.blocks) if action_of(one) == action)
        before, edits, opened = len(self.messages), message.edits, len(self.windows)
        assert await self.push(self.tapped(user, message, button), "interactive"), "the tap was not taken"
        if len(self.windows) > opened:
            assert await self.push(self.submitted(user, self.windows[-1], self.reason), "interactive")
        # What a tap leads to comes after its acknowledgement.
        for quiet in itertools.count(1):
            for one in self.messages[before:]:
                if one.only_for == user:
                    return unescaped(one.text)
            if quiet >= (500 if message.edits == edits else 50):
                return ""
            await asyncio.sleep(0.01)
        raise AssertionError("the loop always returns")

    def seen(self, user: str, group: str = "") -> Sequence[Shown]:
        place = group or direct(user)
        mine = [one for one in self.messages if one.channel == place and one.user == BOT and not one.only_for]
        return [shown(one) for one in mine]

    # ------------------------------------------------------------ what people do

    def written(self, user: str, text: str, group: str = "", **more: Any) -> dict[str, Any]:
        """Somebody writes; returns the event that tells of it."""
        place = group or direct(user)
        escaped = text if "<@" in text else text.replace("&", "&amp;").replace("<", "&lt;")
        message = Message(place, self.moment(), user, escaped)
        self.messages.append(message)
        kind = "channel" if group else "im"
        return {"type": "message", "channel": place, "channel_type": kind, "user": user, "team": TEAM,
                "text": escaped, "ts": message.ts, "event_ts": message.ts, **more}  # fmt: skip

    def tapped(self, user: str, message: Message, button: Mapping[str, Any]) -> dict[str, Any]:
        """The payload of a tap, with a trigger that lasts three seconds."""
        trigger = f"{next(self.numbers)}.trigger"
        self.triggers[trigger] = time.monotonic() + TRIGGER_SECONDS
        action = {"type": "button", "block_id": "b", "action_ts": self.moment(), **button}
        return {
            "type": "block_actions", "api_app_id": APP, "trigger_id": trigger, "actions": [action],
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
            "team": {"id": TEAM, "domain": "kuguan"}, "channel": {"id": message.channel, "name": "x"},
            "message": message.as_json(), "container": {"type": "message", "message_ts": message.ts},
            "response_url": f"{self.url}/actions/secret",
        }  # fmt: skip

    def submitted(self, user: str, view: Mapping[str, Any], reason: str) -> dict[str, Any]:
        """The payload of a window that was sent."""
        values = {block["block_id"]: {block["element"]["action_id"]: {
            "type": "plain_text_input", "value": reason or None}} for block in view["blocks"]}  # fmt: skip
        return {
            "type": "view_submission", "team": {"id": TEAM}, "user": {"id": user, "team_id": TEAM},
            "view": {**view, "id": f"V{next(self.numbers)}", "state": {"values": values}},
        }  # fmt: skip

    def tapped_home(self, user: str, name: str) -> dict[str, Any]:
        """The payload of a tap on the home tab."""
        button = next(one for one in buttons_of(self.homes[user]["blocks"]) if one["action_id"] == name)
        payload = self.tapped(user, Message(direct(user), "1.1", BOT, ""), button)
        for absent in ("channel", "message", "response_url"):
            del payload[absent]
        return {**payload, "container": {"type": "view"}}

    # ------------------------------------------------------------ telling the bot

    def told(self, event: Mapping[str, Any], event_id: str = "") -> dict[str, Any]:
        """The payload that tells of an event."""
        return {
            "type": "event_callback", "team_id": TEAM, "api_app_id": APP, "event": dict(event),
            "event_id": event_id or f"Ev{next(self.numbers)}", "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT, "is_bot": True}],
        }  # fmt: skip

    async def push_event(self, event: Mapping[str, Any], event_id: str = "") -> bool:
        """Tell of an event, again up to three times while it is not acknowledged."""
        payload = self.told(event, event_id)
        for attempt in range(4):
            if await self.push(payload, "events_api", attempt):
                return True
        return False

    async def push(self, payload: Mapping[str, Any], kind: str, attempt: int = 0) -> bool:
        """Tell once; whether it was acknowledged in three seconds."""
        if not self.over_http:
            return await self._send_envelope(payload, kind, attempt)
        data, content = json.dumps(payload).encode(), "application/json"
        if kind == "interactive":
            data = urlencode({"payload": json.dumps(payload)}).encode()
            content = "application/x-www-form-urlencoded"
        more = {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": "http_timeout"} if attempt else {}
        status, _ = await self.post_signed(data, content, more)
        return status == 200

    async def post_signed(
        self, data: bytes, content_type: str, headers: Mapping[str, str] | None = None, at: float = 0.0
    ) -> tuple[int, str]:
        """A request of Slack; `headers` replace its own, `at` is another time of signing."""
        own = {**self.signed(data, at), "Content-Type": content_type, **(headers or {})}
        return await self.post(data, own)

    def signed(self, data: bytes, at: float = 0.0) -> dict[str, str]:
        """The two headers that prove a request."""
        stamp = str(int(at or time.time()))
        signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=stamp, body=data)
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": str(signature)}

    async def post(self, data: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        """Any request to the bot; status 0 where there was no answer in time."""
        assert self._client is not None
        wait = aiohttp.ClientTimeout(total=ACK_SECONDS)
        try:
            async with self._client.post(
                self.request_url, data=data, headers=headers, timeout=wait
            ) as response:
                return response.status, await response.text()
        except (TimeoutError, aiohttp.ClientError):
            return 0, ""

    async def _send_envelope(self, payload: Mapping[str, Any], kind: str, attempt: int) -> bool:
        link = next((one for one in reversed(self.links) if not one.socket.closed), None)
        if link is None:
            return False
        return await self.send_over(link, payload, kind, attempt) is not None

    async def send_over(
        self, link: Link, payload: Mapping[str, Any], kind: str, attempt: int = 0
    ) -> dict[str, Any] | None:
        """Send an envelope over one connection; its acknowledgement, None if none came over the same one."""
        envelope = f"envelope-{next(self.numbers)}"
        link.acks[envelope] = asyncio.get_running_loop().create_future()
        frame: dict[str, Any] = {"envelope_id": envelope, "type": kind, "payload": payload,
                                 "accepts_response_payload": kind == "interactive"}  # fmt: skip
        if kind == "events_api":
            frame |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        try:
            await link.socket.send_json(frame)
            return await asyncio.wait_for(link.acks[envelope], ACK_SECONDS)
        except (TimeoutError, ConnectionError):
            return None

    def cut(self, link: Link) -> None:
        """Break a connection off without a word."""
        assert link.transport is not None
        link.transport.abort()

    async def disconnect(self, link: Link, reason: str = "refresh_requested") -> None:
        """Announce the end of a connection."""
        await link.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "x"}})

    async def _link(self, request: web.Request) -> web.StreamResponse:
        """The websocket of Socket Mode; its address works once."""
        if not self.take_ticket(request.match_info["ticket"]):
            return web.Response(status=403)
        socket = web.WebSocketResponse(autoping=self.pongs)
        await socket.prepare(request)
        link = Link(socket, request.transport)
        self.connections += 1
        await socket.send_json({"type": "hello", "num_connections": len(self.links) + 1,
                                "connection_info": {"app_id": APP}, "debug_info": {"host": "x"}})  # fmt: skip
        self.links.append(link)
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._acknowledged(link, json.loads(message.data))
        finally:
            self.links.remove(link)
        return socket

    def _acknowledged(self, link: Link, frame: Mapping[str, Any]) -> None:
        waiting = link.acks.pop(str(frame["envelope_id"]), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(dict(frame))


def action_of(button: Mapping[str, Any]) -> str:
    """The action of a card's button, without what the bot puts before it."""
    return str(button["action_id"]).rpartition(":")[2]


def shown(message: Message) -> Shown:
    """A message as people see it."""
    if not message.blocks:
        return Shown(text=unescaped(message.text))
    buttons = {action_of(one): one["text"]["text"] for one in buttons_of(message.blocks)}
    key = f"{message.channel}:{message.ts}"
    return Shown(card=ShownCard(key, title_of(message.blocks), words_of(message.blocks), buttons))
