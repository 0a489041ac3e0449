"""Users of the tenant by mobile number or e-mail address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import aiohttp

from bot.chat.accounts import Kind
from bot.chat.errors import Transient
from bot.chat.feishu.api import Api
from bot.chat.feishu.setup import credentials
from bot.chat.settings import ChatSettings

_GONE = ("is_resigned", "is_exited", "is_frozen")


class FeishuAccounts:
    """The users within the app's availability."""

    kinds = (Kind.MOBILE, Kind.EMAIL)
    at_once = 50

    def __init__(self, api: Api) -> None:
        self._api = api

    async def tenant(self) -> str:
        """The tenant key."""
        key = (await self._api.tenant()).get("tenant_key")
        if not isinstance(key, str) or not key:
            raise Transient("no tenant key in the answer")
        return key

    async def find(self, kind: Kind, addresses: Sequence[str]) -> Mapping[str, str]:
        """The open ids of users who still work there."""
        asked = {_plain(kind, address): address for address in addresses}
        found: dict[str, str] = {}
        for user in await self._api.users(**{f"{kind.value}s": list(addresses)}):
            address = asked.get(_plain(kind, str(user.get(kind.value) or "")))
            open_id = user.get("user_id")
            if address is not None and isinstance(open_id, str) and open_id and not _is_gone(user):
                found[address] = open_id
        return found


def accounts(chat: ChatSettings, session: aiohttp.ClientSession) -> FeishuAccounts:
    """The accounts of the tenant whose app is set; raises SettingMissing."""
    return FeishuAccounts(Api(credentials(chat), session, lambda: datetime.now(UTC)))


def _plain(kind: Kind, address: str) -> str:
    """An address as it compares: the answer may write a mainland number with its country's code."""
    return address.removeprefix("+86") if kind is Kind.MOBILE else address.casefold()


def _is_gone(user: Mapping[str, Any]) -> bool:
    status = user.get("status")
    return isinstance(status, Mapping) and any(status.get(name) is True for name in _GONE)
