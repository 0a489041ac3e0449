"""What Feishu accepts as a card (JSON 2.0), and what a person sees of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def _set(names: str) -> set[str]:
    return set(names.split())


ELEMENTS = 200
TEXT_BYTES, CARD_BYTES = 150 * 1024, 30 * 1024
TEMPLATES = _set("blue wathet turquoise green yellow orange red carmine violet purple indigo grey default")
COMMON = {"tag", "element_id", "margin"}
SPACING = {
    "direction",
    "padding",
    "horizontal_spacing",
    "horizontal_align",
    "vertical_spacing",
    "vertical_align",
}
TEXT = {"content", "i18n_content", "text_size", "text_color", "text_align", "lines"}
KNOWN: dict[str, set[str]] = {
    "plain_text": TEXT,
    "lark_md": TEXT,
    "div": {"text", "icon", "width"},
    "markdown": {"content", "text_size", "text_align", "icon"},
    "hr": set(),
    "column_set": {"flex_mode", "background_style", "columns", "action"} | SPACING,
    "column": {"width", "weight", "elements", "background_style", "action"} | SPACING,
    "button": _set(
        "text type size width icon disabled disabled_tips hover_tips confirm behaviors name required"
        " form_action_type value"
    ),
    "form": {"name", "elements"} | SPACING,
    "input": _set(
        "name required placeholder default_value disabled disabled_tips width behaviors max_length input_type"
        " rows auto_resize max_rows show_icon label label_position value confirm"
    ),
}
CONFIG = _set(
    "streaming_mode streaming_config summary locales enable_forward update_multi width_mode"
    " use_custom_translation enable_forward_interaction style"
)
TOP = {"schema", "config", "card_link", "header", "body"}
HEADER = {"title", "subtitle", "text_tag_list", "template", "icon", "padding"}
BUTTONS = _set("default primary danger text primary_text danger_text primary_filled danger_filled laser")
INTERACTIVE = {"button", "input"}


class CardRefused(ValueError):
    """The card is not accepted; the text is what the product says."""


def checked(content: str) -> dict[str, Any]:
    """The card in a message's content; raises CardRefused as strictly as the product."""
    try:
        card = json.loads(content)
    except ValueError:
        raise CardRefused("invalid message content") from None
    if not isinstance(card, dict) or card.get("schema") != "2.0":
        raise CardRefused("not a card of version 2.0")
    _only(card, TOP, "card")
    config, header, body = card.get("config", {}), card.get("header", {}), card.get("body", {})
    _only(config, CONFIG, "config")
    _only(header, HEADER, "header")
    _only(body, {"elements"} | SPACING, "body")
    if config.get("update_multi", True) is not True:
        raise CardRefused("update_multi must be true")
    if header and (header.get("template", "default") not in TEMPLATES or not header.get("title")):
        raise CardRefused("header without title or with an unknown template")
    names: set[str] = set()
    for element in body.get("elements", []):
        _element(element, names, depth=1, in_form=False)
    for name in ("title", "subtitle"):
        if name in header:
            _element(header[name], names, depth=1, in_form=False)
    if sum(1 for _ in walk(card)) > ELEMENTS:
        raise CardRefused("ErrCode: 11310; ErrMsg: element exceeds the limit")
    return card


def _only(value: Any, allowed: set[str], where: str) -> None:
    if not isinstance(value, dict):
        raise CardRefused(f"{where} is no object")
    if unknown := set(value) - allowed:
        raise CardRefused(f"unknown property {sorted(unknown)} in {where}")


def _element(element: Any, names: set[str], depth: int, *, in_form: bool) -> None:
    if not isinstance(element, dict) or element.get("tag") not in KNOWN:
        raise CardRefused(f"unsupported element {element!r:.80}")
    tag = element["tag"]
    _only(element, KNOWN[tag] | COMMON, tag)
    if depth > 6:
        raise CardRefused("nested too deep")
    if tag == "form" and depth > 1:
        raise CardRefused("a form stands at the root only")
    if in_form and tag in INTERACTIVE and not element.get("name"):
        raise CardRefused(f"{tag} in a form without a name")
    if name := element.get("name"):
        if name in names:
            raise CardRefused(f"name {name} is not unique")
        names.add(name)
    _details(element, tag, in_form=in_form)
    inside = in_form or tag == "form"
    for key in ("text", "placeholder", "label"):
        if key in element:
            _element(element[key], names, depth, in_form=inside)
    for key in ("elements", "columns"):
        for part in element.get(key, []):
            _element(part, names, depth + 1, in_form=inside)
    if tag == "form" and not any(part.get("form_action_type") == "submit" for part in walk(element)):
        raise CardRefused("a form without a submit button")


def _details(element: Mapping[str, Any], tag: str, *, in_form: bool) -> None:
    """What single elements ask for."""
    if not in_form and ("form_action_type" in element or "required" in element):
        raise CardRefused("form property outside a form")
    if tag in ("plain_text", "lark_md", "markdown") and not isinstance(element.get("content"), str):
        raise CardRefused(f"{tag} without content")
    if tag == "button" and element.get("type", "default") not in BUTTONS:
        raise CardRefused("unknown type of button")
    if tag == "column" and element.get("width", "auto") not in {"auto", "weighted"}:
        raise CardRefused("unknown width of column")
    if tag == "column" and not 1 <= element.get("weight", 1) <= 5:
        raise CardRefused("weight of a column is 1 to 5")
    if tag == "input" and not 1 <= element.get("max_length", 1000) <= 1000:
        raise CardRefused("max_length is 1 to 1000")
    if tag == "input" and len(element.get("placeholder", {}).get("content", "")) > 100:
        raise CardRefused("placeholder has more than 100 characters")
    for behavior in element.get("behaviors", []):
        if behavior.get("type") == "callback" and not isinstance(behavior.get("value"), dict):
            raise CardRefused("the value of a callback is an object")


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every element with a tag, from the top."""
    if isinstance(value, dict):
        if "tag" in value:
            yield value
        for part in value.values():
            yield from walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from walk(part)


def title_of(card: Mapping[str, Any]) -> str:
    """The title as it stands on the card."""
    return str(card.get("header", {}).get("title", {}).get("content", ""))


def words_of(card: Mapping[str, Any]) -> str:
    """Every word on the card, from the top, without the buttons'."""
    header = card.get("header", {})
    parts = [header.get("title", {}), header.get("subtitle", {})]
    inside = [element["text"] for element in walk(card.get("body")) if element["tag"] == "div"]
    markdown = [element for element in walk(card.get("body")) if element["tag"] == "markdown"]
    return "\n".join(str(part["content"]) for part in [*parts, *inside, *markdown] if part.get("content"))


def buttons_of(card: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The buttons that answer a tap, by what they send as action."""
    found = {}
    for element in walk(card.get("body")):
        if element["tag"] != "button":
            continue
        for behavior in element.get("behaviors", []):
            if behavior.get("type") == "callback":
                found[str(behavior["value"].get("action"))] = element
    return found
