"""Block Kit as Slack takes it: what it refuses, what people read of it, and which buttons they can tap."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_TEXT_LIMITS = {"section": 3000, "header": 150}
_STYLES = {None, "primary", "danger"}
_MESSAGE = {"section", "header", "context", "actions", "divider"}
_MODAL = {*_MESSAGE, "input"}


def problem_of(blocks: object, surface: str = "message") -> str:
    """What Slack would refuse in these blocks, "" if nothing."""
    if not isinstance(blocks, list):
        return "blocks is no list"
    if len(blocks) > (50 if surface == "message" else 100):
        return "too many blocks"
    kinds = _MODAL if surface == "modal" else _MESSAGE
    actions: list[str] = []
    for number, block in enumerate(blocks):
        if not isinstance(block, dict) or block.get("type") not in kinds:
            return f"block {number}: unknown type"
        problem = _block(block)
        if problem:
            return f"block {number} ({block['type']}): {problem}"
        if len(block.get("block_id", "")) > 255:
            return f"block {number}: block_id too long"
        ids = [str(button["action_id"]) for button in _buttons_in(block)]
        if len(set(ids)) != len(ids):
            return f"block {number}: action_id twice"
        actions += ids
    if len(json.dumps(blocks)) > 100_000:
        return "too large"
    return ""


def words_of(blocks: Sequence[Mapping[str, Any]]) -> str:
    """Every word on it but those of the buttons, one line for each piece."""
    return "\n".join(_words(blocks))


def title_of(blocks: Sequence[Mapping[str, Any]]) -> str:
    return next((str(block["text"]["text"]) for block in blocks if block["type"] == "header"), "")


def buttons_of(blocks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The buttons, in order."""
    return [button for block in blocks for button in _buttons_in(block)]


def unescaped(text: str) -> str:
    """What people read of a text with Slack's three escapes."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _buttons_in(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    inside = [*block.get("elements", []), block.get("accessory")]
    return [one for one in inside if isinstance(one, dict) and one.get("type") == "button"]


def _words(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        texts = [block.get("text"), *block.get("fields", [])]
        if block["type"] == "context":
            texts += block["elements"]
        for text in texts:
            if isinstance(text, dict):
                is_markup = text["type"] == "mrkdwn"
                yield unescaped(text["text"]).strip("*") if is_markup else text["text"]


def _block(block: Mapping[str, Any]) -> str:
    kind = block["type"]
    if kind == "header":
        return _text(block.get("text"), 150, plain=True)
    if kind == "section":
        return _section(block)
    if kind == "context":
        elements = block.get("elements")
        if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
            return "elements"
        return next((problem for one in elements if (problem := _text(one, 3000))), "")
    if kind == "actions":
        elements = block.get("elements")
        if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
            return "elements"
        return next((problem for one in elements if (problem := _button(one))), "")
    if kind == "input":
        element = block.get("element")
        if not isinstance(element, dict) or element.get("type") != "plain_text_input":
            return "element"
        if not 1 <= element.get("max_length", 1) <= 3000:
            return "max_length"
        return _text(block.get("label"), 2000, plain=True)
    return ""


def _section(block: Mapping[str, Any]) -> str:
    fields = block.get("fields")
    if block.get("text") is None and fields is None:
        return "neither text nor fields"
    if fields is not None:
        if not isinstance(fields, list) or not 1 <= len(fields) <= 10:
            return "fields"
        problem = next((problem for one in fields if (problem := _text(one, 2000))), "")
        if problem:
            return problem
    if block.get("text") is not None and (problem := _text(block["text"], 3000)):
        return problem
    return _button(block["accessory"]) if "accessory" in block else ""


def _text(text: object, limit: int, *, plain: bool = False) -> str:
    if not isinstance(text, dict) or text.get("type") not in ("plain_text", "mrkdwn"):
        return "no text object"
    if plain and text["type"] != "plain_text":
        return "plain_text only"
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    if set(text) - allowed:
        return f"unknown {sorted(set(text) - allowed)}"
    words = text.get("text")
    if not isinstance(words, str) or not words.strip():
        return "empty text"
    return f"{len(words)} characters, {limit} allowed" if len(words) > limit else ""


def _button(button: object) -> str:
    if not isinstance(button, dict) or button.get("type") != "button":
        return "no button"
    if problem := _text(button.get("text"), 75, plain=True):
        return f"button: {problem}"
    if not 1 <= len(str(button.get("action_id", ""))) <= 255:
        return "action_id"
    if len(button.get("value", "")) > 2000:
        return "value"
    return "" if button.get("style") in _STYLES else "style"
