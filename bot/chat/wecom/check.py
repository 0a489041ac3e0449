"""What `kuguan check-chat wecom` does: look at each step that an administrator has done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import aiohttp

from bot.chat.checking import Finding
from bot.chat.errors import AuthFailed, ChannelError
from bot.chat.settings import ChatSettings
from bot.chat.wecom.api import WecomApi
from bot.chat.wecom.channel import CALLBACK_HINT, KEY_HINT, PATH
from bot.chat.wecom.crypto import KeyUnusable, callback_key
from services.kit.settings import SettingInvalid, SettingMissing

_PRODUCT: Final = "check.wecom"


async def check(chat: ChatSettings, session: aiohttp.ClientSession) -> list[Finding]:
    """Each step in the order in which it is set up; ends at the first one that the others need."""
    try:
        api = WecomApi(chat, session, lambda: datetime.now(UTC))
        token, key = chat.secret("TOKEN", CALLBACK_HINT), chat.secret("AES_KEY", KEY_HINT)
    except (SettingMissing, SettingInvalid) as error:
        name = error.setting.removeprefix("KUGUAN_WECOM_").removesuffix("_FILE").lower()
        return [Finding("settings", False, f"{_PRODUCT}.settings.{name}", {"setting": error.setting})]
    found = [_callback(token.value, key.value)]
    try:
        await api.token()
    except AuthFailed as error:
        return [*found, Finding("token", False, f"{_PRODUCT}.token.refused", {"error": str(error)})]
    except ChannelError as error:
        return [*found, Finding("token", False, f"{_PRODUCT}.token.unreachable", {"error": str(error)})]
    found.append(Finding("token", True, f"{_PRODUCT}.token.right"))
    return [*found, await _app(api)]


def _callback(token: str, key: str) -> Finding:
    """Only WeCom itself can tell whether the address is right; here: whether the two secrets can be."""
    try:
        callback_key(key)
    except KeyUnusable:
        return Finding("callback", False, f"{_PRODUCT}.callback.wrong_key", {"path": PATH})
    if not token:
        return Finding("callback", False, f"{_PRODUCT}.callback.no_token", {"path": PATH})
    return Finding("callback", True, f"{_PRODUCT}.callback.ready", {"path": PATH})


async def _app(api: WecomApi) -> Finding:
    """Whether this computer may ask about the app: only from the app's trusted addresses."""
    try:
        app = await api.call("agent/get", None, agentid=api.agent_id)
    except AuthFailed as error:
        trusted = "60020" not in str(error)
        key = f"{_PRODUCT}.app.{'refused' if trusted else 'address_not_trusted'}"
        return Finding("app", False, key, {"error": str(error)})
    except ChannelError as error:
        return Finding("app", False, f"{_PRODUCT}.app.refused", {"error": str(error)})
    if app.get("close"):
        return Finding("app", False, f"{_PRODUCT}.app.closed", {"name": str(app.get("name", ""))})
    return Finding("app", True, f"{_PRODUCT}.app.right", {"name": str(app.get("name", ""))})
