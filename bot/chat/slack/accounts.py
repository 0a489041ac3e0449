"""Members of the workspace by e-mail address; Slack finds nobody by telephone number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from bot.chat.accounts import Kind
from bot.chat.errors import RecipientUnreachable, Transient
from bot.chat.settings import ChatSettings
from bot.chat.slack.api import SlackApi


class SlackAccounts:
    """The members of the workspace in which the app is installed."""

    kinds = (Kind.EMAIL,)
    at_once = 1

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._team = ""

    async def tenant(self) -> str:
        """The id of the workspace."""
        who, _ = await self._api.whoami()
        team = who.get("team_id")
        if not isinstance(team, str) or not team:
            raise Transient("auth.test: no workspace in the answer")
        self._team = team
        return team

    async def find(self, kind: Kind, addresses: Sequence[str]) -> Mapping[str, str]:
        """The ids of members, but for those who have not confirmed their address; no bots and no guests of
        other companies. Where Slack says nothing of it the address counts, for who joins has confirmed it."""
        found = {}
        for address in addresses:
            try:
                user = await self._api.member(address)
            except RecipientUnreachable:
                continue
            if self._is_ours(user, address):
                found[address] = str(user["id"])
        return found

    def _is_ours(self, user: Mapping[str, Any], address: str) -> bool:
        profile = user.get("profile")
        shown = profile.get("email", address) if isinstance(profile, Mapping) else address
        return (
            isinstance(user.get("id"), str)
            and user.get("team_id") == self._team
            and user.get("is_email_confirmed", True) is True
            and not any(user.get(flag) for flag in ("deleted", "is_bot", "is_stranger"))
            and str(shown).casefold() == address
        )


def accounts(chat: ChatSettings, session: aiohttp.ClientSession) -> SlackAccounts:
    """The accounts of the workspace whose app is set; raises SettingMissing."""
    return SlackAccounts(SlackApi(chat, session))
