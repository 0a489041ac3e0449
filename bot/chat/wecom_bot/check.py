"""What `kuguan check-chat wecom_bot` does: look at the settings and subscribe once.

There is one connection for each bot, so a bot that is at work is evicted; it comes back after its pause.
"""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from bot.chat.checking import Finding
from bot.chat.settings import ChatSettings
from bot.chat.wecom.api import json_object
from bot.chat.wecom_bot.channel import DEFAULT_URL
from services.kit.settings import SettingMissing

CONNECT_SECONDS: Final = 10.0
_PRODUCT: Final = "check.wecom_bot"


async def check(chat: ChatSettings, session: aiohttp.ClientSession) -> list[Finding]:
    """Each step in the order in which it is set up."""
    try:
        bot_id = chat.required("ID", "the Bot ID on the bot's page, under API mode with long connection")
        secret = chat.secret("SECRET", "a file with the Secret of the long connection")
    except SettingMissing as error:
        name = error.setting.removeprefix("KUGUAN_WECOM_BOT_").removesuffix("_FILE").lower()
        return [Finding("settings", False, f"{_PRODUCT}.settings.{name}", {"setting": error.setting})]
    found = [Finding("settings", True, f"{_PRODUCT}.settings.right", {"bot": bot_id})]
    if not chat.get("NAME"):
        found.append(Finding("name", True, f"{_PRODUCT}.name.unknown"))
    url = chat.get("API_URL", DEFAULT_URL)
    host = urlsplit(url).netloc
    try:
        socket = await session.ws_connect(url, timeout=aiohttp.ClientWSTimeout(ws_close=2.0))
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        facts = {"address": host, "error": type(error).__name__}
        return [*found, Finding("connection", False, f"{_PRODUCT}.connection.unreachable", facts)]
    try:
        found.append(Finding("connection", True, f"{_PRODUCT}.connection.reachable", {"address": host}))
        return [*found, await _subscription(socket, bot_id, secret.value)]
    finally:
        await socket.close()


async def _subscription(socket: aiohttp.ClientWebSocketResponse, bot_id: str, secret: str) -> Finding:
    """Whether bot and secret belong together."""
    command = {"cmd": "aibot_subscribe", "headers": {"req_id": "aibot_subscribe_check"}}
    await socket.send_str(json.dumps({**command, "body": {"bot_id": bot_id, "secret": secret}}))
    try:
        answer = json_object(str((await socket.receive(CONNECT_SECONDS)).data))
    except (TimeoutError, ValueError):
        return Finding("subscription", False, f"{_PRODUCT}.subscription.no_answer")
    if answer.get("errcode") != 0:
        facts = {"error": str(answer.get("errcode")), "words": str(answer.get("errmsg", ""))[:200]}
        return Finding("subscription", False, f"{_PRODUCT}.subscription.refused", facts)
    return Finding("subscription", True, f"{_PRODUCT}.subscription.right")
