"""What an administrator sets for Feishu or Lark."""

from __future__ import annotations

from typing import Final

from bot.chat.feishu.api import Credentials
from bot.chat.feishu.channel import FeishuChannel
from bot.chat.platform import Channel
from bot.chat.settings import ChatSettings
from bot.chat.tools import Tools
from services.kit.settings import Secret, SettingInvalid

API_URL: Final = "https://open.feishu.cn"
WEBSOCKET: Final = "websocket"
WEBHOOK: Final = "webhook"


def configured(chat: ChatSettings, tools: Tools) -> Channel | None:
    """The channel, None where nothing is set; raises SettingMissing and SettingInvalid."""
    if not chat.is_configured:
        return None
    return FeishuChannel(credentials(chat), tools, webhook(chat))


def credentials(chat: ChatSettings) -> Credentials:
    """The app's; raises SettingMissing."""
    return Credentials(
        chat.get("API_URL", API_URL).rstrip("/"),
        chat.required("APP_ID", "the App ID of the app, such as cli_a1b2c3"),
        chat.secret("APP_SECRET", "a file that holds the App Secret of the app"),
    )


def webhook(chat: ChatSettings) -> tuple[Secret, Secret] | None:
    """Encrypt key and verification token where events come to a webhook; None for the long connection."""
    transport = chat.get("TRANSPORT", WEBSOCKET)
    if transport == WEBSOCKET:
        return None
    if transport != WEBHOOK:
        raise SettingInvalid(f"KUGUAN_{chat.product}_TRANSPORT", transport, f"{WEBSOCKET} or {WEBHOOK}")
    return (
        chat.secret("ENCRYPT_KEY", "a file that holds the Encrypt Key of the app's events and callbacks"),
        chat.secret("VERIFICATION_TOKEN", "a file that holds the Verification Token of the app"),
    )
