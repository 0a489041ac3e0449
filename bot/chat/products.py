"""The chat products this bot is connected to: those that an administrator has set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from bot.chat.platform import Channel
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from services.kit.settings import Settings

PRODUCTS: Final[Mapping[str, str]] = {
    "wecom": "WECOM",
    "wecom_bot": "WECOM_BOT",
    "dingtalk": "DINGTALK",
    "feishu": "FEISHU",
    "slack": "SLACK",
}
"""The packages of products, and the name of each in settings."""

CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "wecom": ("企业微信", "企微", "wecom"),
    "wecom-bot": (
        "企业微信",
        "企微",
        "wecom",
        "企业微信智能机器人",
        "企业微信机器人",
        "智能机器人",
        "wecom ai bot",
        "wecom bot",
    ),
    "dingtalk": ("钉钉", "dingtalk"),
    "feishu": ("飞书", "feishu", "lark"),
    "slack": ("slack",),
}
"""What people call each product, in lower case, by the name its channel has; a word may mean several."""

Configured = Callable[[ChatSettings, Tools], Channel | None]


def products(settings: Settings, tools: Tools) -> list[Channel]:
    """A channel for each product that is set up; raises SettingMissing for one that is set up by half.

    A product that is not set up is not even imported: it costs no memory.
    """
    channels: list[Channel] = []
    for package, name in PRODUCTS.items():
        chat = ChatSettings.of(settings, name)
        if not chat.is_configured:
            continue
        configured: Configured = import_module(f"bot.chat.{package}").configured
        channel = configured(chat, tools)
        if channel is not None:
            channels.append(channel)
    return channels
