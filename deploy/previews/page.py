"""The preview as one HTML page that needs nothing else: each card beside itself in every chat product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bot.chat.platform import Card
from bot.texts import Words
from deploy.previews import dingtalk, feishu, slack, web, wecom
from deploy.previews.look import Look, is_replacement
from deploy.previews.markup import html_of
from deploy.previews.samples import Sample, samples

FOLDER: Final = Path(__file__).parent
LOOKS: Final[Sequence[Look]] = (wecom.APP, wecom.AI_BOT, dingtalk.LOOK, feishu.LOOK, slack.LOOK)

_CHATS: Final = (web.NAME, *(look.name for look in LOOKS))
_WITH_SENDER: Final = {slack.LOOK.name}
"""Products that write who speaks above a message in a direct chat."""

_SAID: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        "lang": "zh-CN",
        "title": "库管的卡片",
        "intro": "每张卡片在各个聊天平台上的样子,按真正发送的内容画出。模仿各平台手机端的外观,只作示意。",
        "replaces": "替换先前的卡片",
        "bot": "库管",
        "face": "库",
    },
    "en": {
        "lang": "en",
        "title": "The cards of Kuguan",
        "intro": "How each card looks in each chat product, drawn from what is really sent. The looks imitate"
        " the products' mobile clients; they are not pixel for pixel.",
        "replaces": "in the place of the card before",
        "bot": "Kuguan",
        "face": "K",
    },
}


def page(language: str) -> str:
    """The whole page. `language` is zh or en: that of the cards and of the page."""
    said, words = _SAID[language], Words(language, ZoneInfo("UTC"))
    names = {chat: words.platform(chat) for chat in _CHATS}
    rules = [*(path.read_text("utf-8") for path in sorted(FOLDER.glob("*.css"))), *map(_hiding, _CHATS)]
    choices = "".join(
        f'<label><input type="checkbox" id="show-{chat}" checked> {escape(name)}</label>'
        for chat, name in names.items()
    )
    sections = "\n".join(_section(sample, names, said) for sample in samples(language))
    return f"""<!doctype html>
<html lang="{said["lang"]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{said["title"]}</title>
<style>{"".join(rules)}</style>
</head>
<body>
<h1>{said["title"]}</h1>
<p class="intro">{said["intro"]}</p>
<div class="choose">{choices}</div>
<main>
{sections}
</main>
{web.drawing()}
</body>
</html>
"""


def _hiding(chat: str) -> str:
    return f"body:has(#show-{chat}:not(:checked)) [data-chat={chat}] {{ display: none; }}\n"


def _section(sample: Sample, names: Mapping[str, str], said: Mapping[str, str]) -> str:
    card = sample.card
    note = f"<small>{said['replaces']}</small>" if is_replacement(card) else ""
    drawn = {web.NAME: web.place_of(card), **{look.name: _messages(look, card, said) for look in LOOKS}}
    figures = "\n".join(
        f'<figure data-chat="{chat}"><figcaption>{escape(names[chat])}</figcaption>'
        f'<div class="chat {chat}" inert>{inside}</div></figure>'
        for chat, inside in drawn.items()
    )
    head = f'<section id="{sample.name}">\n<h2>{sample.name}{note}</h2>'
    return f'{head}\n<div class="chats">{figures}</div>\n</section>'


def _messages(look: Look, card: Card, said: Mapping[str, str]) -> str:
    sender = f'<div class="sender">{said["bot"]}<small>APP</small></div>' if look.name in _WITH_SENDER else ""
    return "".join(
        f'<div class="message"><div class="face">{said["face"]}</div>'
        f'<div class="said">{sender}{html_of(look.draw(message))}</div></div>'
        for message in look.messages(card)
    )
