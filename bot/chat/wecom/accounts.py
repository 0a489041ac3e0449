"""Members of the company by mobile number or corporate mailbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp

from bot.chat.accounts import Kind
from bot.chat.errors import AuthFailed, RecipientUnreachable
from bot.chat.settings import ChatSettings
from bot.chat.wecom.api import Refusal, WecomApi

# No such member, or a number or address that cannot be one.
_NOBODY: Final = frozenset({46004, 60103, 60105})
_OUTSIDE: Final = "error 60011:"
_CORPORATE: Final = 1


class WecomAccounts:
    """The members within the app's visible scope."""

    # Members can write their private mailbox into their profile themselves: only the corporate one counts.
    kinds = (Kind.MOBILE, Kind.EMAIL)
    at_once = 1

    def __init__(self, api: WecomApi) -> None:
        self._api = api

    async def tenant(self) -> str:
        """The corp id; the token shows that it is right."""
        await self._api.token()
        return self._api.corp_id

    async def find(self, kind: Kind, addresses: Sequence[str]) -> Mapping[str, str]:
        """The userids of members; each wrong mobile number counts towards a limit of the company."""
        found = {}
        for address in addresses:
            if kind is Kind.MOBILE:
                user = await self._member("user/getuserid", {"mobile": address})
            else:
                body = {"email": address, "email_type": _CORPORATE}
                user = await self._member("user/get_userid_by_email", body)
            if user:
                found[address] = user
        return found

    async def _member(self, path: str, body: Mapping[str, Any]) -> str:
        try:
            answer = await self._api.call(path, body)
        except RecipientUnreachable:
            return ""
        except AuthFailed as error:
            # Somebody outside the app's visible scope; all else that is refused concerns the app itself.
            if not str(error).startswith(_OUTSIDE):
                raise
            return ""
        except Refusal as error:
            if error.code not in _NOBODY:
                raise
            return ""
        user = answer.get("userid")
        return user if isinstance(user, str) else ""


def accounts(chat: ChatSettings, session: aiohttp.ClientSession) -> WecomAccounts:
    """The accounts of the company whose app is set; raises SettingMissing and SettingInvalid."""
    return WecomAccounts(WecomApi(chat, session, lambda: datetime.now(UTC)))
