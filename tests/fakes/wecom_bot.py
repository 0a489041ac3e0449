"""WeCom's gateway for AI bots on this machine: one connection for each bot, and the people who talk to it.

It plays the documented rules strictly: deadlines of answers, one connection, who may be written to first,
lengths, pace. Faults are scripted by attributes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from tests.fakes.chat import Shown, ShownCard
from tests.fakes.wecom_bot_media import Uploads, sealed
from tests.fakes.wecom_cards import problem_of, shown_card

BOT = "aibTestBot01"
SECRET = "secret-of-the-long-connection"
NAME = "库管"
TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")
EVENT_SECONDS = 5.0
CONTENT_BYTES = 20_480


@dataclass
class Copy:
    """A card in a chat, as it looks now."""

    chat: str
    task: str
    card: dict[str, Any]


@dataclass
class Pushed:
    """A push that may be answered: by when, and what was answered."""

    event: str
    user: str
    chat: str
    task: str
    ends: float
    answered: asyncio.Event = field(default_factory=asyncio.Event)


class FakeWecomBot:
    """The gateway at `url`."""

    platform = "wecom-bot"
    tenant = BOT

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.url = ""
        self.chats: dict[str, list[str | Copy | bytes]] = {}
        self.met: set[str] = set()
        self.media: dict[str, bytes] = {}
        self.frames: list[dict[str, Any]] = []
        self.connections = 0
        self.evictions = 0
        self.subscribed = asyncio.Event()
        # Faults
        self.accepts = True
        self.answers_pings = True
        self.names_refusals = True
        self.closes_evicted = True
        self.refuse: list[Mapping[str, Any]] = []
        self.keep_silent = 0
        self.nested_clicks = True
        self._socket: web.WebSocketResponse | None = None
        self._pushes: dict[str, Pushed] = {}
        self._streams: dict[str, tuple[str, int]] = {}
        self._uploads = Uploads(self.media)
        self._sent: dict[str, list[float]] = {}
        self._numbers = itertools.count(1)
        self._files: dict[str, bytes] = {}
        self._folder = Path()
        self._runner: web.AppRunner | None = None

    # ------------------------------------------------------------ of every fake

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which the bot finds this gateway."""
        return {
            "KUGUAN_WECOM_BOT_ID": BOT,
            "KUGUAN_WECOM_BOT_SECRET_FILE": str(self._folder / "wecom-bot-secret"),
            "KUGUAN_WECOM_BOT_NAME": NAME,
            "KUGUAN_WECOM_BOT_API_URL": self.url,
        }

    async def start(self, folder: Path) -> None:
        self._folder = folder
        (folder / "wecom-bot-secret").write_text(SECRET)
        application = web.Application()
        application.add_routes([web.get("/", self._connect), web.get("/file/{name}", self._give_file)])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"ws://127.0.0.1:{self._runner.addresses[0][1]}/"

    async def stop(self) -> None:
        await self.close(1001)
        if self._runner is not None:
            await self._runner.cleanup()

    async def bot_is_at(self, url: str) -> None:
        async with asyncio.timeout(20):
            await self.subscribed.wait()

    async def say(self, user: str, text: str, group: str = "") -> None:
        said = f"@{NAME} {text}" if group else text
        await self.push_message(user, "text", {"content": said}, group)

    async def send_picture(self, user: str, data: bytes) -> None:
        await self.push_message(user, "image", self.offer_image(data))

    async def enter(self, user: str) -> None:
        await self.push_event(user, "enter_chat", {})

    async def tap(self, user: str, card: ShownCard, action: str) -> str:
        assert action in card.buttons, f"no such button: {action}"
        copy = self._copy(card.key)
        assert copy is not None, "no such card"
        pushed = await self.click(user, copy, action)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVENT_SECONDS):
                await pushed.answered.wait()
        return ""

    def seen(self, user: str, group: str = "") -> Sequence[Shown]:
        shown = []
        for one in self.chats.get(group or user, []):
            if isinstance(one, Copy):
                shown.append(Shown(card=shown_card(one.task, one.card, greyed=False)))
            else:
                shown.append(Shown(text=one if isinstance(one, str) else f"[{len(one)} bytes]"))
        return shown

    # ------------------------------------------------------------ pushes

    async def push_message(
        self, user: str, kind: str, content: Mapping[str, Any], group: str = "", identity: str = ""
    ) -> dict[str, Any]:
        body = self._body(user, group, identity) | {"msgtype": kind, kind: content}
        self.met.add(group or user)
        request = f"push-{next(self._numbers)}"
        self._pushes[request] = Pushed("message", user, group or user, "", time.monotonic() + 86_400)
        return await self.push("aibot_msg_callback", body, request)

    async def push_event(
        self, user: str, kind: str, event: Mapping[str, Any], group: str = "", seconds: float = EVENT_SECONDS
    ) -> Pushed:
        body = self._body(user, group, "") | {"msgtype": "event"}
        flat = {} if self.nested_clicks else dict(event)
        nested = {kind: dict(event)} if self.nested_clicks else {}
        body["event"] = {"eventtype": kind, **nested, **flat}
        frame_id = f"push-{next(self._numbers)}"
        task = str(event.get("task_id", ""))
        pushed = Pushed(kind, user, group or user, task, time.monotonic() + seconds)
        self._pushes[frame_id] = pushed
        await self.push("aibot_event_callback", body, frame_id)
        return pushed

    async def click(self, user: str, copy: Copy, action: str) -> Pushed:
        """A tap is pushed once and can be answered for five seconds."""
        event = {"card_type": "button_interaction", "event_key": action, "task_id": copy.task}
        return await self.push_event(
            user, "template_card_event", event, "" if copy.chat == user else copy.chat
        )

    async def push(self, command: str, body: Mapping[str, Any], request: str = "") -> dict[str, Any]:
        frame = {
            "cmd": command,
            "headers": {"req_id": request or f"push-{next(self._numbers)}"},
            "body": body,
        }
        await self.push_frame(frame)
        return frame

    async def push_frame(self, frame: Any) -> None:
        assert self._socket is not None, "nobody is connected"
        await self._socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def close(self, code: int) -> None:
        """Close the connection with a code."""
        socket, self._socket = self._socket, None
        self.subscribed.clear()
        if socket is not None:
            await socket.close(code=code)

    async def drop(self) -> None:
        """Cut the connection without a word."""
        socket, self._socket = self._socket, None
        self.subscribed.clear()
        if socket is not None and socket._req is not None and socket._req.transport is not None:
            socket._req.transport.abort()

    def offer_image(self, data: bytes) -> dict[str, str]:
        """A picture as a message carries it: an address, and a key that lacks its padding."""
        name = f"f{next(self._numbers)}"
        self._files[name], key = sealed(data)
        url = self.url.replace("ws:", "http:") + f"file/{name}"
        return {"url": url, "aeskey": key}

    # ------------------------------------------------------------ the gateway

    async def _connect(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=2 * 1024 * 1024)
        await socket.prepare(request)
        self.connections += 1
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                frame = json.loads(message.data)
                self.frames.append(frame)
                await self._take(socket, frame)
        if self._socket is socket:
            self._socket = None
            self.subscribed.clear()
        return socket

    async def _take(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        command, request = frame["cmd"], frame["headers"]["req_id"]
        if command == "ping":
            if self.answers_pings:
                await self._answer(socket, request, {})
            return
        if command == "aibot_subscribe":
            await self._subscribe(socket, request, frame["body"])
            return
        if socket is not self._socket:
            return  # an evicted connection is deaf
        if self.keep_silent:
            self.keep_silent -= 1
            return
        answer = self.refuse.pop(0) if self.refuse else self._run(command, request, frame["body"])
        await self._answer(socket, request, answer)

    async def _subscribe(self, socket: web.WebSocketResponse, request: str, body: Mapping[str, Any]) -> None:
        if not self.accepts or (body.get("bot_id"), body.get("secret")) != (BOT, SECRET):
            await self._answer(socket, request, {"errcode": 853000, "errmsg": "invalid bot_id or secret"})
            return
        older, self._socket = self._socket, socket
        if older is not None and older is not socket:
            self.evictions += 1
            evicted = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}, "msgid": "evicted"}
            push = {"cmd": "aibot_event_callback", "headers": {"req_id": "evicted"}, "body": evicted}
            with contextlib.suppress(ConnectionError):
                await older.send_str(json.dumps(push))
            if self.closes_evicted:
                await older.close()
        await self._answer(socket, request, {})
        self.subscribed.set()

    async def _answer(self, socket: web.WebSocketResponse, request: str, answer: Mapping[str, Any]) -> None:
        full = {"errcode": 0, "errmsg": "ok", **answer}
        if full["errcode"] == 40058 and not self.names_refusals:
            await socket.send_str(json.dumps(full))
            return
        await socket.send_str(json.dumps({"headers": {"req_id": request}, **full}))

    def _run(self, command: str, request: str, body: dict[str, Any]) -> Mapping[str, Any]:
        known: dict[str, Callable[[str, dict[str, Any]], Mapping[str, Any]]] = {
            "aibot_send_msg": self._send,
            "aibot_respond_msg": self._respond,
            "aibot_respond_welcome_msg": self._welcome,
            "aibot_respond_update_msg": self._update,
            "aibot_upload_media_init": self._uploads.begin,
            "aibot_upload_media_chunk": self._uploads.part,
            "aibot_upload_media_finish": self._uploads.finish,
        }
        if command not in known:
            return {"errcode": 40066, "errmsg": "invalid cmd"}
        return known[command](request, body)

    def _send(self, request: str, body: dict[str, Any]) -> Mapping[str, Any]:
        chat = body.get("chatid")
        if not chat:
            return {"errcode": 86201, "errmsg": "no chatid"}
        if chat not in self.met:
            # The number is not documented; nothing may depend on it.
            return {"errcode": 946_001, "errmsg": "the user has not talked to the bot"}
        if body.get("msgtype") not in ("markdown", "template_card", "image"):
            return {"errcode": 40008, "errmsg": "invalid message type"}
        return self._show(chat, body)

    def _respond(self, request: str, body: dict[str, Any]) -> Mapping[str, Any]:
        if body.get("msgtype") not in ("stream", "markdown", "template_card", "image"):
            return {"errcode": 40008, "errmsg": "invalid message type"}
        pushed = self._pushes.get(request)
        if pushed is None or time.monotonic() > pushed.ends:
            return {"errcode": 846_605, "errmsg": "not answering a push of the last day"}
        stream = body.get("stream", {})
        if stream.get("id") in self._streams:
            chat, place = self._streams[stream["id"]]
            self.chats[chat][place] = stream["content"]
            return {}
        answer = self._show(pushed.chat, body)
        if stream and not answer:
            self._streams[stream["id"]] = (pushed.chat, len(self.chats[pushed.chat]) - 1)
        return answer

    def _welcome(self, request: str, body: dict[str, Any]) -> Mapping[str, Any]:
        pushed = self._pushes.get(request)
        if pushed is None or pushed.event != "enter_chat" or time.monotonic() > pushed.ends:
            return {"errcode": 846_605, "errmsg": "not answering an entrance of the last five seconds"}
        if body.get("msgtype") not in ("text", "template_card"):
            return {"errcode": 40008, "errmsg": "invalid message type"}
        pushed.answered.set()
        return self._show(pushed.chat, body)

    def _update(self, request: str, body: dict[str, Any]) -> Mapping[str, Any]:
        pushed = self._pushes.get(request)
        if pushed is None or pushed.event != "template_card_event" or time.monotonic() > pushed.ends:
            return {"errcode": 846_605, "errmsg": "not answering a tap of the last five seconds"}
        card = body.get("template_card", {})
        problem = problem_of(card, TASK_ID, greyed=False)
        if body.get("response_type") != "update_template_card" or problem or card["task_id"] != pushed.task:
            return {"errcode": 40058, "errmsg": problem or "response_type or task_id"}
        copy = self._copy(pushed.task)
        assert copy is not None
        copy.card = card
        pushed.answered.set()
        return {}

    def _show(self, chat: str, body: dict[str, Any]) -> Mapping[str, Any]:
        kind = body["msgtype"]
        content = body.get(kind, {})
        moments = self._sent.setdefault(chat, [])
        if sum(moment > self.clock() - 60 for moment in moments) >= 30:
            return {"errcode": 45009, "errmsg": "api freq out of limit"}
        moments.append(self.clock())
        shown = self.chats.setdefault(chat, [])
        if kind == "template_card":
            problem = problem_of(content, TASK_ID, greyed=False)
            if problem:
                return {"errcode": 40058, "errmsg": problem}
            shown.append(Copy(chat, content["task_id"], content))
        elif kind == "image":
            if content.get("media_id") not in self.media:
                return {"errcode": 40007, "errmsg": "invalid media_id"}
            shown.append(self.media[content["media_id"]])
        elif not 0 < len(content.get("content", "").encode()) <= CONTENT_BYTES:
            return {"errcode": 40058, "errmsg": "content missing or too long"}
        else:
            shown.append(content["content"])
        return {}

    async def _give_file(self, request: web.Request) -> web.Response:
        data = self._files.get(request.match_info["name"])
        if data is None:
            return web.Response(status=404)
        return web.Response(body=data, content_type="application/octet-stream")

    def _body(self, user: str, group: str, identity: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "msgid": identity or f"msg-{next(self._numbers)}",
            "aibotid": BOT,
            "chattype": "group" if group else "single",
            "from": {"userid": user},
            "create_time": int(self.clock()),
            "response_url": "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=never-logged",
        }
        return {**body, "chatid": group} if group else body

    def _copy(self, task: str) -> Copy | None:
        for chat in self.chats.values():
            for one in chat:
                if isinstance(one, Copy) and one.task == task:
                    return one
        return None
