"""WeCom: messages of an app and of an AI bot, with template cards, in the look of its mobile client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.chat.platform import Card
from bot.chat.wecom.cards import DEAD_KEY, draw, messages, text_messages
from bot.chat.wecom_bot.frames import text_messages as bot_messages
from deploy.previews.look import Look, Message, bubble, is_replacement
from deploy.previews.markup import Node, block, button, inline

_TASK: Final = "preview@0"
_SIDE_BY_SIDE: Final = 2
"""Buttons that stand in one row."""

_STYLES: Final = {1: "filled", 2: "blue", 3: "red", 4: "grey"}


def _app_messages(card: Card) -> Sequence[Message]:
    if is_replacement(card):
        return [{"msgtype": "template_card", "template_card": draw(card, _TASK, greyed=True).card}]
    return messages(card, _TASK, text_messages)


def _bot_messages(card: Card) -> Sequence[Message]:
    if is_replacement(card):
        return [{"msgtype": "template_card", "template_card": draw(card, _TASK, greyed=False).card}]
    return messages(card, _TASK, bot_messages)


def _draw(message: Message) -> Node:
    """A message: words in a bubble, or the template card."""
    if message["msgtype"] != "template_card":
        return bubble(message[message["msgtype"]]["content"])
    card = message["template_card"]
    parts = [block("title", card["main_title"]["title"])]
    if "desc" in card["main_title"]:
        parts.append(block("description", card["main_title"]["desc"]))
    if "sub_title_text" in card:
        parts.append(block("text", card["sub_title_text"]))
    rows = card.get("horizontal_content_list", [])
    if rows:
        drawn = [block("row", inline("key", one["keyname"]), inline("value", one["value"])) for one in rows]
        parts.append(block("rows", *drawn))
    if "replace_text" in card:
        buttons = [button("dead", card["replace_text"], is_dead=True)]
    else:
        buttons = [_button(one) for one in card["button_list"]]
    arranged = "buttons beside" if len(buttons) <= _SIDE_BY_SIDE else "buttons"
    return block("card", *parts, block(arranged, *buttons))


def _button(one: Message) -> Node:
    return button(_STYLES[one["style"]], one["text"], is_dead=one["key"] == DEAD_KEY)


APP: Final = Look("wecom", _app_messages, _draw)
AI_BOT: Final = Look("wecom-bot", _bot_messages, _draw)
