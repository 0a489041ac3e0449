"""The app's menu with the five shortcuts: what each says is what the person would have typed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import structlog

from bot.chat.errors import ChannelError
from bot.chat.wecom.api import WecomApi
from bot.chat.wecom.callbacks import MENU_SAYS
from bot.texts import DEFAULT, LANGUAGES

log = structlog.get_logger("kuguan.wecom")

_SHORTCUTS: Final = (("stock",), ("issue", "return"), ("approvals", "orders"))
_PAUSES: Final = (5.0, 60.0, 600.0)


def menu(language: str) -> Mapping[str, Any]:
    """The menu in a language; there is room for three buttons, so two of them hold two each."""
    words = LANGUAGES.get(language, LANGUAGES[DEFAULT])

    def button(name: str) -> dict[str, str]:
        said = words[f"help.{name}"]
        return {"type": "click", "name": said, "key": f"{MENU_SAYS}{said}"}

    buttons: list[Any] = []
    for names in _SHORTCUTS:
        inside = [button(name) for name in names]
        if len(inside) == 1:
            buttons += inside
        else:
            buttons.append({"name": words[f"check.wecom.menu.{names[0]}"], "sub_button": inside})
    return {"button": buttons}


async def keep_menu(api: WecomApi, language: str) -> None:
    """Set the menu, with a few tries: without it everything can still be typed."""
    for pause in (*_PAUSES, None):
        try:
            await api.call("menu/create", menu(language), agentid=api.agent_id)
        except ChannelError as error:
            log.warning("menu not set", error=repr(error))
            if pause is not None:
                await asyncio.sleep(pause)
        else:
            return
