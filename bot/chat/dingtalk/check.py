"""What `kuguan check-chat dingtalk` looks at, in the order in which an application is set up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import aiohttp

from bot.chat.checking import Finding
from bot.chat.dingtalk.account import Account
from bot.chat.dingtalk.api import Api
from bot.chat.dingtalk.cards import card_parameters, notice_parameters
from bot.chat.dingtalk.quota import Quota
from bot.chat.dingtalk.refusals import QuotaUsedUp
from bot.chat.errors import ChannelError, RateLimited, RecipientUnreachable, Transient
from bot.chat.platform import Address, Button, Card, Tone
from bot.chat.settings import ChatSettings
from services.kit.ids import new_id
from services.kit.settings import SettingInvalid, SettingMissing

NOBODY: Final = "kuguan-check-nobody"
"""A staff id that no company has: what is written to it reaches nobody."""


async def check(chat: ChatSettings, session: aiohttp.ClientSession) -> list[Finding]:
    """Each step once, until one fails that the later ones need. It uses at most four calls of the month."""
    try:
        ours = Account.of(chat)
    except SettingMissing as error:
        missing = "client_id" if error.setting.endswith("CLIENT_ID") else "secret"
        return [_finding("settings", missing, setting=error.setting)]
    except SettingInvalid as error:
        return [_finding("settings", "invalid", setting=error.setting, value=error.value)]
    api = Api(ours, session, lambda: datetime.now(UTC), Quota(0, lambda: datetime.now(UTC)))
    findings = [_finding("settings", "ok", client=ours.client_id)]
    for step in (_token, _stream):
        findings.append(await step(api))
        if not findings[-1].ok:
            return findings
    return [*findings, await _robot(api, ours), await _template(api, ours)]


async def _token(api: Api) -> Finding:
    try:
        await api.fetch_token()
    except ChannelError as error:
        return _trouble("token", error)
    return _finding("token", "ok")


async def _stream(api: Api) -> Finding:
    try:
        await api.open_connection()
    except ChannelError as error:
        return _trouble("stream", error)
    return _finding("stream", "ok")


async def _robot(api: Api, ours: Account) -> Finding:
    """Writing to nobody is refused for the person only where the robot and the permission are there."""
    try:
        await api.send_message(Address.direct(NOBODY), "sampleText", {"content": "kuguan"})
    except RecipientUnreachable:
        return _finding("robot", "ok", robot=ours.robot_code)
    except ChannelError as error:
        return _trouble("robot", error, robot=ours.robot_code)
    return _finding("robot", "ok", robot=ours.robot_code)


async def _template(api: Api, ours: Account) -> Finding:
    if not ours.template:
        return _finding("template", "missing")
    card = Card(f"check-{new_id()}", "Kuguan", buttons=(Button("confirm", "OK", Tone.PRIMARY),))
    try:
        await api.try_template(card.id, {**card_parameters(card), **notice_parameters("")})
    except ChannelError as error:
        return _trouble("template", error, template=ours.template)
    return _finding("template", "ok", template=ours.template)


def _trouble(step: str, error: ChannelError, **facts: str) -> Finding:
    """What every call can meet has one sentence for all steps; the rest belongs to the step."""
    said = str(error)
    plain = said.lower()
    if isinstance(error, QuotaUsedUp):
        outcome = "calls.quota"
    elif isinstance(error, Transient | RateLimited):
        outcome = "calls.unreachable"
    elif "ipnotinwhitelist" in plain:
        outcome = "calls.address"
    elif "permissiondenied" in plain:
        outcome = f"{step}.permission"
    else:
        outcome = f"{step}.refused"
    return Finding(step, False, f"check.dingtalk.{outcome}", {**facts, "error": said})


def _finding(step: str, outcome: str, **facts: str) -> Finding:
    return Finding(step, outcome == "ok", f"check.dingtalk.{step}.{outcome}", facts)
