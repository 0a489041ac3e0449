"""A Feishu on this machine: people who write, tap and look, and what the product tells the bot of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.fakes.chat import Shown, ShownCard
from tests.fakes.feishu_cards import buttons_of, checked, title_of, words_of
from tests.fakes.feishu_platform import OpenPlatform, Sent
from tests.fakes.feishu_pushes import APP_ID, APP_SECRET, BOT, ENCRYPT_KEY, TENANT, VERIFICATION_TOKEN


class FakeFeishu(OpenPlatform):
    """The product with its people, who are named as the tests name them."""

    def __init__(self, transport: str = "websocket") -> None:
        super().__init__(transport)
        self.environment: dict[str, str] = {}

    @property
    def platform(self) -> str:
        return "feishu"

    @property
    def tenant(self) -> str:
        return TENANT

    async def start(self, folder: Path) -> None:
        """Listen; secrets are written into files in the folder."""
        await self.listen()
        self.environment = {"KUGUAN_FEISHU_API_URL": self.url, "KUGUAN_FEISHU_APP_ID": APP_ID}
        secrets = {"APP_SECRET": APP_SECRET}
        if self.transport == "webhook":
            self.environment["KUGUAN_FEISHU_TRANSPORT"] = "webhook"
            secrets |= {"ENCRYPT_KEY": ENCRYPT_KEY, "VERIFICATION_TOKEN": VERIFICATION_TOKEN}
        for name, value in secrets.items():
            file = folder / f"feishu-{name.lower()}"
            file.write_text(value + "\n", encoding="utf-8")
            self.environment[f"KUGUAN_FEISHU_{name}_FILE"] = str(file)

    async def bot_is_at(self, url: str) -> None:
        """Ask the webhook for its challenge, or wait until the bot has connected."""
        self.bot_url = url.rstrip("/")
        if self.transport == "webhook":
            question = {"type": "url_verification", "token": VERIFICATION_TOKEN, "challenge": "c-1"}
            status, answer = await self.post(json.dumps(question).encode(), sign=False)
            assert (status, answer) == (200, {"challenge": "c-1"}), (status, answer)
            return
        async with asyncio.timeout(20):
            await self.connected.wait()

    # ------------------------------------------------------------ people

    def open_id(self, user: str) -> str:
        """The opaque id of a person for this app; tests may also name people by it."""
        return self.ids(user)["open_id"]

    async def say(self, user: str, text: str, group: str = "") -> None:
        """A person writes to the bot, or mentions it in a group."""
        mentions = []
        if group:
            text = f"@_user_1 {text}"
            mentions = [{"key": "@_user_1", "id": {"open_id": BOT}, "name": "库管", "tenant_key": TENANT}]
        await self.push(self.message(user, "text", {"text": text}, group, mentions))

    async def send_picture(self, user: str, data: bytes) -> None:
        """A person sends a picture."""
        event = self.message(user, "image", {"image_key": "img_v3_1"})
        self._pictures[event["event"]["message"]["message_id"], "img_v3_1"] = data
        await self.push(event)

    async def enter(self, user: str) -> None:
        """A person opens the chat with the bot."""
        event = {"chat_id": f"oc_p2p_{user}", "operator_id": self.ids(user)}
        await self.push(self.envelope("im.chat.access_event.bot_p2p_chat_entered_v1", event))

    async def tap(self, user: str, card: ShownCard, action: str, words: str = "") -> str:
        """A person taps a button; returns the passing word that is shown, if any."""
        message = self.sent[card.key]
        event = self.click(user, card.key, action, words)
        message.open_taps += 1
        try:
            answer = await self.push(event, repeat=False)
        finally:
            message.open_taps -= 1
        if set(answer) - {"toast", "card"}:
            raise AssertionError(f"not an answer to a tap: {answer}")
        if "card" in answer:
            assert answer["card"]["type"] == "raw"
            message.content = json.dumps(answer["card"]["data"], ensure_ascii=False)
            checked(message.content)
        toast = answer.get("toast", {})
        assert not toast or toast["type"] in {"info", "success", "warning", "error"}
        return str(toast.get("content", ""))

    def seen(self, user: str, group: str = "") -> Sequence[Shown]:
        """Everything the bot has shown to a person (or in a group), oldest first, as it looks now."""
        wanted = f"oc_{group}" if group else user
        return [self._shown(message) for message in self.sent.values() if message.to == wanted]

    def _shown(self, message: Sent) -> Shown:
        content = json.loads(message.content)
        if message.kind != "interactive":
            return Shown(text=content.get("text", message.kind))
        labels = {action: button["text"]["content"] for action, button in buttons_of(content).items()}
        return Shown(card=ShownCard(message.id, title_of(content), words_of(content), labels))

    # ------------------------------------------------------------ events

    def envelope(self, kind: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """A pushed event, version 2."""
        return {
            "schema": "2.0",
            "header": {
                "event_id": f"{self._number():032x}",
                "event_type": kind,
                "token": VERIFICATION_TOKEN,
                "create_time": str(int(time.time() * 1000)),
                "tenant_key": TENANT,
                "app_id": APP_ID,
            },
            "event": event,
        }

    def message(
        self,
        user: str,
        kind: str,
        content: Mapping[str, Any],
        group: str = "",
        mentions: Sequence[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """The event of a message."""
        message = {
            "message_id": f"om_{self._number():032x}",
            "create_time": str(int(time.time() * 1000)),
            "chat_id": f"oc_{group}" if group else f"oc_p2p_{user}",
            "chat_type": "group" if group else "p2p",
            "message_type": kind,
            "content": json.dumps(content, ensure_ascii=False),
            "mentions": list(mentions),
        }
        sender = {"sender_id": self.ids(user), "sender_type": "user", "tenant_key": TENANT}
        return self.envelope("im.message.receive_v1", {"sender": sender, "message": message})

    def click(self, user: str, message: str, action: str, words: str = "") -> dict[str, Any]:
        """The callback of a tap on a button that the message has now."""
        button = buttons_of(json.loads(self.sent[message].content))[action]
        tapped: dict[str, Any] = {"tag": "button", "value": button["behaviors"][0]["value"]}
        if "form_action_type" in button:
            tapped |= {"name": button["name"], "form_value": {f"reason_{action}": words}}
        event = {
            "operator": {**self.ids(user), "tenant_key": TENANT},
            "token": f"c-{self._number():x}",
            "action": tapped,
            "host": "im_message",
            "context": {"open_message_id": message, "open_chat_id": f"oc_p2p_{user}"},
        }
        return self.envelope("card.action.trigger", event)
