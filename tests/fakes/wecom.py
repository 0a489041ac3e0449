"""WeCom on this machine: its server for apps, and the people who use the app.

It plays the documented rules and limits strictly, and refuses what the product refuses. The cryptography is
that of `wechatpy`, so that ours is never checked against itself.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import aiohttp
from aiohttp import web
from wechatpy.enterprise.crypto import WeChatCrypto  # type: ignore[import-untyped]

from tests.fakes.chat import Shown, ShownCard
from tests.fakes.wecom_cards import card_of, problem_of, shown_card
from tests.fakes.wecom_members import Members, member_of

CORP = "ww1234567890abcdef"
AGENT = "1000002"
SECRET = "secret-of-the-app"
TOKEN = "tokenOfTheCallback"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CODE_SECONDS = 72 * 3600
TEXT_BYTES = 2048
TASK_ID = re.compile(r"[0-9A-Za-z_@-]{1,128}")


@dataclass
class Copy:
    """One card in one person's chat, as it looks now."""

    user: str
    task: str
    card: dict[str, Any]
    greyed: bool = False


@dataclass
class Fault:
    """What an API answers next instead of its own answer."""

    answer: Mapping[str, Any] | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    done: bool = False
    """Whether the call has its effect all the same, so that only its answer is lost."""


