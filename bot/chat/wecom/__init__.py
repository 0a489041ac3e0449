"""WeCom 企业微信, self-built app: people talk to it in its own chat and tap cards with buttons."""

from bot.chat.platform import Channel
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from bot.chat.wecom.channel import WecomChannel
from bot.chat.wecom.check import check

__all__ = ["check", "configured"]


def configured(chat: ChatSettings, tools: Tools) -> Channel | None:
    """The channel, None where nothing of it is set; raises SettingMissing where something is missing."""
    return WecomChannel(chat, tools) if chat.is_configured else None
