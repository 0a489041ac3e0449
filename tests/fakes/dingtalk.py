"""DingTalk on this machine: people who write, tap and look at cards that the shipped template draws."""

from __future__ import annotations

import asyncio
import json
import random
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.chat import Shown, ShownCard
from tests.fakes.dingtalk_gateway import TEMPLATE, TENANT, Gateway, Instance, Scripted

__all__ = ["CARDS", "MESSAGES", "TEMPLATE", "TENANT", "DingTalkFake", "Scripted"]

TEMPLATE_FILE = Path(__file__).parents[2] / "deploy" / "chats" / "dingtalk-card.json"
MESSAGES = "/v1.0/im/bot/messages/get"
CARDS = "/v1.0/card/instances/callback"
TAP_SECONDS = 2.0
MESSAGE_SECONDS = 10.0


class DingTalkFake(Gateway):
    """One company with one application, and its people."""

    def __init__(self) -> None:
        super().__init__()
        self.replies_last = 3600.0
        self._folder = Path()
        self._closing: set[asyncio.Task[object]] = set()

    @property
    def platform(self) -> str:
        return "dingtalk"

    @property
    def tenant(self) -> str:
        return TENANT

    @property
    def environment(self) -> dict[str, str]:
        return {
            "KUGUAN_DINGTALK_CLIENT_ID": self.client_id,
            "KUGUAN_DINGTALK_CLIENT_SECRET_FILE": str(self._folder / "dingtalk-secret"),
            "KUGUAN_DINGTALK_CARD_TEMPLATE_ID": TEMPLATE,
            "KUGUAN_DINGTALK_CORP_ID": self.tenant,
            "KUGUAN_DINGTALK_API_URL": self.url,
            "KUGUAN_DINGTALK_OAPI_URL": self.url,
        }

    async def start(self, folder: Path) -> None:
        self._folder = folder
        secret = folder / "dingtalk-secret"
        secret.write_text(self.client_secret, encoding="utf-8")
        secret.chmod(0o600)
        await self.listen()

    async def stop(self) -> None:
        await self.close(1001)
        await self.leave()

    async def bot_is_at(self, url: str) -> None:
        await self.until_connected()

    async def say(self, user: str, text: str, group: str = "") -> None:
        # What stands behind a mention of the robot begins with a blank.
        said = {"msgtype": "text", "text": {"content": f" {text}" if group else text}}
        await self.push(MESSAGES, self.message(user, said, group))

    async def send_picture(self, user: str, data: bytes) -> None:
        code = f"code-{secrets.token_hex(8)}"
        self.pictures[code] = data
        said = {"msgtype": "picture", "content": {"downloadCode": code}}
        await self.push(MESSAGES, self.message(user, said))

    async def enter(self, user: str) -> None:
        """DingTalk tells nobody that a chat was opened."""

    async def tap(self, user: str, card: ShownCard, action: str) -> str:
        assert action in card.buttons, f"{action} is not on the card: {sorted(card.buttons)}"
        answer = await self.push(CARDS, self.tap_of(user, card.key, action))
        response = (json.loads(answer["data"]).get("response") or {}) if answer else {}
        return str(response.get("cardData", {}).get("cardParamMap", {}).get("notice", ""))

    def seen(self, user: str, group: str = "") -> Sequence[Shown]:
        return [
            Shown(text=what) if kind == "text" else Shown(card=self.drawn(what, user))
            for kind, what in list(self.timeline.get(group or user, ()))
        ]

    # ------------------------------------------------------------ what tests make happen

    def script(self, call: str, *answers: Scripted) -> None:
        """The next calls, such as "PUT /v1.0/card/instances", are answered so."""
        self.scripts[call] += answers

    def called(self, call: str) -> list[Any]:
        """The bodies of all calls of one kind."""
        return [body for name, body in self.calls if name == call]

    def expire_tokens(self) -> None:
        """No token given so far is taken any more."""
        self.tokens.clear()

    async def until_connected(self) -> None:
        """Wait for a stream that has answered its first ping."""
        await asyncio.wait_for(self.connected.wait(), 30)

    async def close(self, code: int) -> None:
        """End every stream."""
        sockets, self.sockets = self.sockets, []
        self.connected.clear()
        for socket in sockets:
            await socket.close(code=code)

    async def announce_end(self, close_after: float | None) -> None:
        """Tell every stream that it ends, and close it so many seconds later."""
        sockets, self.sockets = self.sockets, []
        self.connected.clear()
        for socket in sockets:
            news = self.frame(
                "SYSTEM", "disconnect", {"reason": "connection is expired"}, secrets.token_hex(8)
            )
            await socket.send_str(news)
            if close_after is not None:
                task = asyncio.create_task(self._close_later(socket, close_after))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    async def _close_later(self, socket: web.WebSocketResponse, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await socket.close()

    def message(self, user: str, said: Mapping[str, Any], group: str = "") -> dict[str, Any]:
        """The data of a message to the robot."""
        session = secrets.token_hex(8)
        until = time.time() + self.replies_last
        self.sessions[session] = (group or user, until)
        return {
            "conversationId": group or f"cid-{user}",
            "conversationType": "2" if group else "1",
            "chatbotCorpId": self.tenant,
            "chatbotUserId": "$:LWCP_v1:$robot",
            "msgId": f"msg{secrets.token_hex(10)}",
            "senderNick": user,
            "senderId": f"$:LWCP_v1:${secrets.token_hex(8)}",
            "senderStaffId": user,
            "senderCorpId": self.tenant,
            "isAdmin": False,
            "isInAtList": bool(group),
            "sessionWebhook": f"{self.url}/robot/sendBySession?session={session}",
            "sessionWebhookExpiredTime": int(until * 1000),
            "createAt": int(time.time() * 1000),
            "robotCode": self.robot_code,
            **said,
        }

    def tap_of(self, user: str, card: str, action: str, *, beside: bool = False) -> dict[str, Any]:
        """The data of a tap; `beside` as an older page of the documentation has the parameters."""
        private: dict[str, Any] = {"actionIds": [action]}
        params = {"params": {"action": action}}
        content = {"cardPrivateData": private, **params} if beside else {"cardPrivateData": private | params}
        return {
            "type": "actionCallback",
            "outTrackId": card,
            "corpId": self.tenant,
            "userId": user,
            "spaceType": "IM",
            "spaceId": user,
            "extension": "{}",
            "content": json.dumps(content),
        }

    async def push(
        self, topic: str, data: Mapping[str, Any], identifier: str = "", kind: str = "CALLBACK"
    ) -> dict[str, Any] | None:
        """Push to one stream and wait for its acknowledgement; None where it did not come in time."""
        await self.until_connected()
        key = identifier or secrets.token_hex(12)
        acknowledged = self.waiting[key] = asyncio.get_running_loop().create_future()
        card = self.cards.get(str(data.get("outTrackId"))) if topic == CARDS else None
        if card is not None and card.callback != "STREAM":
            return None  # taps of other cards do not come over the stream
        if card is not None:
            card.open_taps += 1
            self.open_taps[key] = card
        try:
            await random.choice(self.sockets).send_str(self.frame(kind, topic, data, key))
            answer: dict[str, Any] = await asyncio.wait_for(
                acknowledged, TAP_SECONDS if card else MESSAGE_SECONDS
            )
        except (TimeoutError, ConnectionError):
            return None
        finally:
            self.waiting.pop(key, None)
            self.tap_is_over(key)
        if card is not None and answer["code"] == 200:
            self._show_who_tapped(card, str(data["userId"]), answer)
        return answer

    async def push_raw(self, text: str) -> None:
        """Send anything."""
        await self.until_connected()
        await random.choice(self.sockets).send_str(text)

    # ------------------------------------------------------------ what people see

    def drawn(self, key: str, user: str) -> ShownCard:
        """A card as the template draws it for a person."""
        data = self.cards[key].view(user)
        words: list[str] = []
        buttons: dict[str, str] = {}
        for node in _template()["schema"]["componentsTree"][0]["children"]:
            properties = node["props"]
            if not all(_holds(one, data) for one in properties["visible"]["condition"]["conditions"]):
                continue
            if node["componentName"] == "BaseText":
                content = properties["text"]["content"]
                words.append(re.sub(r"\$\{(\w+)\}", lambda found: data.get(found[1], ""), content))
            else:
                shown = json.loads(data[properties["dynamicButtons"]["variable"]])
                buttons |= {self._action(one): one["text"] for one in shown}
        return ShownCard(key, data.get("title", ""), "\n".join([*words, *buttons.values()]), buttons)

    def _action(self, button: Mapping[str, Any]) -> str:
        """What a button of a group sends back."""
        event = button["event"]
        if event["type"] != "sendCardRequest" or button["color"] not in {"blue", "gray", "red"}:
            self.wrong.append(f"a button DingTalk does not draw: {button}")
        return str(event["params"]["actionId"])

    def _show_who_tapped(self, card: Instance, user: str, answer: Mapping[str, Any]) -> None:
        """The answer to a tap changes one person's view only."""
        response = json.loads(answer["data"]).get("response") or {}
        given = response.get("cardData", {}).get("cardParamMap", {})
        self.check_texts(given)
        if given and not response.get("cardUpdateOptions", {}).get("updateCardDataByKey"):
            card.private[user] = dict.fromkeys(card.public, "")
        card.private[user] |= given


@cache
def _template() -> dict[str, Any]:
    editor: dict[str, Any] = json.loads(json.loads(TEMPLATE_FILE.read_text(encoding="utf-8"))["editorData"])
    return editor


def _holds(condition: Mapping[str, Any], data: Mapping[str, str]) -> bool:
    equal = data.get(condition["variable"], "") == condition["value"]
    return equal if condition["op"] == "equal" else not equal
