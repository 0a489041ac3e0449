"""Feishu and Lark."""

from bot.chat.feishu.channel import FeishuChannel
from bot.chat.feishu.check import check
from bot.chat.feishu.setup import configured

__all__ = ["FeishuChannel", "check", "configured"]
