"""DingTalk: the parameters of a card in the template that comes with Kuguan, in the look of its mobile
client."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.chat.dingtalk.cards import card_parameters, notice_parameters
from bot.chat.platform import Card
from deploy.previews.look import Look, Message
from deploy.previews.markup import Node, block, button

TEMPLATE: Final = Path(__file__).parents[1] / "chats" / "dingtalk-card.json"
_VARIABLE: Final = re.compile(r"\$\{(\w+)\}")
_SIDE_BY_SIDE: Final = 2
"""Buttons that stand in one row; how DingTalk arranges more is not documented."""


def _messages(card: Card) -> Sequence[Message]:
    return [{"cardData": {"cardParamMap": {**card_parameters(card), **notice_parameters("")}}}]


def _draw(message: Message) -> Node:
    """The template's components that are visible with these parameters, from the top."""
    data = message["cardData"]["cardParamMap"]
    parts = []
    for node in _components():
        properties = node["props"]
        if not all(_holds(one, data) for one in properties["visible"]["condition"]["conditions"]):
            continue
        parts.append(
            _words(properties, data) if node["componentName"] == "BaseText" else _buttons(properties, data)
        )
    return block("card", *parts)


@cache
def _components() -> Sequence[Mapping[str, Any]]:
    editor = json.loads(json.loads(TEMPLATE.read_text("utf-8"))["editorData"])
    components: Sequence[Mapping[str, Any]] = editor["schema"]["componentsTree"][0]["children"]
    return components


def _holds(condition: Mapping[str, Any], data: Mapping[str, str]) -> bool:
    is_equal = data.get(condition["variable"], "") == condition["value"]
    return is_equal if condition["op"] == "equal" else not is_equal


def _words(properties: Mapping[str, Any], data: Mapping[str, str]) -> Node:
    text = _VARIABLE.sub(lambda found: data.get(found[1], ""), properties["text"]["content"])
    light, dark = (properties[f"custom{one}Color"]["value"] for one in ("Light", "Dark"))
    margins = " ".join(f"{properties[f'margin{side}']}px" for side in ("Top", "Right", "Bottom", "Left"))
    style = (
        f"color: light-dark({light}, {dark}); margin: {margins};"
        f" font-size: {properties['customFontSize']}px; line-height: {properties['customFontLineHeight']}px;"
        f" -webkit-line-clamp: {properties['maxLine']['value']};"
    )
    return block("words", text, style=style + (" font-weight: 600;" if properties["bold"] else ""))


def _buttons(properties: Mapping[str, Any], data: Mapping[str, str]) -> Node:
    found = json.loads(data[properties["dynamicButtons"]["variable"]])
    arranged = "buttons beside" if len(found) <= _SIDE_BY_SIDE else "buttons"
    return block(arranged, *[button(one["color"], one["text"]) for one in found])


LOOK: Final = Look("dingtalk", _messages, _draw)
