"""What `kuguan check-chat slack` does: look at each step that an administrator has done."""

from __future__ import annotations

import re
from typing import Final

import aiohttp

from bot.chat.checking import Finding
from bot.chat.errors import AuthFailed, ChannelError
from bot.chat.settings import ChatSettings
from bot.chat.slack.api import SlackApi
from bot.chat.slack.callbacks import PATH
from services.kit.settings import Secret, SettingMissing

SCOPES: Final = (
    "app_mentions:read",
    "chat:write",
    "files:read",
    "files:write",
    "im:history",
    "im:write",
)
"""What the guide tells to ask for, and nothing that is not used."""
_PRODUCT: Final = "check.slack"
_SIGNING: Final = re.compile(r"[0-9a-f]{32}")


async def check(chat: ChatSettings, session: aiohttp.ClientSession) -> list[Finding]:
    """Each step in the order in which it is set up; ends at the first one that the others need."""
    try:
        api = SlackApi(chat, session)
        signing = chat.optional_secret("SIGNING_SECRET")
    except SettingMissing as error:
        facts = {"setting": error.setting, "hint": error.hint}
        return [Finding("settings", False, f"{_PRODUCT}.settings.missing", facts)]
    if not api.has_socket and signing is None:
        return [Finding("settings", False, f"{_PRODUCT}.settings.no_door")]
    found = await _token(api)
    if api.has_socket:
        found.append(await _socket(api))
    if signing is not None:
        found.append(_http(signing))
    return found


async def _token(api: SlackApi) -> list[Finding]:
    """Who the bot is, and what it may do."""
    try:
        who, granted = await api.whoami()
    except AuthFailed as error:
        return [Finding("token", False, f"{_PRODUCT}.token.refused", {"error": str(error)})]
    except ChannelError as error:
        return [Finding("token", False, f"{_PRODUCT}.token.unreachable", {"error": str(error)})]
    if not who.get("bot_id"):
        return [Finding("token", False, f"{_PRODUCT}.token.no_bot", {"user": str(who.get("user", ""))})]
    facts = {"team": str(who.get("team", "")), "bot": str(who.get("user", ""))}
    found = [Finding("token", True, f"{_PRODUCT}.token.right", facts)]
    missing = [scope for scope in SCOPES if scope not in granted]
    key = f"{_PRODUCT}.scopes.{'missing' if missing else 'right'}"
    return [*found, Finding("scopes", not missing, key, {"scopes": ", ".join(missing)})]


async def _socket(api: SlackApi) -> Finding:
    """Whether a connection can be had; the address that comes with it is thrown away."""
    try:
        await api.socket_url()
    except AuthFailed as error:
        return Finding("socket", False, f"{_PRODUCT}.socket.refused", {"error": str(error)})
    except ChannelError as error:
        return Finding("socket", False, f"{_PRODUCT}.socket.unreachable", {"error": str(error)})
    return Finding("socket", True, f"{_PRODUCT}.socket.right")


def _http(signing: Secret) -> Finding:
    """Only Slack itself can tell whether the secret is right; here: whether it can be one."""
    right = _SIGNING.fullmatch(signing.value) is not None
    return Finding("http", right, f"{_PRODUCT}.http.{'ready' if right else 'wrong_secret'}", {"path": PATH})
