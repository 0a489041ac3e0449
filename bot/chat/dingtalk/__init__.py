"""DingTalk 钉钉 over its stream: no public address is needed."""

from __future__ import annotations

from bot.chat.dingtalk.account import Account
from bot.chat.dingtalk.channel import DingTalkChannel
from bot.chat.dingtalk.check import check
from bot.chat.platform import Channel
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools

__all__ = ["DingTalkChannel", "check", "configured"]


def configured(chat: ChatSettings, tools: Tools) -> Channel | None:
    """The channel of the application that is set, None where nothing is; raises SettingMissing and
    SettingInvalid where half of it is."""
    return DingTalkChannel(Account.of(chat), tools) if chat.is_configured else None
