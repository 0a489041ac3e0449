"""DingTalk's side of the wire: streams with one-use tickets, and the calls that a robot makes.

It takes what DingTalk takes and refuses what DingTalk refuses, and answers otherwise on command. ``wrong``
collects what no client of DingTalk may do.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.dingtalk_people import BY_MOBILE, Employees

TEMPLATE = "0b1e9a52-kuguan.schema"
TENANT = "dingcorp0001"
TICKET_SECONDS = 90.0
OPEN = "/v1.0/gateway/connections/open"
TOKEN = "/v1.0/oauth2/accessToken"
TO_PEOPLE = "/v1.0/robot/oToMessages/batchSend"
TO_GROUP = "/v1.0/robot/groupMessages/send"
DOWNLOAD = "/v1.0/robot/messageFiles/download"
CREATE_AND_DELIVER = "/v1.0/card/instances/createAndDeliver"
CREATE = "/v1.0/card/instances"
DELIVER = "/v1.0/card/instances/deliver"
UPLOAD = "/media/upload"
REPLY = "/robot/sendBySession"
FREE = {OPEN, REPLY, BY_MOBILE}
SPACE = re.compile(r"dtv1\.card//(IM_ROBOT|IM_GROUP)\.(.+)")
NEEDED = {"sampleText": {"content"}, "sampleMarkdown": {"title", "text"}, "sampleImageMsg": {"photoURL"}}
_ACKNOWLEDGED = {200, 400, 404, 500}


@dataclass
class Scripted:
    """What to answer instead of doing what was asked; with ``after`` it is done, but nobody hears of it."""

    status: int = 400
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    raw: bytes = b""
    cut: bool = False
    after: bool = False


@dataclass
class Instance:
    """A card: what everybody sees, and what the answer to a tap showed one person only."""

    public: dict[str, str]
    callback: str
    private: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    open_taps: int = 0

    def view(self, user: str) -> dict[str, str]:
        """The parameters with which a person's card is drawn."""
        return {**self.public, **self.private.get(user, {})}


class Refused(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: str, **more: object) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, "message": code, "requestid": "r", **more}


Answer = Callable[[web.Request, Any], Awaitable[dict[str, Any]]]


