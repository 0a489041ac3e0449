"""Tells an administrator, step by step, what is right and what is missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import aiohttp

from bot.chat.checking import Finding
from bot.chat.errors import AuthFailed, ChannelError
from bot.chat.feishu.api import Api
from bot.chat.feishu.callbacks import PATH
from bot.chat.feishu.setup import credentials, webhook
from bot.chat.settings import ChatSettings
from services.kit.settings import SettingInvalid, SettingMissing

SCOPES: Final = (
    "im:message.p2p_msg:readonly",
    "im:message.group_at_msg:readonly",
    "im:message:send_as_bot",
    "im:resource",
)
"""The permissions to ask for; im:message stands for all that begin with it."""
_ACTIVE: Final = 2


async def check(chat: ChatSettings, session: aiohttp.ClientSession) -> list[Finding]:
    """What was found, in the order of the set-up; ends at the first step without which the rest cannot be."""
    try:
        app, pushed = credentials(chat), webhook(chat)
    except SettingMissing as error:
        facts = {"setting": error.setting, "hint": error.hint}
        return [Finding("settings", False, "check.feishu.settings.missing", facts)]
    except SettingInvalid as error:
        facts = {"setting": error.setting, "value": error.value, "hint": error.hint}
        return [Finding("settings", False, "check.feishu.settings.invalid", facts)]
    api = Api(app, session, lambda: datetime.now(UTC))
    findings: list[Finding] = []
    for step in (_token, _bot, _scopes):
        findings.append(await _found(step, api, app.app_id))
        if step is _token and not findings[0].ok:
            return findings
    if pushed is not None:
        findings.append(Finding("webhook", True, "check.feishu.webhook.ok", {"path": PATH}))
    else:
        findings.append(await _found(_connection, api, app.app_id))
    findings.append(Finding("console", True, "check.feishu.console.remember"))
    return findings


async def _found(step: Callable[[Api, str], Awaitable[Finding]], api: Api, app: str) -> Finding:
    name = step.__name__.lstrip("_")
    try:
        return await step(api, app)
    except AuthFailed as error:
        return Finding(name, False, f"check.feishu.{name}.refused", {"app": app, "error": str(error)})
    except ChannelError as error:
        return Finding(name, False, "check.feishu.unreachable", {"error": str(error)})


async def _token(api: Api, app: str) -> Finding:
    await api.token()
    return Finding("token", True, "check.feishu.token.ok", {"app": app})


async def _bot(api: Api, app: str) -> Finding:
    bot = await api.bot()
    name = str(bot.get("app_name") or app)
    if bot.get("activate_status", _ACTIVE) != _ACTIVE:
        return Finding("bot", False, "check.feishu.bot.off", {"bot": name})
    return Finding("bot", True, "check.feishu.bot.ok", {"bot": name})


async def _scopes(api: Api, app: str) -> Finding:
    try:
        granted = await api.scopes()
    except ChannelError as error:
        # Not every tenant lets an app ask for this: no reason to call the set-up wrong.
        return Finding("scopes", True, "check.feishu.scopes.unknown", {"error": str(error)})
    missing = [
        scope
        for scope in SCOPES
        if scope not in granted and not (scope.startswith("im:message") and "im:message" in granted)
    ]
    if missing:
        return Finding("scopes", False, "check.feishu.scopes.missing", {"scopes": ", ".join(missing)})
    return Finding("scopes", True, "check.feishu.scopes.ok")


async def _connection(api: Api, app: str) -> Finding:
    await api.endpoint()
    return Finding("connection", True, "check.feishu.connection.ok")
