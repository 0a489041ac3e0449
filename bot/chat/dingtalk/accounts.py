"""Employees of the company by mobile number; DingTalk finds nobody by e-mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import aiohttp

from bot.chat.accounts import Kind
from bot.chat.dingtalk.account import Account
from bot.chat.dingtalk.api import Api
from bot.chat.dingtalk.quota import Quota
from bot.chat.settings import ChatSettings


class DingTalkAccounts:
    """The employees whom the application may see."""

    kinds = (Kind.MOBILE,)
    at_once = 1

    def __init__(self, api: Api, corp: str) -> None:
        self._api = api
        self._corp = corp

    async def tenant(self) -> str:
        """The corp id, which only the settings can tell."""
        return self._corp

    async def find(self, kind: Kind, addresses: Sequence[str]) -> Mapping[str, str]:
        """The staff ids of employees; each question is one call of the month's."""
        found = {address: await self._api.employee(address) for address in addresses}
        return {address: user for address, user in found.items() if user}


def accounts(chat: ChatSettings, session: aiohttp.ClientSession) -> DingTalkAccounts:
    """The accounts of the company whose application is set; raises SettingMissing and SettingInvalid."""
    corp = chat.required("CORP_ID", "the company's CorpId, on the first page of the developers' console")
    account = Account.of(chat)

    def now() -> datetime:
        return datetime.now(UTC)

    return DingTalkAccounts(Api(account, session, now, Quota(0, now)), corp)
