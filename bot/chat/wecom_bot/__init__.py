"""WeCom 企业微信, AI bot: one long connection, direct chats and groups, cards that a tap replaces."""

from bot.chat.platform import Channel
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from bot.chat.wecom_bot.channel import WecomBotChannel
from bot.chat.wecom_bot.check import check

__all__ = ["check", "configured"]


def configured(chat: ChatSettings, tools: Tools) -> Channel | None:
    """The channel, None where nothing of it is set; raises SettingMissing where something is missing."""
    return WecomBotChannel(chat, tools) if chat.is_configured else None