class Gateway:
    """One company with one application."""

    def __init__(self) -> None:
        self.client_id, self.client_secret = "dingclient0001", "secret-of-the-application"
        self.robot_code = self.client_id
        self.templates = {TEMPLATE}
        self.strangers = {"kuguan-check-nobody"}
        self.flooded: set[str] = set()
        self.permitted = True
        self.quota: int | None = None
        self.answers_pings = True
        self.pictures: dict[str, bytes] = {}
        self.uploaded: dict[str, bytes] = {}
        self.cards: dict[str, Instance] = {}
        self.calls: list[tuple[str, Any]] = []
        self.wrong: list[str] = []
        self.sockets: list[web.WebSocketResponse] = []
        self.connected = asyncio.Event()
        self.waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.open_taps: dict[str, Instance] = {}
        self.sessions: dict[str, tuple[str, float]] = {}
        self.timeline: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.scripts: dict[str, list[Scripted]] = defaultdict(list)
        self.tokens: set[str] = set()
        self.employees = Employees(self.tokens)
        self._tickets: dict[str, float] = {}
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where both hosts of DingTalk are."""
        return f"http://127.0.0.1:{self.port}"

    async def listen(self) -> None:
        """Open for calls and streams."""
        application = web.Application(client_max_size=32 << 20)
        routes: list[tuple[str, str, Answer]] = [
            ("POST", OPEN, self._open),
            ("POST", TOKEN, self._token),
            ("POST", TO_PEOPLE, self._to_people),
            ("POST", TO_GROUP, self._to_group),
            ("POST", DOWNLOAD, self._download),
            ("POST", CREATE_AND_DELIVER, self._create_and_deliver),
            ("POST", CREATE, self._create),
            ("POST", DELIVER, self._deliver),
            ("PUT", CREATE, self._update),
            ("POST", UPLOAD, self._upload),
            ("POST", REPLY, self._reply),
            ("POST", BY_MOBILE, self.employees.by_mobile),
        ]
        for method, path, answer in routes:
            application.router.add_route(method, path, self._answering(f"{method} {path}", path, answer))
        application.router.add_get("/connect", self._connect)
        application.router.add_get("/files/{code}", self._file)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def leave(self) -> None:
        """Close everything."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _answering(
        self, name: str, path: str, answer: Answer
    ) -> Callable[..., Awaitable[web.StreamResponse]]:
        async def respond(request: web.Request) -> web.StreamResponse:
            body = None if path == UPLOAD else await request.json()
            self.calls.append((name, body))
            script = self.scripts[name].pop(0) if self.scripts[name] else None
            if script is not None and not script.after:
                return await self._as_scripted(request, script)
            try:
                self._admit(request, path)
                done = web.json_response(await answer(request, body))
            except Refused as refused:
                return web.json_response(refused.body, status=refused.status)
            return done if script is None else await self._as_scripted(request, script)

        return respond

    async def _as_scripted(self, request: web.Request, script: Scripted) -> web.StreamResponse:
        await asyncio.sleep(script.delay)
        if script.cut:
            assert request.transport is not None
            request.transport.abort()
        if script.raw:
            return web.Response(body=script.raw, status=script.status, headers=script.headers)
        return web.json_response(script.body, status=script.status, headers=script.headers)

    def _admit(self, request: web.Request, path: str) -> None:
        """The quota and the token."""
        if path in FREE:
            return
        if self.quota is not None:
            if self.quota <= 0:
                raise Refused(403, "Forbidden.AccessDenied.ApiCountLimitForOrg")
            self.quota -= 1
        if path == TOKEN:
            return
        given = request.headers.get("x-acs-dingtalk-access-token") or request.query.get("access_token")
        if given not in self.tokens:
            raise Refused(401, "InvalidAuthentication")
        if not self.permitted:
            scopes = {"requiredScopes": ["qyapi_robot_sendmsg"]}
            raise Refused(
                403, "Forbidden.AccessDenied.AccessTokenPermissionDenied", accessdenieddetail=scopes
            )

    # ------------------------------------------------------------ streams

    async def _open(self, request: web.Request, body: Any) -> dict[str, Any]:
        if (body.get("clientId"), body.get("clientSecret")) != (self.client_id, self.client_secret):
            raise Refused(401, "authFailed")
        topics = body.get("subscriptions")
        if not topics or not all({"type", "topic"} <= set(one) for one in topics):
            raise Refused(400, "invalidParameter.subscriptions")
        # Characters that have to be escaped in an address.
        ticket = f"{secrets.token_hex(8)}+/={secrets.token_hex(4)}"
        self._tickets[ticket] = time.monotonic() + TICKET_SECONDS
        return {"endpoint": f"ws://127.0.0.1:{self.port}/connect", "ticket": ticket}

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        until = self._tickets.pop(request.query.get("ticket", ""), 0.0)
        if until < time.monotonic():
            self.wrong.append("a ticket that was used, ended or unknown")
            return web.Response(status=401)
        socket = web.WebSocketResponse(autoping=self.answers_pings)
        await socket.prepare(request)
        self.sockets.append(socket)
        ping = self.frame("SYSTEM", "ping", {"opaque": secrets.token_hex(4)}, "ping-first")
        self.waiting["ping-first"] = asyncio.get_running_loop().create_future()
        self.waiting["ping-first"].add_done_callback(lambda _: self.connected.set())
        await socket.send_str(ping)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledged(json.loads(message.data))
        finally:
            if socket in self.sockets:
                self.sockets.remove(socket)
            if not self.sockets:
                self.connected.clear()
        return socket

    def _acknowledged(self, answer: dict[str, Any]) -> None:
        headers = answer.get("headers", {})
        key = headers.get("messageId", "")
        try:
            data = json.loads(answer["data"])
        except (KeyError, TypeError, ValueError):
            data = None
        if answer.get("code") not in _ACKNOWLEDGED or not isinstance(data, dict):
            self.wrong.append(f"an acknowledgement DingTalk does not understand: {answer}")
        if headers.get("contentType") != "application/json":
            self.wrong.append("an acknowledgement without content type")
        if key == "ping-first" and not (data or {}).get("opaque"):
            self.wrong.append("a ping was answered without its opaque")
        self.tap_is_over(key)
        waiting = self.waiting.get(key)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def tap_is_over(self, key: str) -> None:
        """A tap was answered, or nobody waits for its answer any more."""
        card = self.open_taps.pop(key, None)
        if card is not None:
            card.open_taps -= 1

    def frame(self, kind: str, topic: str, data: Mapping[str, Any], identifier: str) -> str:
        """A push as it goes over the wire."""
        headers = {
            "appId": "application",
            "connectionId": "connection",
            "contentType": "application/json",
            "messageId": identifier,
            "time": str(int(time.time() * 1000)),
            "topic": topic,
        }
        whole = {"specVersion": "1.0", "type": kind, "headers": headers, "data": json.dumps(data)}
        return json.dumps(whole)

    # ------------------------------------------------------------ messages

    async def _token(self, request: web.Request, body: Any) -> dict[str, Any]:
        if (body.get("appKey"), body.get("appSecret")) != (self.client_id, self.client_secret):
            raise Refused(400, "invalidClientIdOrSecret")
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return {"accessToken": token, "expireIn": 7200}

    async def _to_people(self, request: web.Request, body: Any) -> dict[str, Any]:
        people = body.get("userIds")
        if not isinstance(people, list) or not 0 < len(people) <= 20:
            raise Refused(400, "invalidParameter.userIds")
        said = self._said(body)
        unknown = [one for one in people if one in self.strangers]
        flooded = [one for one in people if one in self.flooded]
        for one in people:
            if one not in unknown and one not in flooded:
                self.timeline[one].append(("text", said))
        return {
            "processQueryKey": secrets.token_hex(8),
            "invalidStaffIdList": unknown,
            "flowControlledStaffIdList": flooded,
        }

    async def _to_group(self, request: web.Request, body: Any) -> dict[str, Any]:
        group = body.get("openConversationId")
        if not group or group in self.strangers:
            raise Refused(400, "resource.conversation.notFound")
        self.timeline[group].append(("text", self._said(body)))
        return {"processQueryKey": secrets.token_hex(8)}

    def _said(self, body: Any) -> str:
        """The words of a message, or the picture's id."""
        if body.get("robotCode") != self.robot_code:
            raise Refused(400, "robotCode.notExist")
        key, parameters = body.get("msgKey"), body.get("msgParam")
        if key not in NEEDED or not isinstance(parameters, str):
            raise Refused(400, "invalidParameter.msgParam")
        given = json.loads(parameters)
        if set(given) != NEEDED[key] or not all(given.values()):
            raise Refused(400, "invalidParameter.msgParam")
        if len(parameters.encode()) > 20_000:
            raise Refused(400, "param.messageTooLong")
        if key == "sampleImageMsg" and given["photoURL"] not in self.uploaded:
            raise Refused(400, "invalidParameter.photoURL")
        return str(given.get("content") or given.get("text") or given.get("photoURL"))

    async def _reply(self, request: web.Request, body: Any) -> dict[str, Any]:
        place, until = self.sessions.get(request.query.get("session", ""), ("", 0.0))
        if until < time.time():
            return {"errcode": 300001, "errmsg": "session is expired"}
        if body.get("msgtype") != "text" or not body["text"].get("content"):
            return {"errcode": 40035, "errmsg": "wrong message"}
        self.timeline[place].append(("text", body["text"]["content"]))
        return {"errcode": 0, "errmsg": "ok"}

    # ------------------------------------------------------------ cards

    async def _create(self, request: web.Request, body: Any) -> dict[str, Any]:
        if body.get("cardTemplateId") not in self.templates:
            raise Refused(400, "param.cardTemplateNotExist")
        key, data = body.get("outTrackId"), body.get("cardData", {}).get("cardParamMap")
        if not key:
            raise Refused(400, "param.outTrackIdEmpty")
        if not isinstance(data, dict):
            raise Refused(400, "param.cardPublicDataEmpty")
        self.check_texts(data)
        self.cards.setdefault(key, Instance(dict(data), body.get("callbackType", "")))
        return {"success": True, "result": key}

    async def _deliver(self, request: web.Request, body: Any) -> dict[str, Any]:
        key, space = body.get("outTrackId"), SPACE.fullmatch(body.get("openSpaceId", ""))
        if key not in self.cards:
            raise Refused(400, "param.outTrackIdNotExist")
        if space is None:
            raise Refused(400, "param.openSpaceIdInvalid")
        group = space[1] == "IM_GROUP"
        model = body.get("imGroupOpenDeliverModel" if group else "imRobotOpenDeliverModel")
        if not model or (group and model.get("robotCode") != self.robot_code):
            raise Refused(400, "param.openDeliverModelInvalid")
        if not group and model.get("spaceType") != "IM_ROBOT":
            raise Refused(400, "param.openDeliverModelInvalid")
        known = space[2] not in self.strangers
        problem = "" if known else "no"
        result = {"spaceType": space[1], "spaceId": space[2], "success": known, "errorMsg": problem}
        if known and ("card", key) not in self.timeline[space[2]]:
            self.timeline[space[2]].append(("card", key))
        return {"success": True, "result": {"outTrackId": key, "deliverResults": [result]}}

    async def _create_and_deliver(self, request: web.Request, body: Any) -> dict[str, Any]:
        if "imRobotOpenSpaceModel" not in body and "imGroupOpenSpaceModel" not in body:
            raise Refused(400, "param.openSpaceModelInvalid")
        await self._create(request, body)
        return await self._deliver(request, body)

    async def _update(self, request: web.Request, body: Any) -> dict[str, Any]:
        card = self.cards.get(body.get("outTrackId", ""))
        if card is None:
            raise Refused(400, "param.outTrackIdNotExist")
        if card.open_taps:
            self.wrong.append("a card was updated while a tap waited for its answer")
            raise Refused(400, "param.callbackOpen")
        data = body.get("cardData", {}).get("cardParamMap", {})
        self.check_texts(data)
        if not body.get("cardUpdateOptions", {}).get("updateCardDataByKey"):
            card.public = {}
        card.public |= data
        for private in card.private.values():
            for name in data:
                private.pop(name, None)
        return {"success": True, "result": True}

    def check_texts(self, parameters: Mapping[str, Any]) -> None:
        """Card parameters are texts, whatever stands in them."""
        if not all(isinstance(value, str) for value in parameters.values()):
            self.wrong.append("card parameters have to be texts")

    # ------------------------------------------------------------ pictures

    async def _download(self, request: web.Request, body: Any) -> dict[str, Any]:
        if body.get("robotCode") != self.robot_code or body.get("downloadCode") not in self.pictures:
            raise Refused(400, "invalidParameter.downloadCode")
        return {"downloadUrl": f"{self.url}/files/{body['downloadCode']}"}

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.pictures[request.match_info["code"]])

    async def _upload(self, request: web.Request, body: Any) -> dict[str, Any]:
        form = await request.post()
        picture = form["media"]
        assert isinstance(picture, web.FileField)
        media = f"@lAD{secrets.token_hex(8)}"
        self.uploaded[media] = picture.file.read()
        return {"errcode": 0, "errmsg": "ok", "media_id": media, "type": "image"}
