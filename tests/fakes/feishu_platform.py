"""The open platform of the Feishu on this machine: tokens, messages, pictures, and what is refused.

Refuses what the real one refuses; faults are scripted by the tests.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.feishu_cards import CARD_BYTES, TEXT_BYTES, CardRefused, checked
from tests.fakes.feishu_pushes import APP_ID, APP_SECRET, BOT, TENANT, Pushes

A_SECOND = 0.8
"""Seconds in which five messages reach one person: a second, less what two clocks may differ."""


@dataclass
class Sent:
    """A message of the bot as the product keeps it."""

    id: str
    to: str
    kind: str
    content: str
    at: float
    open_taps: int = 0


@dataclass
class Refused:
    """A scripted answer of the open platform."""

    status: int
    code: int
    message: str = "scripted"
    headers: Mapping[str, str] = field(default_factory=dict)
    page: str = ""
    """What stands in the place of the answer, as from a proxy in between."""


def _error(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response({"code": code, "msg": message}, status=status, headers=headers)


class OpenPlatform(Pushes):
    """One app of one tenant. `transport` is how the app has subscribed: websocket or webhook."""

    def __init__(self, transport: str = "websocket") -> None:
        super().__init__(transport)
        self.sent: dict[str, Sent] = {}
        self.calls: list[str] = []
        self.scripted: dict[str, list[Refused]] = {}
        self.outside: set[str] = set()
        self.scopes = {"im:message", "im:resource"}
        self.activated = True
        self.addresses: dict[str, tuple[str, Mapping[str, bool]]] = {}
        """Mobile numbers and e-mail addresses of people: the person's name here, and their status."""
        self.changed = asyncio.Event()
        self._unique: dict[str, str] = {}
        self._tokens: set[str] = set()
        self._pictures: dict[tuple[str, str], bytes] = {}
        self._uploads: set[str] = set()
        self._users: dict[str, str] = {}
        self._recent: dict[str, list[float]] = {}

    async def listen(self) -> None:
        """Listen on a free port of this machine."""
        app = web.Application(client_max_size=12 * 1024 * 1024)
        app.add_routes(
            [
                web.post("/open-apis/auth/v3/tenant_access_token/internal", self._token),
                web.get("/open-apis/bot/v3/info", self._info),
                web.get("/open-apis/application/v6/scopes", self._granted),
                web.get("/open-apis/tenant/v2/tenant/query", self._company),
                web.post("/open-apis/contact/v3/users/batch_get_id", self._ids_of),
                web.post("/open-apis/im/v1/messages", self._send),
                web.patch("/open-apis/im/v1/messages/{id}", self._patch),
                web.post("/open-apis/im/v1/images", self._upload),
                web.get("/open-apis/im/v1/messages/{id}/resources/{key}", self._resource),
                web.post("/callback/ws/endpoint", self._endpoint),
                web.get("/ws", self._connect),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession()

    async def stop(self) -> None:
        """Stop listening."""
        if self._session is not None:
            await self._session.close()
        await self.close_connections(1001)
        if self._runner is not None:
            await self._runner.cleanup()

    # ------------------------------------------------------------ calls of the bot

    async def until(self, is_there: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until what the bot showed is as it should be; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not is_there():
                self.changed.clear()
                await self.changed.wait()

    def expire_tokens(self) -> None:
        """No token that was given out is taken any more."""
        self._tokens.clear()

    def _refusal(self, name: str, request: web.Request, *, needs_token: bool = True) -> web.Response | None:
        self.calls.append(name)
        if waiting := self.scripted.get(name):
            refused = waiting.pop(0)
            if refused.page:
                return web.Response(status=refused.status, text=refused.page, headers=refused.headers)
            return _error(refused.status, refused.code, refused.message, refused.headers)
        authorization = request.headers.get("Authorization", "")
        if needs_token and not authorization.startswith("Bearer "):
            return _error(400, 99991661, "Missing access token for authorization.")
        if needs_token and authorization.removeprefix("Bearer ") not in self._tokens:
            return _error(400, 99991663, "Invalid access token for authorization.")
        return None

    async def _token(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal("token", request, needs_token=False)) is not None:
            return refusal
        body = await request.json()
        if (body.get("app_id"), body.get("app_secret")) != (APP_ID, APP_SECRET):
            return web.json_response({"code": 10014, "msg": "app secret invalid"})
        token = f"t-{self._number():x}{os.urandom(8).hex()}"
        self._tokens.add(token)
        return web.json_response({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200})

    async def _info(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal("bot", request)) is not None:
            return refusal
        status = 2 if self.activated else 0
        bot = {"activate_status": status, "app_name": "库管", "avatar_url": "", "open_id": BOT}
        return web.json_response({"code": 0, "msg": "ok", "bot": bot})

    async def _granted(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal("scopes", request)) is not None:
            return refusal
        scopes = [{"scope_name": name, "grant_status": 1, "scope_type": "tenant"} for name in self.scopes]
        return web.json_response({"code": 0, "msg": "success", "data": {"scopes": scopes}})

    def _scope(self, name: str) -> web.Response | None:
        if name in self.scopes:
            return None
        return _error(400, 99991672, f"Access denied. One of the following scopes is required: [{name}]")

    async def _company(self, request: web.Request) -> web.Response:
        refusal = self._refusal("tenant", request) or self._scope("tenant:tenant:readonly")
        if refusal is not None:
            return refusal
        tenant = {"name": "库管公司", "display_id": "F0001", "tenant_tag": 0, "tenant_key": TENANT}
        return web.json_response({"code": 0, "msg": "success", "data": {"tenant": tenant}})

    async def _ids_of(self, request: web.Request) -> web.Response:
        """Who has these addresses; one that nobody has comes back without an id."""
        refusal = self._refusal("ids", request) or self._scope("contact:user.id:readonly")
        if refusal is not None:
            return refusal
        body = await request.json()
        kinds = {name: body.get(name) or [] for name in ("emails", "mobiles")}
        asked = [(name[:-1], address) for name, addresses in kinds.items() for address in addresses]
        wrong = any(not isinstance(address, str) or not address for _, address in asked)
        if not asked or wrong or max(map(len, kinds.values())) > 50:
            return _error(400, 40001, "param error")
        if request.query.get("user_id_type", "open_id") != "open_id":
            return _error(400, 99992402, "field validation failed")
        users = []
        for kind, address in asked:
            name, status = self.addresses.get(address, ("", {}))
            left = status.get("is_resigned", False) and not body.get("include_resigned")
            ids = {"user_id": self.ids(name)["open_id"], "status": status} if name and not left else {}
            users.append({kind: address, **ids})
        return web.json_response({"code": 0, "msg": "success", "data": {"user_list": users}})

    def ids(self, user: str) -> dict[str, str]:
        """All ids of a person."""
        rest = user[3:] if user.startswith("ou_") else hashlib.sha256(user.encode()).hexdigest()[:32]
        known = {"open_id": f"ou_{rest}", "union_id": f"on_{rest}", "user_id": f"u{rest[:8]}"}
        self._users.update(dict.fromkeys(known.values(), user))
        return known

    async def _send(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal("send", request)) is not None:
            return refusal
        raw = await request.read()
        body = json.loads(raw)
        kind, content, unique = body.get("msg_type"), body.get("content"), body.get("uuid", "")
        to = self._recipient(request.query.get("receive_id_type", ""), str(body.get("receive_id")))
        if to is None:
            return _error(
                400, 230001, "Your request contains an invalid request parameter, ext=invalid receive_id"
            )
        if to in self.outside:
            return _error(400, 230013, "Bot has NO availability to this user.")
        if unique in self._unique:
            return self._message(self.sent[self._unique[unique]])
        recent = [at for at in self._recent.get(to, []) if at > time.monotonic() - A_SECOND]
        if len(recent) >= 5:
            return _error(400, 230020, "This operation triggers the frequency limit.")
        wrong = self._wrong(kind, content, unique, len(raw))
        if wrong is not None:
            return wrong
        self._recent[to] = [*recent, time.monotonic()]
        sent = Sent(f"om_{self._number():032x}", to, kind, content, time.time())
        self.sent[sent.id] = sent
        self.changed.set()
        if unique:
            self._unique[unique] = sent.id
        return self._message(sent)

    def _wrong(self, kind: str, content: Any, unique: str, size: int) -> web.Response | None:
        if not isinstance(content, str) or kind not in {"text", "interactive", "image"} or len(unique) > 50:
            return _error(400, 230001, "Your request contains an invalid request parameter.")
        if size > (TEXT_BYTES if kind == "text" else CARD_BYTES):
            return _error(400, 230025, "The length of the message content reaches its limit.")
        parts = json.loads(content)
        known = {"interactive": True, "image": parts.get("image_key") in self._uploads}
        if not known.get(kind, bool(str(parts.get("text") or "").strip())):
            return _error(400, 230001, "Your request contains an invalid request parameter.")
        try:
            if kind == "interactive":
                checked(content)
        except CardRefused as error:
            return _error(400, 230099, f"Failed to create card content, ext={error}")
        return None

    def _recipient(self, kind: str, value: str) -> str | None:
        if kind == "chat_id":
            return value.removeprefix("oc_p2p_") if value.startswith("oc_") else None
        prefixes = {"open_id": "ou_", "union_id": "on_", "user_id": ""}
        prefix = prefixes.get(kind)
        return self._users.get(value) if prefix is not None and value.startswith(prefix) else None

    def _message(self, sent: Sent) -> web.Response:
        data = {"message_id": sent.id, "msg_type": sent.kind, "create_time": str(int(sent.at * 1000))}
        return web.json_response({"code": 0, "msg": "success", "data": data})

    async def _patch(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal("patch", request)) is not None:
            return refusal
        raw = await request.read()
        sent = self.sent.get(request.match_info["id"])
        if sent is None:
            return _error(400, 230110, "Action unavailable as the message has been deleted.")
        if time.time() - sent.at >= 14 * 86400:
            return _error(400, 230031, "The message was sent more than 14 days ago.")
        if sent.kind != "interactive":
            return _error(400, 230054, "This operation is not supported for this message type.")
        content = json.loads(raw).get("content")
        wrong = self._wrong("interactive", content, "", len(raw))
        if wrong is not None:
            return wrong
        if sent.open_taps:
            lock = "Failed to create card content, ext=ErrCode: 11310; ErrMsg: card action is lock"
            return _error(400, 230099, lock)
        sent.content = content
        self.changed.set()
        return web.json_response({"code": 0, "msg": "success", "data": {}})

    async def _upload(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal("upload", request)) is not None:
            return refusal
        form = await request.post()
        if form.get("image_type") != "message" or not isinstance(form.get("image"), web.FileField):
            return _error(400, 234001, "Invalid request param.")
        key = f"img_v3_{self._number():032x}"
        self._uploads.add(key)
        return web.json_response({"code": 0, "msg": "success", "data": {"image_key": key}})

    async def _resource(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal("resource", request)) is not None:
            return refusal
        data = self._pictures.get((request.match_info["id"], request.match_info["key"]))
        if data is None or request.query.get("type") != "image":
            return _error(400, 234003, "File not in msg.")
        return web.Response(body=data, content_type="image/png")

    async def _endpoint(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal("endpoint", request, needs_token=False)) is not None:
            return refusal
        body = await request.json()
        if (body.get("AppID"), body.get("AppSecret")) != (APP_ID, APP_SECRET):
            return web.json_response({"code": 514, "msg": "auth failed", "data": None})
        address = f"{self.url.replace('http', 'ws')}/ws?device_id={self._number()}&service_id=33554678"
        data = {"URL": self.address or address, "ClientConfig": self._config()}
        return web.json_response({"code": 0, "msg": "", "data": data})
