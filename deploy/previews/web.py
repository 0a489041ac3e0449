"""The chat page: its own script and style draw the cards of the preview too."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Final

from bot.chat.assets import FOLDER
from bot.chat.encoding import card_to_json
from bot.chat.platform import Card

NAME: Final = "web"
_SCRIPTS: Final = ("element.js", "words.js", "cards.js")
_STYLES: Final = ("frame.css", "conversation.css")
_MODULE: Final = re.compile(r"^import .*?;$|^export (?=const|function)", re.MULTILINE | re.DOTALL)

# Each card gets a tree of its own, so that the page's rules reach nothing else.
_DRAW: Final = """
setLanguage(document.documentElement.lang);
const rules = new CSSStyleSheet();
rules.replaceSync(document.getElementById("web-style").textContent.replaceAll(":root", ":host"));
for (const place of document.querySelectorAll("[data-card]")) {
  const inside = place.attachShadow({ mode: "open" });
  inside.adoptedStyleSheets = [rules];
  const card = cardElement(JSON.parse(place.dataset.card), null, () => {}, { action: null, text: "" });
  inside.append(element("div", { class: "entry theirs begins still" },
    element("div", { class: "face" }, keeper(34)), element("div", { class: "content" }, card)));
}
"""


def place_of(card: Card) -> str:
    """Where the script draws a card: the element that holds what the page is sent of it."""
    return f'<div data-card="{escape(json.dumps(card_to_json(card), ensure_ascii=False))}"></div>'


def drawing() -> str:
    """The page's own style and script, with the few lines that draw the cards of this preview."""
    style = "\n".join(_file(name) for name in _STYLES)
    modules = "\n".join(_MODULE.sub("", _file(name)) for name in _SCRIPTS)
    kept = f'<script type="text/plain" id="web-style">{_inside(style)}</script>'
    return f'{kept}\n<script type="module">{_inside(modules + _DRAW)}</script>'


def _file(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


def _inside(text: str) -> str:
    """Text that may stand inside a script element."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")
