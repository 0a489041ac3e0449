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
from bot.chat.errors import AuthFailed, ChannelError, RateLimited, RecipientUnreachable
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
        return [_finding("settings", "missing", setting=error.setting, hint=error.hint)]
    except SettingInvalid as error:
        return [_finding("settings", "invalid", setting=error.setting, hint=error.hint)]
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
    except AuthFailed as error:
        return _finding("token", "refused", error=str(error))
    except ChannelError as error:
        return _finding("token", "unreachable", error=str(error))
    return _finding("token", "ok")


async def _stream(api: Api) -> Finding:
    try:
        await api.open_connection()
    except ChannelError as error:
        return _finding("stream", "refused", error=str(error))
    return _finding("stream", "ok")


async def _robot(api: Api, ours: Account) -> Finding:
    """Writing to nobody is refused for the person only where the robot and the permission are there."""
    try:
        await api.send_message(Address.direct(NOBODY), "sampleText", {"content": "kuguan"})
    except (RecipientUnreachable, RateLimited):
        return _finding("robot", "ok", robot=ours.robot_code)
    except ChannelError as error:
        return _finding("robot", "refused", robot=ours.robot_code, error=str(error))
    return _finding("robot", "ok", robot=ours.robot_code)


async def _template(api: Api, ours: Account) -> Finding:
    if not ours.template:
        return _finding("template", "missing")
    card = Card(f"check-{new_id()}", "Kuguan", buttons=(Button("confirm", "OK", Tone.PRIMARY),))
    try:
        await api.try_template(card.id, {**card_parameters(card), **notice_parameters("")})
    except ChannelError as error:
        return _finding("template", "refused", template=ours.template, error=str(error))
    return _finding("template", "ok", template=ours.template)


def _finding(step: str, outcome: str, **facts: str) -> Finding:
    return Finding(step, outcome == "ok", f"check.dingtalk.{step}.{outcome}", facts)
