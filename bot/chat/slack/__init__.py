"""Slack: people talk to an app in its own chat or mention it in channels, and tap cards with buttons."""

from bot.chat.platform import Channel
from bot.chat.settings import ChatSettings
from bot.chat.slack.channel import SlackChannel
from bot.chat.slack.check import check
from bot.chat.tools import Tools

__all__ = ["check", "configured"]


def configured(chat: ChatSettings, tools: Tools) -> Channel | None:
    """The channel, None where nothing of it is set; raises SettingMissing where something is missing."""
    return SlackChannel(chat, tools) if chat.is_configured else None