class FakeWecom:
    """The server at `api_url`, and the callbacks to the bot."""

    platform = "wecom"
    tenant = CORP

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.api_url = ""
        self.crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)
        self.members = {"ZhangSan", "lisi", "wangwu"}
        self.directory = Members()
        self.trusted = True
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: dict[str, list[Fault | None]] = {}
        self.chats: dict[str, list[str | Copy | bytes]] = {}
        self.menu: dict[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self.dropped = 0
        self.tokens_fetched = 0
        self.last_answer: aiohttp.ClientResponse | None = None
        self._token = "token-1"
        self._bot = ""
        self._numbers = itertools.count(1)
        self._codes: dict[str, tuple[str, float]] = {}
        self._sent: dict[str, list[float]] = {}
        self._duplicates: dict[str, float] = {}
        self._runner: web.AppRunner | None = None
        self._folder = Path()
        self._client: aiohttp.ClientSession | None = None

    # ------------------------------------------------------------ of every fake

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which the bot finds this server."""
        return {
            "KUGUAN_WECOM_CORP_ID": CORP,
            "KUGUAN_WECOM_AGENT_ID": AGENT,
            "KUGUAN_WECOM_SECRET_FILE": str(self._folder / "wecom-secret"),
            "KUGUAN_WECOM_TOKEN_FILE": str(self._folder / "wecom-token"),
            "KUGUAN_WECOM_AES_KEY_FILE": str(self._folder / "wecom-aes-key"),
            "KUGUAN_WECOM_API_URL": self.api_url,
        }

    async def start(self, folder: Path) -> None:
        self._folder = folder
        for name, value in (("secret", SECRET), ("token", TOKEN), ("aes-key", AES_KEY)):
            (folder / f"wecom-{name}").write_text(value)
        application = web.Application(client_max_size=32 * 1024 * 1024)
        application.add_routes([web.route("*", "/cgi-bin/{path:.+}", self._serve)])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.api_url = f"http://127.0.0.1:{port}"
        self._client = aiohttp.ClientSession()

    async def stop(self) -> None:
        if self._client is not None:
            await self._client.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def bot_is_at(self, url: str) -> None:
        """The administrator saves the callback address: the bot has to answer within a second."""
        self._bot = url.rstrip("/") + "/chat/wecom"
        status, said, _ = await self.check_address("a word to say back")
        assert (status, said) == (200, "a word to say back"), (status, said)

    async def say(self, user: str, text: str, group: str = "") -> None:
        assert not group, "an app hears no groups"
        await self.push_message(user, "text", Content=text)

    async def send_picture(self, user: str, data: bytes) -> None:
        self.media[f"picture-{next(self._numbers)}"] = data
        picture = {"PicUrl": f"{self.api_url}/picture", "MediaId": list(self.media)[-1]}
        await self.push_message(user, "image", **picture)

    async def enter(self, user: str) -> None:
        await self.push_event(user, "enter_agent", EventKey="")

    async def tap(self, user: str, card: ShownCard, action: str) -> str:
        copy = next(one for one in self._copies(user) if one.task == card.key)
        assert not copy.greyed, f"the buttons of {copy.task} are grey"
        assert action in card.buttons, f"no such button: {action}"
        status, body = await self.click(user, copy.task, action)
        assert status == 200, status
        if body:
            self.apply(copy, self.opened(body))
        return ""

    def seen(self, user: str, group: str = "") -> Sequence[Shown]:
        shown = []
        for one in self.chats.get(user, []):
            if isinstance(one, Copy):
                shown.append(Shown(card=shown_card(one.task, one.card, greyed=one.greyed)))
            else:
                shown.append(Shown(text=one if isinstance(one, str) else f"[{len(one)} bytes]"))
        return shown

    # ------------------------------------------------------------ callbacks

    async def check_address(self, word: str) -> tuple[int, str, float]:
        """The question of the console; answers with status, body and seconds it took."""
        envelope = self.sealed(word)
        query = {**envelope["query"], "echostr": envelope["cipher"]}
        began = time.monotonic()
        assert self._client is not None
        async with self._client.get(self._bot, params=query) as response:
            return response.status, await response.text(), time.monotonic() - began

    async def push_message(self, user: str, kind: str, **fields: str) -> tuple[int, str]:
        """Push a message with a new id."""
        return await self.push(user, kind, MsgId=str(7_000_000_000 + next(self._numbers)), **fields)

    async def push_event(self, user: str, event: str, **fields: str) -> tuple[int, str]:
        return await self.push(user, "event", Event=event, **fields)

    async def click(self, user: str, task: str, key: str, code: str = "", **fields: str) -> tuple[int, str]:
        """Push a tap; it brings a fresh response code."""
        return await self.push_event(
            user,
            "template_card_event",
            EventKey=key,
            TaskId=task,
            CardType="button_interaction",
            ResponseCode=code or self._new_code(task),
            **fields,
        )

    async def push(self, user: str, kind: str, **fields: str) -> tuple[int, str]:
        return await self.post(**self.pushed(user, kind, **fields))

    def pushed(self, user: str, kind: str, **fields: str) -> dict[str, Any]:
        """A request to the bot, ready to be posted as often and as late as one likes."""
        known = {"ToUserName": CORP, "FromUserName": user, "CreateTime": str(int(self.clock()))}
        known |= {"MsgType": kind, "AgentID": AGENT} | fields
        inner = "".join(f"<{name}>{_cdata(value)}</{name}>" for name, value in known.items())
        return self.enveloped(f"<xml>{inner}</xml>")

    def enveloped(self, message: str, seconds: float | None = None) -> dict[str, Any]:
        envelope = self.sealed(message, seconds)
        body = (
            f"<xml><ToUserName>{_cdata(CORP)}</ToUserName><AgentID>{_cdata(AGENT)}</AgentID>"
            f"<Encrypt>{_cdata(envelope['cipher'])}</Encrypt></xml>"
        )
        return {"query": envelope["query"], "body": body.encode()}

    def sealed(self, message: str, seconds: float | None = None) -> dict[str, Any]:
        timestamp = str(int(self.clock() if seconds is None else seconds))
        nonce = f"n{next(self._numbers)}x{time.monotonic_ns()}"
        outer = ET.fromstring(self.crypto.encrypt_message(message, nonce, timestamp))
        query = {
            "msg_signature": outer.findtext("MsgSignature") or "",
            "timestamp": timestamp,
            "nonce": nonce,
        }
        return {"query": query, "cipher": outer.findtext("Encrypt") or ""}

    async def post(self, query: Mapping[str, str], body: Any) -> tuple[int, str]:
        assert self._client is not None
        async with self._client.post(self._bot, params=query, data=body) as response:
            return response.status, await response.text()

    def opened(self, body: str) -> ET.Element:
        """An answer of the bot, decrypted."""
        outer = ET.fromstring(body)
        message = self.crypto.decrypt_message(
            body, outer.findtext("MsgSignature"), outer.findtext("TimeStamp"), outer.findtext("Nonce")
        )
        return ET.fromstring(message)

    def apply(self, copy: Copy, answer: ET.Element) -> None:
        """Change the clicker's copy as the answer to the tap says."""
        assert answer.findtext("ToUserName") == copy.user
        if answer.findtext("MsgType") == "update_button":
            copy.greyed = True
            copy.card = {**copy.card, "replace_text": answer.findtext("Button/ReplaceName")}
            return
        assert answer.findtext("MsgType") == "update_template_card"
        element = answer.find("TemplateCard")
        assert element is not None
        card = card_of(element)
        assert not problem_of(card, TASK_ID), problem_of(card, TASK_ID)
        copy.card, copy.greyed = card, "replace_text" in card

    # ------------------------------------------------------------ the server

    async def _serve(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        waiting = self.faults.get(path, [])
        fault = waiting.pop(0) if waiting else None
        if fault is None or fault.done:
            answer = await self._answer(path, request)
        if fault is not None:
            await asyncio.sleep(fault.seconds)
            return web.json_response(fault.answer or {}, status=fault.status, headers=fault.headers)
        return answer

    async def _answer(self, path: str, request: web.Request) -> web.Response:
        if path == "gettoken":
            return web.json_response(self._give_token(request.query))
        if request.query.get("access_token") != self._token:
            return web.json_response({"errcode": 40014, "errmsg": "invalid access_token"})
        if not self.trusted:
            return web.json_response({"errcode": 60020, "errmsg": "not allow to access from your ip"})
        if path == "media/get":
            return self._give_media(request.query.get("media_id", ""))
        if path == "media/upload":
            return web.json_response(await self._take_media(request))
        body = await request.json() if request.method == "POST" else {}
        self.calls.append((path, body))
        known: dict[str, Callable[[Any, Any], Mapping[str, Any]]] = {
            "message/send": self._send,
            "message/update_template_card": self._update,
            "menu/create": self._set_menu,
            **self.directory.calls,
            "agent/get": lambda query, _: {"agentid": int(query["agentid"]), "name": "库管", "close": 0},
        }
        if path not in known:
            return web.json_response({"errcode": 40066, "errmsg": "invalid url"}, status=404)
        return web.json_response({"errcode": 0, "errmsg": "ok", **known[path](request.query, body)})

    def expire_token(self) -> None:
        """The token is revoked before its time."""
        self._token = f"token-{next(self._numbers)}"

    def _give_token(self, query: Mapping[str, str]) -> dict[str, Any]:
        self.tokens_fetched += 1
        if query.get("corpid") != CORP:
            return {"errcode": 40013, "errmsg": "invalid corpid"}
        if query.get("corpsecret") != SECRET:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        return {"errcode": 0, "errmsg": "ok", "access_token": self._token, "expires_in": 7200}

    def _send(self, query: Any, body: dict[str, Any]) -> Mapping[str, Any]:
        if body.get("agentid") != int(AGENT):
            return {"errcode": 40056, "errmsg": "invalid agentid"}
        asked = str(body.get("touser", "")).split("|")
        found = {user: member_of(self.members, user) for user in asked}
        people = [name for name in found.values() if name]
        invalid = "|".join(user.lower() for user, name in found.items() if not name)
        if not people:
            return {"errcode": 81013, "errmsg": "user & party & tag all invalid", "invaliduser": invalid}
        kind = str(body.get("msgtype"))
        problem = self._problem_with(kind, body.get(kind))
        if problem:
            return problem
        if body.get("enable_duplicate_check"):
            key, now = f"{people}{body[kind]}", self.clock()
            until = self._duplicates.get(key, 0)
            self._duplicates[key] = now + min(body.get("duplicate_check_interval", 1800), 4 * 3600)
            if until > now:
                return {"msgid": "as-before", "invaliduser": invalid}
        return {
            "msgid": f"m{next(self._numbers)}",
            "invaliduser": invalid,
            **self._show(people, kind, body[kind]),
        }

    def _problem_with(self, kind: str, content: Any) -> dict[str, Any]:
        if not isinstance(content, dict):
            return {"errcode": 40008, "errmsg": "invalid message type"}
        if kind == "text" and not 0 < len(content.get("content", "").encode()) <= TEXT_BYTES:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        if kind == "image" and content.get("media_id") not in self.media:
            return {"errcode": 40007, "errmsg": "invalid media_id"}
        if kind == "template_card":
            problem = problem_of(content, TASK_ID, greyed=False)
            if problem:
                return {"errcode": 40058, "errmsg": problem}
        return {}

    def _show(self, people: Sequence[str], kind: str, content: dict[str, Any]) -> Mapping[str, Any]:
        """What is over the limit of a person is dropped without a word."""
        for user in people:
            sent = self._sent.setdefault(user, [])
            sent.append(self.clock())
            if sum(moment > self.clock() - 60 for moment in sent) > 30:
                self.dropped += 1
                continue
            chat = self.chats.setdefault(user, [])
            if kind == "text":
                chat.append(content["content"])
            elif kind == "image":
                chat.append(self.media[content["media_id"]])
            else:
                chat.append(Copy(user, content["task_id"], content))
        return {"response_code": self._new_code(content["task_id"])} if kind == "template_card" else {}

    def _update(self, query: Any, body: dict[str, Any]) -> Mapping[str, Any]:
        task, given = self._codes.pop(str(body.get("response_code")), ("", 0.0))
        if not task or self.clock() - given > CODE_SECONDS:
            # The number of this error is not documented; nothing may depend on it.
            return {"errcode": 942_000, "errmsg": "response code is used up or over"}
        card = body.get("template_card", {})
        problem = problem_of(card, TASK_ID)
        if problem or card.get("task_id") != task:
            return {"errcode": 40058, "errmsg": problem or "another task"}
        for user in body.get("userids", []):
            for copy in self._copies(user):
                if copy.task == task:
                    copy.card, copy.greyed = card, "replace_text" in card
        return {}

    def _set_menu(self, query: Any, body: dict[str, Any]) -> Mapping[str, Any]:
        buttons = body.get("button", [])
        if not 1 <= len(buttons) <= 3 or any(len(one.get("sub_button", [])) > 5 for one in buttons):
            return {"errcode": 40017, "errmsg": "invalid button count"}
        for button in buttons:
            if len(button["name"].encode()) > (16 if "sub_button" in button else 60):
                return {"errcode": 40018, "errmsg": "invalid button name size"}
        self.menu = body
        return {}

    def _give_media(self, media_id: str) -> web.Response:
        if media_id not in self.media:
            return web.json_response({"errcode": 40007, "errmsg": "invalid media_id"})
        return web.Response(body=self.media[media_id], content_type="image/jpeg")

    async def _take_media(self, request: web.Request) -> dict[str, Any]:
        fields = await request.post()
        file = fields.get("media")
        if request.query.get("type") != "image" or not isinstance(file, web.FileField):
            return {"errcode": 41005, "errmsg": "media data missing"}
        media_id = f"media-{next(self._numbers)}"
        self.media[media_id] = file.file.read()
        return {"errcode": 0, "errmsg": "ok", "type": "image", "media_id": media_id}

    def _new_code(self, task: str) -> str:
        code = f"code-{next(self._numbers)}"
        self._codes[code] = (task, self.clock())
        return code

    def _copies(self, user: str) -> list[Copy]:
        return [one for one in self.chats.get(user, []) if isinstance(one, Copy)]


def _cdata(text: str) -> str:
    return f"<![CDATA[{text}]]>"
