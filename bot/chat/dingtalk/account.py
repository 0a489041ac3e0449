"""The company's DingTalk application, as an administrator set it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.chat.settings import ChatSettings
from services.kit.settings import Secret, SettingInvalid

PRODUCT: Final = "DINGTALK"
PLATFORM: Final = "dingtalk"
API_URL: Final = "https://api.dingtalk.com"
OAPI_URL: Final = "https://oapi.dingtalk.com"
FREE_CALLS: Final = 10_000
"""Calls a month that the free edition of DingTalk counts."""

_URL = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


@dataclass(frozen=True)
class Account:
    """One application.

    Without `template` cards are sent as text. `corp`, where it is set, is the only company that is listened
    to. `monthly_calls` is 0 where calls are not limited. With `callback_key`, under which an address is
    registered at DingTalk, taps come to that address, signed with `callback_secret`.
    """

    client_id: str
    client_secret: Secret
    robot_code: str
    template: str
    corp: str
    api: str
    oapi: str
    monthly_calls: int
    callback_key: str = ""
    callback_secret: Secret | None = None

    @classmethod
    def of(cls, chat: ChatSettings) -> Account:
        """The application that is set; raises SettingMissing and SettingInvalid."""
        client_id = chat.required("CLIENT_ID", "the application's Client ID (AppKey), under its credentials")
        hint = "a file with the application's Client Secret (AppSecret)"
        callback_key = chat.get("CALLBACK_KEY")
        callback_secret = None
        if callback_key:
            callback_secret = chat.secret("CALLBACK_SECRET", "a file with the apiSecret of the callback")
        return cls(
            client_id=client_id,
            client_secret=chat.secret("CLIENT_SECRET", hint),
            # An application's robot has its Client ID as code unless it is an old one.
            robot_code=chat.get("ROBOT_CODE", client_id),
            template=chat.get("CARD_TEMPLATE_ID"),
            corp=chat.get("CORP_ID"),
            api=_url(chat, "API_URL", API_URL),
            oapi=_url(chat, "OAPI_URL", OAPI_URL),
            monthly_calls=_calls(chat),
            callback_key=callback_key,
            callback_secret=callback_secret,
        )


def _url(chat: ChatSettings, name: str, default: str) -> str:
    url = chat.get(name, default).rstrip("/")
    if not _URL.fullmatch(url):
        raise SettingInvalid(f"KUGUAN_{PRODUCT}_{name}", url, f"an address such as {default}")
    return url


def _calls(chat: ChatSettings) -> int:
    text = chat.get("MONTHLY_CALLS", str(FREE_CALLS))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        hint = "how many calls a month are included; 0 = not limited"
        raise SettingInvalid("KUGUAN_DINGTALK_MONTHLY_CALLS", text, hint)
    return int(text)
