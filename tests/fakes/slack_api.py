"""The Web API of Slack for one workspace: who may call what, what it refuses, and what it remembers."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.slack_blocks import problem_of

TEAM = "T0KUGUAN01"
BOT = "U0BOT00001"
APP = "A0KUGUAN01"
BOT_TOKEN = "xoxb-bot-token-of-the-workspace"
APP_TOKEN = "xapp-token-of-the-app"
SIGNING_SECRET = "0123456789abcdef0123456789abcdef"
ALL_SCOPES = "app_mentions:read,channels:history,chat:write,files:read,files:write,im:history,im:write"
_BURST = 8
_BURST_SECONDS = 4.0
_NEEDS = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "conversations.open": "im:write",
    "conversations.history": "im:history",
    "conversations.replies": "channels:history",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "users.lookupByEmail": "users:read.email",
}


@dataclass
class Message:
    """One message of a conversation, as it looks now."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)
    thread: str = ""
    metadata: Any = None
    only_for: str = ""
    edits: int = 0

    def as_json(self) -> dict[str, Any]:
        more: dict[str, Any] = {"thread_ts": self.thread} if self.thread else {}
        return {"type": "message", "user": self.user, "ts": self.ts, "text": self.text,
                "blocks": self.blocks, "metadata": self.metadata, **more}  # fmt: skip


@dataclass
class Fault:
    """What a method answers next; `done` = it has its effect all the same."""

    status: int = 200
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 0.0
    done: bool = False
    cut: bool = False
    """Whether the connection ends without an answer."""


