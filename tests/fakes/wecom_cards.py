"""Template cards as WeCom takes and shows them, for the app and for the AI bot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

from tests.fakes.chat import ShownCard

_WIDTHS = {("main_title", "title"): 52, ("main_title", "desc"): 60}
"""In half signs: the advised numbers count Chinese characters."""
_FIELDS = frozenset(
    {
        "card_type",
        "task_id",
        "source",
        "main_title",
        "sub_title_text",
        "horizontal_content_list",
        "button_list",
        "replace_text",
        "card_action",
    }
)


def problem_of(card: Mapping[str, Any], task_id: re.Pattern[str], greyed: bool = True) -> str:
    """What the product would refuse or cut on the screen; empty where nothing is wrong."""
    return _problem_of_form(card, task_id, greyed) or _problem_of_rows(card) or _problem_of_buttons(card)


def shown_card(key: str, card: Mapping[str, Any], greyed: bool) -> ShownCard:
    """The card as somebody reads it."""
    title = str(card["main_title"]["title"])
    words = [title, card["main_title"].get("desc", ""), card.get("sub_title_text", "")]
    words += [f"{row['keyname']}: {row['value']}" for row in card.get("horizontal_content_list", [])]
    live = {} if greyed else {one["key"]: one["text"] for one in card["button_list"] if one["key"] != "-"}
    words += [str(card["replace_text"])] if greyed else [one["text"] for one in card["button_list"]]
    return ShownCard(key, title, "\n".join(word for word in words if word), live)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WFA" else 1 for sign in text)


def _problem_of_form(card: Mapping[str, Any], task_id: re.Pattern[str], greyed: bool) -> str:
    if card.get("card_type") != "button_interaction":
        return "card_type"
    if set(card) - _FIELDS or ("replace_text" in card and not greyed):
        return f"unknown field {set(card) - _FIELDS}"
    if not task_id.fullmatch(str(card.get("task_id"))):
        return "task_id"
    if not str(card.get("main_title", {}).get("title", "")).strip():
        return "main_title missing"
    for (name, part), most in _WIDTHS.items():
        if _width(card.get(name, {}).get(part, "")) > most:
            return f"{name}.{part} too long"
    return "sub_title_text too long" if _width(card.get("sub_title_text", "")) > 224 else ""


def _problem_of_rows(card: Mapping[str, Any]) -> str:
    rows = card.get("horizontal_content_list", [])
    if len(rows) > 6:
        return "too many rows"
    for row in rows:
        if not 0 < _width(row.get("keyname", "")) <= 10 or not 0 < _width(row.get("value", "")) <= 52:
            return f"row {row}"
    return ""


def _problem_of_buttons(card: Mapping[str, Any]) -> str:
    buttons = card.get("button_list", [])
    if not 1 <= len(buttons) <= 6:
        return "number of buttons"
    if len({button.get("key") for button in buttons}) != len(buttons):
        return "one key twice"
    for button in buttons:
        if not 0 < _width(button.get("text", "")) <= 20 or button.get("style", 1) not in (1, 2, 3, 4):
            return f"button {button}"
        if not 0 < len(button.get("key", "").encode()) <= 1024:
            return f"key of {button}"
    return "" if _width(card.get("replace_text", "")) <= 20 else "replace_text too long"


def card_of(element: ET.Element) -> dict[str, Any]:
    """A card from the tags of an answer to a callback."""

    def texts(one: ET.Element, **names: str) -> dict[str, Any]:
        found = {name: one.findtext(tag) for name, tag in names.items()}
        return {name: value for name, value in found.items() if value is not None}

    card = texts(
        element,
        card_type="CardType",
        task_id="TaskId",
        sub_title_text="SubTitleText",
        replace_text="ReplaceText",
    )
    title = element.find("MainTitle")
    if title is not None:
        card["main_title"] = texts(title, title="Title", desc="Desc")
    rows = [texts(row, keyname="KeyName", value="Value") for row in element.findall("HorizontalContentList")]
    if rows:
        card["horizontal_content_list"] = rows
    buttons = [texts(one, text="Text", style="Style", key="Key") for one in element.findall("ButtonList")]
    card["button_list"] = [{**button, "style": int(button["style"])} for button in buttons]
    return card