class Refused(Exception):
    """An error name of Slack."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.answer = {"ok": False, "error": error, **more}


def direct(user: str) -> str:
    """The direct chat of the bot with somebody."""
    return f"D{user[1:]}"


class Workspace:
    """What the API knows and does."""

    def __init__(self) -> None:
        self.url = ""
        self.bot_token = BOT_TOKEN
        self.scopes = ALL_SCOPES
        self.gone = {"U0NOBODY01", "C0NOWHERE1"}
        """People who left and channels that are no more; everybody else is a member."""
        self.mailboxes: dict[str, dict[str, Any]] = {}
        """Members by e-mail address, with what Slack would say of them beside their id."""
        self.messages: list[Message] = []
        self.faults: dict[str, list[Fault]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.homes: dict[str, dict[str, Any]] = {}
        self.windows: list[dict[str, Any]] = []
        self.files: dict[str, tuple[bytes, str]] = {}
        self.shared: list[tuple[str, str, str]] = []
        self.triggers: dict[str, float] = {}
        self.numbers = itertools.count(1)
        self._tickets: set[str] = set()
        self._uploads: dict[str, int] = {}
        self._posted: dict[str, list[float]] = {}
        self._methods = {
            "auth.test": self._auth_test,
            "apps.connections.open": self._connect,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "conversations.open": self._open,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "files.getUploadURLExternal": self._upload_url,
            "files.completeUploadExternal": self._complete,
            "files.info": self._file_info,
            "users.lookupByEmail": self._by_email,
            "views.publish": self._publish,
            "views.open": self._open_view,
        }

    def moment(self) -> str:
        """The moment of a new message, which no other message of this workspace has."""
        return f"{int(time.time())}.{next(self.numbers):06d}"

    def message(self, key: str) -> Message:
        """A message by conversation and moment."""
        return next(one for one in self.messages if f"{one.channel}:{one.ts}" == key)

    def picture(self, name: str, data: bytes, media_type: str = "image/png") -> dict[str, Any]:
        """A file somebody uploads, as an event tells of it."""
        self.files[name] = (data, media_type)
        return {"id": name, "mimetype": media_type, "mode": "hosted", "size": len(data),
                "url_private": f"{self.url}/files/{name}",
                "url_private_download": f"{self.url}/files/{name}"}  # fmt: skip

    def take_ticket(self, ticket: str) -> bool:
        """Whether an address of a connection is still good; it is not afterwards."""
        known = ticket in self._tickets
        self._tickets.discard(ticket)
        return known

    # ------------------------------------------------------------ the door

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append((method, arguments))
        fault = self._next_fault(method)
        if fault is not None and not fault.done:
            return await self._fail(request, fault)
        headers = {"x-oauth-scopes": self.scopes}
        try:
            self._check(method, request.headers.get("Authorization", ""))
            answer = {"ok": True, **self._methods[method](arguments)}
        except Refused as refused:
            limited = refused.answer["error"] == "ratelimited"
            more = {"Retry-After": "1"} if limited else {}
            return web.json_response(
                refused.answer, status=429 if limited else 200, headers={**headers, **more}
            )
        if fault is not None:
            return await self._fail(request, fault)
        return web.json_response(answer, headers=headers)

    def _next_fault(self, method: str) -> Fault | None:
        waiting = self.faults.get(method)
        return waiting.pop(0) if waiting else None

    async def _fail(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        await asyncio.sleep(fault.seconds)
        if fault.cut:
            assert request.transport is not None
            request.transport.abort()
        if fault.body is not None:
            return web.Response(body=fault.body, status=fault.status, headers=fault.headers)
        return web.json_response(
            {"ok": False, "error": fault.error}, status=fault.status, headers=fault.headers
        )

    def _check(self, method: str, authorization: str) -> None:
        if method not in self._methods:
            raise Refused("unknown_method")
        token = authorization.removeprefix("Bearer ")
        if method == "apps.connections.open":
            if token.startswith("xoxb-"):
                raise Refused("not_allowed_token_type")
            if token != APP_TOKEN:
                raise Refused("invalid_auth")
            return
        if not token:
            raise Refused("not_authed")
        if token != self.bot_token:
            raise Refused("invalid_auth")
        needed = _NEEDS.get(method)
        if needed and needed not in self.scopes.split(","):
            raise Refused("missing_scope", needed=needed, provided=self.scopes)

    # ------------------------------------------------------------ methods

    def _auth_test(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {"url": self.url, "team": "库管公司", "user": "kuguan", "team_id": TEAM, "user_id": BOT,
                "bot_id": "B0BOT00001", "is_enterprise_install": False}  # fmt: skip

    def _connect(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        ticket = f"ticket-{next(self.numbers)}"
        self._tickets.add(ticket)
        return {"url": f"{self.url.replace('http', 'ws', 1)}/link/{ticket}"}

    def _post(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        channel = self._place(arguments)
        sent = self._posted.setdefault(channel, [])
        now = time.monotonic()
        sent[:] = [moment for moment in sent if moment > now - _BURST_SECONDS]
        if len(sent) >= _BURST:
            raise Refused("ratelimited")
        message = Message(channel, self.moment(), BOT, *_content(arguments))
        message.thread = str(arguments.get("thread_ts") or "")
        message.metadata = arguments.get("metadata")
        sent.append(now)
        self.messages.append(message)
        return {"channel": channel, "ts": message.ts, "message": message.as_json()}

    def _update(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        channel = str(arguments.get("channel"))
        if channel[:1] == "U":
            raise Refused("channel_not_found")
        found = [one for one in self.messages if (one.channel, one.ts) == (channel, arguments.get("ts"))]
        if not found or found[0].only_for:
            raise Refused("message_not_found")
        if found[0].user != BOT:
            raise Refused("cant_update_message")
        found[0].text, found[0].blocks = _content(arguments)
        found[0].edits += 1
        return {"channel": channel, "ts": found[0].ts, "text": found[0].text}

    def _whisper(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        channel, user = str(arguments.get("channel")), str(arguments.get("user"))
        if channel[:1] == "U" or not self._is_member(user):
            raise Refused("channel_not_found" if channel[:1] == "U" else "user_not_in_channel")
        message = Message(channel, self.moment(), BOT, *_content(arguments), only_for=user)
        self.messages.append(message)
        return {"message_ts": message.ts}

    def _open(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        user = str(arguments.get("users"))
        if not self._is_member(user):
            raise Refused("user_not_found")
        return {"channel": {"id": direct(user)}}

    def _history(self, arguments: Mapping[str, Any], thread: str = "") -> dict[str, Any]:
        channel, oldest = str(arguments.get("channel")), float(arguments.get("oldest") or 0)
        if channel[:1] == "U":
            raise Refused("channel_not_found")
        here = [one for one in self.messages if one.channel == channel and float(one.ts) >= oldest]
        inside = [one for one in here if (one.thread == thread if thread else not one.thread)]
        return {"messages": [one.as_json() for one in reversed(inside)][: int(arguments.get("limit") or 100)]}

    def _replies(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return self._history(arguments, str(arguments["ts"]))

    def _upload_url(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not arguments.get("filename") or int(arguments.get("length") or 0) < 1:
            raise Refused("invalid_arguments")
        file = f"F{next(self.numbers):09d}"
        self._uploads[file] = int(arguments["length"])
        return {"upload_url": f"{self.url}/upload/{file}", "file_id": file}

    def _complete(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        files = arguments.get("files")
        given = json.loads(files) if isinstance(files, str) else files
        channel = str(arguments.get("channel_id"))
        if channel[:1] not in ("C", "D", "G"):
            raise Refused("invalid_channel")
        for one in given or []:
            if one["id"] not in self.files:
                raise Refused("file_not_found")
            self.shared.append((channel, one["id"], str(arguments.get("thread_ts") or "")))
        return {"files": [{"id": one["id"], "title": one.get("title")} for one in given or []]}

    def _file_info(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        file = str(arguments.get("file"))
        if file not in self.files:
            raise Refused("file_not_found")
        return {"file": {"id": file, "url_private_download": f"{self.url}/files/{file}"}}

    def _by_email(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        email = str(arguments.get("email") or "")
        if "users:read" not in self.scopes.split(","):
            raise Refused("missing_scope", needed="users:read", provided=self.scopes)
        if not email:
            raise Refused("invalid_arguments")
        known = self.mailboxes.get(email.lower())
        if known is None or known["id"] in self.gone:
            raise Refused("users_not_found")
        return {"user": {"team_id": TEAM, "deleted": False, "profile": {"email": email.lower()}, **known}}

    def _publish(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        user, view = str(arguments.get("user_id")), _json(arguments.get("view"))
        if not self._is_member(user):
            raise Refused("not_enabled")
        if view.get("type") != "home" or problem_of(view.get("blocks"), "home"):
            raise Refused("invalid_arguments")
        self.homes[user] = view
        return {"view": {"id": "V1"}}

    def _open_view(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        until = self.triggers.pop(str(arguments.get("trigger_id")), None)
        if until is None:
            raise Refused("exchanged_trigger_id")
        if until < time.monotonic():
            raise Refused("expired_trigger_id")
        view = _json(arguments.get("view"))
        title = view.get("title", {}).get("text", "")
        needs_submit = any(block["type"] == "input" for block in view.get("blocks", []))
        if (
            view.get("type") != "modal"
            or not 1 <= len(title) <= 24
            or (needs_submit and not 1 <= len(view.get("submit", {}).get("text", "")) <= 24)
            or len(view.get("private_metadata", "")) > 3000
            or problem_of(view.get("blocks"), "modal")
        ):
            raise Refused("invalid_arguments")
        self.windows.append(view)
        return {"view": {"id": "V2"}}

    def _place(self, arguments: Mapping[str, Any]) -> str:
        place = str(arguments.get("channel"))
        if self._is_member(place):
            return direct(place)
        known = place[:1] in ("C", "D", "G") and place not in self.gone
        if not known or (place[:1] == "D" and not self._is_member(f"U{place[1:]}")):
            raise Refused("channel_not_found")
        return place

    def _is_member(self, user: str) -> bool:
        return user[:1] == "U" and user not in self.gone

    # ------------------------------------------------------------ files

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        file = request.match_info["file"]
        data = await request.read()
        if self._uploads.get(file) != len(data):
            return web.Response(status=400, text="wrong length")
        self.files[file] = (data, "image/png")
        return web.Response(text=f"OK - {len(data)}")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        fault = self._next_fault("file")
        if fault is not None:
            return await self._fail(request, fault)
        allowed = request.headers.get("Authorization") == f"Bearer {self.bot_token}"
        if not allowed or "files:read" not in self.scopes:
            raise web.HTTPFound("/files-need-a-sign-in")
        data, media_type = self.files[request.match_info["file"]]
        return web.Response(body=data, content_type=media_type)


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        told = await request.json()
        return dict(told) if isinstance(told, dict) else {}
    return {**request.query, **await request.post()}


def _json(value: object) -> dict[str, Any]:
    told = json.loads(value) if isinstance(value, str) else value
    return dict(told) if isinstance(told, dict) else {}


def _content(arguments: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks of a message; raises Refused for what Slack does not take."""
    text, blocks = str(arguments.get("text") or ""), arguments.get("blocks")
    if isinstance(blocks, str):
        blocks = json.loads(blocks)
    if not text.strip() and not blocks:
        raise Refused("no_text")
    if len(text) > 40_000:
        raise Refused("msg_too_long")
    if blocks is not None and (problem := problem_of(blocks)):
        raise Refused("invalid_blocks", response_metadata={"messages": [problem]})
    return text, list(blocks or [])
